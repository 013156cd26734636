"""The small sample in ``data/``: ``python -m asicae.source.sample data``."""

import sys
from pathlib import Path
from typing import Final

from asicae.foundation.errors import AsicaeError
from asicae.readout.conversion import save
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

SETTINGS: Final = SourceSettings(events=1500, seed=20261123)
"""What the sample is made of; the first rows of any longer run with this seed."""


def write_sample(folder: Path) -> tuple[Path, Path]:
    """Write ``sample.npz`` and ``sample.csv`` (the same modules) into ``folder``."""
    readouts = simulate(SETTINGS)
    npz, csv = folder / "sample.npz", folder / "sample.csv"
    return save(readouts, npz, force=True), save(readouts, csv, force=True)


if __name__ == "__main__":
    try:
        for written in write_sample(Path(sys.argv[1] if len(sys.argv) > 1 else "data")):
            print(written)
    except AsicaeError as error:
        sys.exit(f"asicae: {error}")
