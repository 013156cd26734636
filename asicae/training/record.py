"""What an evaluation found event by event, as ``evaluation/*.npz`` of a run holds it.

The files are written, read and checked here only; no TensorFlow here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from asicae.foundation.archives import read_npz, write_npz
from asicae.foundation.errors import BadInput
from asicae.metrics.response import hottest_cell_ratios

Floats = npt.NDArray[np.float64]

EVALUATION_FOLDER: Final = "evaluation"
DEAD_CELLS_BASE: Final = "dead_cells_base.npz"
"""A module with dead cells under the weights of intact ones."""
DEAD_CELLS_TUNED: Final = "dead_cells_tuned.npz"
"""The same under weights that were tuned for it."""

_ARRAYS: Final = {
    "calq": ("iu", 2),
    "reference": ("iu", 2),
    "latents": ("iu", 2),
    "sums": ("iu", 1),
    "reconstructed": ("f", 2),
    "emd": ("f", 1),
    "kept": ("b", 1),
}
"""Kind and number of dimensions, in the order of the file."""


def set_name(links: int) -> str:
    """Name of the weight set for so many links, in files of a run."""
    return f"{links}links"


def evaluation_file(links: int) -> str:
    """Name of the evaluation of the weight set for so many links."""
    return f"autoencoder_{set_name(links)}.npz"


@dataclass(frozen=True, eq=False)
class EvaluationRecord:
    """Held-out events of one weight set, cells in AE order.

    Attributes:
        calq: int32[n,48], what entered the concentrator.
        reference: int32[n,48], the true charges.
        latents: uint16[n,latents] as they leave the chip.
        sums: uint16[n], 5E4M codes.
        reconstructed: float32[n,48], decoded charges in CALQ units.
        emd: float64[n], distance in half trigger-cell pitches; NaN for an event that has none.
        kept: bool[n], whether an event has a distance.
    """

    calq: npt.NDArray[np.int32]
    reference: npt.NDArray[np.int32]
    latents: npt.NDArray[np.uint16]
    sums: npt.NDArray[np.uint16]
    reconstructed: npt.NDArray[np.float32]
    emd: Floats
    kept: npt.NDArray[np.bool_]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            BadInput: missing or unreadable file, arrays of another kind or of different lengths.
        """
        arrays: dict[str, Any] = read_npz(path, _ARRAYS, nan=("emd",))
        lengths = {name: len(array) for name, array in arrays.items()}
        if len(set(lengths.values())) != 1:
            raise BadInput(f"{path}: arrays of {lengths} events, allowed is one number")
        return cls(**arrays)

    def save(self, path: Path) -> Path:
        """Write a file, with the order of its cells."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return write_npz(path, {"cell_order": np.array("ae"), **arrays})

    @property
    def distances(self) -> Floats:
        """Distances of the events that have one, float64[kept]."""
        return self.emd[self.kept]

    @property
    def hottest_cell_ratios(self) -> Floats:
        """Decoded over true charge of the hottest cell of the events that have a distance."""
        return hottest_cell_ratios(self.reference[self.kept], self.reconstructed[self.kept])
