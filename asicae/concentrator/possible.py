"""Whether a chip can have sent a frame: what its codes allow for charges must fit sum and settings.

A code stands for a bin of charges. The smallest and the largest charge of every cell, sent or not,
bound the module sum; a sum outside, or a cell that no charge explains, comes from no chip with
these settings. Frames are looked at one by one: how full the buffer was is not followed.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.frames import Bytes, Frames
from asicae.concentrator.settings import ConcentratorSettings
from asicae.module.codes import CALQ_MAX, CODE_4E3M_MAX, encode_5e3m, encode_charge
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


def require_threshold_sum(
    frames: Frames,
    sums: Bytes,
    sent: npt.NDArray[np.bool_],
    codes: Bytes,
    settings: ConcentratorSettings,
) -> None:
    """Stop at the first whole frame of Threshold Sum that contradicts its thresholds.

    Args:
        frames: n frames, none truncated.
        sums: uint8[n], 5E3M codes.
        sent: bool[n, 48], cells in the frame.
        codes: uint8[n, 48], their codes.
        settings: thresholds, ``drop_lsb`` and ``use_sum``.

    Raises:
        BadInput: naming the frame and the first cell below its threshold or missing without one, or
            the sum.
    """
    threshold = np.array(settings.threshold, dtype=np.int32)
    lowest = encode_charge(threshold, settings.drop_lsb)
    below = sent & (codes < lowest)

    def too_low(row: int) -> str:
        cell = int(np.argmax(below[row]))
        return f"cell {cell}: code {codes[row, cell]}, its threshold allows {lowest[cell]}..127"

    frames.refuse(np.any(below, axis=1), too_low)
    missing = ~sent & (threshold == 0)
    frames.refuse(
        np.any(missing, axis=1),
        lambda row: f"cell {np.argmax(missing[row])} is not sent, a threshold of 0 sends all",
    )
    silent = np.where(sent, 0, threshold - 1).sum(axis=1, dtype=np.int64)
    if not settings.use_sum:
        require_sums(frames, sums, 0, silent, encode_5e3m)
        return
    low, high = charge_bounds(settings.drop_lsb)
    least = np.where(sent, np.maximum(low[codes], threshold), 0).sum(axis=1, dtype=np.int64)
    most = np.where(sent, high[codes], 0).sum(axis=1, dtype=np.int64) + silent
    require_sums(frames, sums, least, most, encode_5e3m)


def require_best_choice(
    frames: Frames, sums: Bytes, cells: Bytes, codes: Bytes, settings: ConcentratorSettings
) -> None:
    """Stop at the first frame of Best Choice whose cells are not the largest, or whose sum is off.

    Args:
        frames: n frames.
        sums: uint8[n], 5E3M codes.
        cells: uint8[n, k], ascending.
        codes: uint8[n, k].
        settings: ``drop_lsb`` and ``use_sum``.

    Raises:
        BadInput: naming the frame.
    """
    # Charges after dropped bits: the sums of Best Choice are made of them too.
    first, last = charge_bounds(0)
    low, high = first[codes], np.minimum(last, CALQ_MAX >> settings.drop_lsb)[codes]
    # Another cell has no more than any cell sent before it, and less than any sent behind it.
    limit = np.full((len(cells), N_CELLS), CALQ_MAX + 1, dtype=np.int32)
    np.put_along_axis(limit, cells.astype(np.intp), high, axis=1)
    sent = limit.T <= CALQ_MAX
    before, behind = np.ascontiguousarray(limit.T), np.ascontiguousarray(limit.T[::-1])
    for running in (before, behind):
        for row in range(1, N_CELLS):  # faster by cells, for all frames, than accumulate
            np.minimum(running[row], running[row - 1], out=running[row])
    most = np.where(sent, 0, np.minimum(before, behind[::-1] - 1))
    frames.refuse(
        np.any(most < 0, axis=0),
        lambda row: (
            f"cells {cells[row].tolist()} with codes {codes[row].tolist()}: "
            f"cell {int(np.argmax(most[:, row] < 0))} would go before one of charge 0"
        ),
    )
    silent = most.sum(axis=0, dtype=np.int64)
    if settings.use_sum:
        least = low.sum(axis=1, dtype=np.int64)
        most_sum = high.sum(axis=1, dtype=np.int64) + silent
        require_sums(frames, sums, least, most_sum, encode_5e3m)
    else:
        require_sums(frames, sums, 0, silent, encode_5e3m)


def require_groups(
    frames: Frames,
    places: Bytes,
    codes: npt.NDArray[np.uint16],
    size: int,
    encode: Encode,
) -> None:
    """Stop at the first frame of Super Trigger Cell whose places contradict its sums.

    Args:
        frames: n frames.
        places: uint8[n, g]; uint8[n, 0] where none are sent.
        codes: uint16[n, g].
        size: cells of a group.
        encode: from sums to codes.

    Raises:
        BadInput: naming frame and group.
    """
    # Of equal cells the first is named: a later place needs charge, and more than those before it.
    place = places.astype(np.int64) if places.shape[1] else np.zeros(codes.shape, dtype=np.int64)
    least, most = encode((place > 0).astype(np.int64)), encode(size * CALQ_MAX - place)
    wrong = (codes < least) | (codes > most)

    def reason(row: int) -> str:
        group = int(np.argmax(wrong[row]))
        allowed = f"{least[row, group]}..{most[row, group]}"
        return f"group {group}: sum code {codes[row, group]} at place {place[row, group]}, " + (
            f"allowed is {allowed}"
        )

    frames.refuse(np.any(wrong, axis=1), reason)
