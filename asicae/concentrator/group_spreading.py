"""Charge maps of Super Trigger Cell: how the sum of a group is shared among its cells.

A frame says the sum of every group and, but for CTC4, which of its cells is the largest. The share
of that cell is measured on training data, over all groups or by the size of the sum: small sums
are single cells, large ones are showers.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from asicae.concentrator.spreading import STEPS
from asicae.concentrator.transmitted import GroupSums
from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SIZES: Final = 28
"""Sums of up to 48 charges of 22 bits have at most 28 bits."""


@dataclass(frozen=True, eq=False)
class PeakShare:
    """Share of a group's charge that its largest cell has on average.

    Attributes:
        by_size: float64[28], for sums of 2**i to 2**(i + 1) - 1; each in 1 / cells .. 1.
    """

    by_size: Floats

    @classmethod
    def measured(cls, calq: npt.NDArray[np.int32], cells: Integers, by_size: bool) -> Self:
        """Mean share in the groups with charge, by the size of the sum or one for all.

        Args:
            calq: int[n, 48] training charges, AE order.
            cells: int[g, k] of the groups.
            by_size: sizes that do not occur in ``calq`` have the share over all sizes.

        Raises:
            BadInput: no group has charge.
        """
        charges = calq[:, cells].astype(np.float64)
        sums = charges.sum(axis=2)
        filled = sums > 0
        if not filled.any():
            raise BadInput("peak share: no group with charge, at least one is needed")
        share = charges.max(axis=2)[filled] / sums[filled]
        overall = np.full(SIZES, share.mean())
        if not by_size:
            return cls(overall)
        size = _size(sums[filled])
        number = np.bincount(size, minlength=SIZES)
        total = np.bincount(size, share, minlength=SIZES)
        return cls(np.divide(total, number, out=overall, where=number > 0))

    def of(self, sums: Integers) -> Floats:
        """Share [n, g] of the peaks of groups with these sums."""
        return np.asarray(self.by_size[_size(sums)])


def even_shares(groups: GroupSums) -> Floats:
    """The same share for every cell of a group, float64[1, g, k]."""
    number, size = groups.cells.shape
    return np.full((1, number, size), 1.0 / size)


def image_shares(groups: GroupSums, image: npt.NDArray[np.float64]) -> Floats:
    """Shares float64[1, g, k] as in an image [48] (AE order); even where it has no charge."""
    inside = image[groups.cells]
    total = inside.sum(axis=1, keepdims=True)
    even = np.full_like(inside, 1.0 / inside.shape[1])
    return np.asarray(np.divide(inside, total, out=even, where=total > 0)[None])


def peak_shares(groups: GroupSums, peak: npt.ArrayLike, reach: float | None = None) -> Floats:
    """Shares float64[n, g, k]: ``peak`` for the largest cell, the others have what is left.

    Args:
        groups: with peaks.
        peak: 0..1, broadcast to [n, g].
        reach: others in proportion to exp(-steps from the peak / reach), in cells; evenly if None.

    Raises:
        BadInput: groups without peaks (CTC4).
    """
    if groups.peaks is None:
        raise BadInput("peak shares: this type of super trigger cell sends no places")
    peaks = groups.peaks[:, :, None]
    is_peak = groups.cells[None] == peaks
    weights = np.ones(is_peak.shape)
    if reach is not None:
        weights = np.exp(-STEPS[peaks, groups.cells[None]] / reach)
    weights = np.where(is_peak, 0.0, weights)
    weights /= weights.sum(axis=2, keepdims=True)
    share = np.broadcast_to(np.asarray(peak, dtype=np.float64), groups.peaks.shape)[:, :, None]
    return np.where(is_peak, share, (1.0 - share) * weights)


def spread_groups(groups: GroupSums, shares: Floats, reach: float | None = None) -> Floats:
    """Map float64[n, 48], CALQ units: every sum over the cells of its group by ``shares``.

    Args:
        groups: sums [n, g] and cells [g, k].
        shares: [n or 1, g, k], each group sums to 1.
        reach: cells of groups that were not sent get the mean of the cells that were, weighted by
            exp(-steps / reach) with the distance; they stay empty if None.
    """
    image = np.zeros((len(groups.sums), N_CELLS))
    image[:, groups.cells] = groups.sums[:, :, None] * shares
    seen = groups.cells.ravel()
    lost = np.setdiff1d(np.arange(N_CELLS), seen)
    if reach is not None and lost.size:
        weights = np.exp(-STEPS[np.ix_(seen, lost)] / reach)
        image[:, lost] = image[:, seen] @ (weights / weights.sum(axis=0))
    return image


def _size(sums: npt.NDArray[np.number]) -> Integers:
    """floor(log2) of sums, 0 for a sum of 0."""
    exponent = np.frexp(np.maximum(sums, 1).astype(np.float64))[1] - 1
    return np.asarray(np.minimum(exponent, SIZES - 1), dtype=np.int64)
