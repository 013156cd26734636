"""Compares a chip that was loaded through I2C with golden, in a process that may be ended where the
chip never ends.

    python -m asicae.campaigns.mutant_chip RTL SEED EVENTS CACHE ANSWER

RTL is the folder of that in an export, as it is to be judged. ANSWER becomes a file with what is
wrong in one line, or with nothing.
"""

import signal
import sys
from pathlib import Path

import numpy as np

from asicae.chip import golden
from asicae.export.design_record import recorded
from asicae.foundation.errors import CheckFailed
from asicae.foundation.files import write_text
from asicae.foundation.process_group import end_with_starter
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.simulation.drawn import DrawnChip
from asicae.simulation.engines.chip import Chip
from asicae.simulation.engines.chip_library import chip_library

WEIGHT_SETS = 4
"""The first through I2C; of one filter alone, all that a bias decides may be zero in one set."""
LIMIT_S = 20
"""Of processor time, for a run of a second; behind it the process ends with SIGPROF."""


def main() -> None:
    """Write what differs, with weights and events of the seed."""
    end_with_starter()
    rtl, cache, answer = (Path(sys.argv[place]) for place in (1, 4, 5))
    seed, events = int(sys.argv[2]), int(sys.argv[3])
    network = Network.load(rtl.parent / "network.json")
    drawn = DrawnChip(network, seed=seed).lively(events)
    calq = drawn.calq(events)
    wrong = 0
    try:
        configuration = recorded(rtl)
        library = chip_library(network, rtl, cache, configuration, quick=True)
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        chip = Chip(network, library, configuration)
        for number, of_set in enumerate(range(drawn.seed, drawn.seed + WEIGHT_SETS)):
            encoder = Encoder.random(network, of_set)
            load = chip.load if number else chip.load_through_i2c
            load(encoder.weights)
            found, expected = chip.stream(calq), golden.run(encoder, calq)
            wrong += int(np.count_nonzero(found.latents != expected.latents))
            wrong += int(np.count_nonzero(found.sums != expected.sums))
        told = int.from_bytes(chip.read_register("TMR_ERRORS"), "little")
    except CheckFailed as error:
        write_text(answer, str(error).splitlines()[0])
        return
    if wrong:
        write_text(answer, f"{wrong} words differ from golden")
    else:
        write_text(answer, f"{told} upsets are told, there were none" if told else "")


if __name__ == "__main__":
    main()
