"""What each bit of a trained weight set of a run is worth."""

from pathlib import Path
from typing import TYPE_CHECKING

from asicae.foundation.errors import BadInput
from asicae.runs.job import Job
from asicae.runs.readouts import load_part, part_file
from asicae.runs.trained_encoders import trained_encoders

if TYPE_CHECKING:
    from asicae.training.bit_sensitivity import BitSensitivity


def sensitivity_of_run(run: Path, links: int, events: int) -> "BitSensitivity":
    """That of the set for ``links``, on the first ``events`` test events.

    Raises:
        BadInput: as ``trained_encoders``; no set for these links, test events that are not what
            the run left, fewer than two of them with charge.
    """
    encoders = trained_encoders(run)
    if links not in encoders.sets:
        known = ", ".join(map(str, sorted(encoders.sets)))
        raise BadInput(f"{run}: links: found {links}, allowed are those it has sets for: {known}")
    Job.open(run).seal.require([part_file("test")])
    from asicae.training.bit_sensitivity import bit_sensitivity

    trained, test = encoders.sets[links], load_part(run, "test").select(slice(0, events))
    return bit_sensitivity(trained.weights, trained.decoder, encoders.network, test)
