"""What the receiver of a frame knows, in charge: the common interface of all algorithms."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.module.geometry import N_CELLS

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GroupSums:
    """Sums of groups of cells (super trigger cells).

    Attributes:
        cells: int64[g, k], cells (AE order) of every group; groups that were not sent are absent.
        sums: int64[n, g], charge of every group, CALQ units.
        peaks: int64[n, g], cell (AE order) with the largest charge; None where it is not sent.
    """

    cells: Integers
    sums: Integers
    peaks: Integers | None


@dataclass(frozen=True, eq=False)
class Transmitted:
    """Charges in CALQ units, cells in AE order; nothing is guessed here.

    Attributes:
        charges: int64[n, 48], charge of the cells that were sent one by one, 0 elsewhere.
        sent: bool[n, 48], the cells that were sent one by one.
        module_sum: int64[n], the sum in the frame; None for an algorithm that sends none.
        sum_of_all: bool[n], true where ``module_sum`` covers all 48 cells, false where it covers
            only those that were not sent.
        groups: sums of groups of cells; None for an algorithm that sends none.
        truncated: bool[n], frames whose cells were lost in a full buffer.
        most: int64[n], the largest charge that a cell can have that was not sent, as far as the
            settings tell; None where they tell nothing.
    """

    charges: Integers
    sent: npt.NDArray[np.bool_]
    module_sum: Integers | None
    sum_of_all: npt.NDArray[np.bool_]
    groups: GroupSums | None
    truncated: npt.NDArray[np.bool_]
    most: Integers | None = None

    def part(self, rows: npt.NDArray[np.bool_]) -> "Transmitted":
        """The frames of rows bool[n], of an algorithm without groups."""
        return cells_and_sum(
            self.charges[rows],
            self.sent[rows],
            None if self.module_sum is None else self.module_sum[rows],
            self.sum_of_all[rows],
            self.truncated[rows],
            None if self.most is None else self.most[rows],
        )

    def rest(self) -> Integers:
        """Charge int64[n] known to lie in cells that were not sent one by one; 0 if unknown."""
        if self.module_sum is None:
            return np.zeros(len(self.charges), dtype=np.int64)
        of_all = np.maximum(self.module_sum - self.charges.sum(axis=1), 0)
        return np.where(self.sum_of_all, of_all, self.module_sum)

    def image(self) -> npt.NDArray[np.float64]:
        """The simplest picture float64[n, 48]: cells as sent, groups on their peak, else evenly.

        The rest of the module sum is left out; where it belongs is for a decoder to say.
        """
        image = self.charges.astype(np.float64)
        if self.groups is None:
            return image
        if self.groups.peaks is None:
            share = self.groups.sums / self.groups.cells.shape[1]
            image[:, self.groups.cells] += share[:, :, None]
        else:
            np.put_along_axis(image, self.groups.peaks, self.groups.sums, axis=1)
        return image


def cells_and_sum(
    charges: npt.NDArray[np.integer],
    sent: npt.NDArray[np.bool_],
    module_sum: Integers | None = None,
    sum_of_all: npt.ArrayLike = True,
    truncated: npt.ArrayLike = False,
    most: Integers | None = None,
) -> Transmitted:
    """Transmitted without groups; single flags hold for all frames."""
    rows = len(charges)
    return Transmitted(
        charges.astype(np.int64),
        sent,
        module_sum,
        np.broadcast_to(np.asarray(sum_of_all, dtype=bool), (rows,)),
        None,
        np.broadcast_to(np.asarray(truncated, dtype=bool), (rows,)),
        most,
    )


def no_cells(rows: int) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Charges and mask of frames that send no cell by itself."""
    shape = (rows, N_CELLS)
    return np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool)
