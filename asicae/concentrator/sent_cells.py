"""The cells that frames send, one after the other: one array for frames of different length."""

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.module.geometry import Integers

Masks = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


class SentCells:
    """Cells of n frames in the order of frames and, within, of cells; m in all.

    Attributes:
        mask: bool[n, 48], which ones.
        numbers: int64[n], how many of each frame.
    """

    def __init__(self, mask: Masks) -> None:
        """Take the mask."""
        self.mask = mask
        self.numbers: Integers = np.count_nonzero(mask, axis=1)
        self._ends = np.cumsum(self.numbers)

    @cached_property
    def by_number(self) -> list[tuple[Places, Places]]:
        """Frames [g] with the same number of cells, not 0, and the places [g, number] of these."""
        starts = self._ends - self.numbers
        order = np.argsort(self.numbers.astype(np.uint8), kind="stable")
        counts = np.bincount(self.numbers)
        found, first = [], counts[0] if len(counts) else 0
        for number, frames in enumerate(counts.tolist()[1:], start=1):
            if frames:
                rows = order[first : first + frames]
                found.append((rows, starts[rows, None] + np.arange(number)))
                first += frames
        return found

    def of_frame(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values [n] of the frames for each of their cells, [m]."""
        return np.repeat(values, self.numbers)

    def totals(self, values: Integers) -> Integers:
        """Sums int64[n] over the cells of each frame of values int64[m]."""
        running = np.zeros(len(values) + 1, dtype=np.int64)
        np.cumsum(values, out=running[1:])
        return np.asarray(running[self._ends] - running[self._ends - self.numbers])

    def spread_out(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values [m] in their cells, [n, 48], with 0 in the others."""
        every = np.zeros(self.mask.shape, dtype=values.dtype)
        every[self.mask] = values
        return every
