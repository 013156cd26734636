"""The three parts of a run's readouts."""

from pathlib import Path
from typing import TYPE_CHECKING

from asicae.foundation.errors import BadInput
from asicae.readout.formats.npz import FORMAT
from asicae.readout.options import Options
from asicae.readout.readouts import Readouts, concatenate
from asicae.readout.rejected import Rejected

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings

PARTS = ("train", "validation", "test")


def part_file(part: str) -> str:
    """Where a part lies in a run folder."""
    return f"readouts/{part}.npz"


ALL_PARTS = tuple(map(part_file, PARTS))


def readout_files(settings: "RunSettings") -> list[Path]:
    """The user's readouts, and what says how to read them."""
    return [Path(settings.data), *settings.reading.files()] if settings.data else []


def load_part(run: Path, part: str) -> Readouts:
    """A part of the readouts of a run.

    They are of one format; no stage that reads them depends on the others.

    Raises:
        BadInput: missing, unreadable or empty.
    """
    path = run / part_file(part)
    modules = [read.readouts for read in FORMAT.read(path, Options(), Rejected())]
    if not modules:
        raise BadInput(f"{path}: holds no modules, allowed is one or more")
    return concatenate(modules)
