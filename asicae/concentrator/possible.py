"""Whether a chip can have sent a frame: what its codes allow for charges must fit sum and settings.

A code stands for a bin of charges. The smallest and the largest charge of every cell, sent or not,
bound the module sum; a sum outside, or a cell that no charge explains, comes from no chip with
these settings. Frames are looked at one by one: how full the buffer was is not followed.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.frames import Frames
from asicae.concentrator.largest import Ties
from asicae.module.codes import CALQ_MAX, CODE_4E3M_MAX
from asicae.module.geometry import N_CELLS

Integers = npt.NDArray[np.int64]
Charges = npt.NDArray[np.int32]
Encode = Callable[[Integers], npt.NDArray[Any]]

MOST_CHARGE: Final = N_CELLS * CALQ_MAX
"""The largest module sum."""


def _first_values() -> Integers:
    exponent, mantissa = np.divmod(np.arange(CODE_4E3M_MAX + 2), 8)
    return np.where(exponent == 0, mantissa, (8 | mantissa) << np.maximum(exponent - 1, 0))


_FIRST: Final = _first_values()
"""Smallest value of every 4E3M code, and of the one after the last."""


def charge_bounds(drop: int) -> tuple[Charges, Charges]:
    """Smallest and largest charge of every 4E3M code after ``drop`` dropped bits, int32[128] each.

    The last code is also that of everything above it.
    """
    low = _FIRST[:-1] << drop
    high = np.minimum((_FIRST[1:] << drop) - 1, CALQ_MAX)
    high[-1] = CALQ_MAX
    return low.astype(np.int32), high.astype(np.int32)


def most_unsent(limit: Charges, ties: Ties = Ties.LOWEST) -> Charges:
    """The largest charge int32[48, n] that every cell can have beside the largest ones.

    A cell that was not sent has no more than any cell sent before it, and less than any sent behind
    it where of equal cells the lowest goes first; below 0 where no charge is left. Otherwise it has
    no more than any cell that was sent.

    Args:
        limit: int32[n, 48], the largest charge of cells that were sent, above ``CALQ_MAX`` for the
            others. For those that were sent the result is 0.
        ties: which of equal cells goes first.
    """
    sent = limit.T <= CALQ_MAX
    if ties is not Ties.LOWEST:
        return np.where(sent, 0, limit.min(axis=1)).astype(np.int32)
    before, behind = np.ascontiguousarray(limit.T), np.ascontiguousarray(limit.T[::-1])
    for running in (before, behind):
        for row in range(1, N_CELLS):  # faster by cells, for all frames, than accumulate
            np.minimum(running[row], running[row - 1], out=running[row])
    return np.asarray(np.where(sent, 0, np.minimum(before, behind[::-1] - 1)))


def require_sums(
    frames: Frames, sums: npt.NDArray[Any], low: npt.ArrayLike, high: npt.ArrayLike, encode: Encode
) -> None:
    """Stop at the first frame whose sum code [n] is not one of charges ``low`` to ``high``.

    Args:
        frames: for the number of the frame.
        sums: codes.
        low: smallest sum, broadcast to [n], in the unit of the code.
        high: largest sum likewise.
        encode: from sums to codes.

    Raises:
        BadInput: naming the frame.
    """
    shape = sums.shape
    first = encode(np.broadcast_to(np.asarray(low, dtype=np.int64), shape))
    last = encode(np.broadcast_to(np.asarray(high, dtype=np.int64), shape))
    frames.refuse(
        (sums < first) | (sums > last),
        lambda row: f"sum code {sums[row]}, its cells allow {first[row]}..{last[row]}",
    )
