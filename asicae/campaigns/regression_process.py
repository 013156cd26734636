"""One chip of a mass regression in a process of its own.

    python -m asicae.campaigns.regression_process CHIP SEED EVENTS STATE ANSWER [MUTATION]

ANSWER becomes the file of its row; STATE is where events are kept.
"""

import functools
import sys
from pathlib import Path
from typing import cast

from asicae.campaigns.regression_chips import RegressionChip
from asicae.campaigns.regression_events import chunk_of, pieces
from asicae.campaigns.regression_row import row_of
from asicae.foundation.errors import AsicaeError
from asicae.foundation.process_group import end_with_starter
from asicae.simulation.regression.mutation import Mutation


def main() -> None:
    """Build, compare, write."""
    end_with_starter()
    name, seed, events, state, answer, *mutations = sys.argv[1:]
    chip, mutate = RegressionChip.named(name), cast(Mutation, mutations[0]) if mutations else None
    of_chunk = functools.lru_cache(maxsize=2)(functools.partial(chunk_of, Path(state), int(seed)))
    try:
        row_of(chip, pieces(chip, int(seed), int(events)), of_chunk, mutate).save(Path(answer))
    except AsicaeError as error:
        print(f"error: {name}: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
