"""The three parts of a run's readouts."""

from pathlib import Path

from asicae.readout.reading import load
from asicae.readout.readouts import Readouts

PARTS = ("train", "validation", "test")


def part_file(part: str) -> str:
    """Where a part lies in a run folder."""
    return f"readouts/{part}.npz"


def load_part(run: Path, part: str) -> Readouts:
    """A part of the readouts of a run.

    Raises:
        BadInput: see ``reading.load``.
    """
    return load(run / part_file(part))


ALL_PARTS = tuple(map(part_file, PARTS))
