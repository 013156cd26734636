"""Which cells are the largest: every sender and every check of frames asks here.

Sources: D. Knuth, The Art of Computer Programming 3, algorithm 5.2.2M (Batcher's merge exchange),
which github.com/cmantill/ECONT_Emulator sorts the cells of Best Choice with.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.frames import CELL_BITS

Places = npt.NDArray[np.intp]
VALUES: Final = 48
"""Values that the sorting network has."""


class Ties(StrEnum):
    """Which of equal charges goes first: a rule of the kit, or what the public emulator does."""

    LOWEST = "lowest"
    EMULATOR = "emulator"


def largest(values: npt.NDArray[np.integer], number: int) -> npt.NDArray[np.bool_]:
    """Mask bool[n, c] of the ``number`` largest values of each row [n, c], c up to 64.

    Of equal values the one further in front goes first. Value and place in one key (int32: values
    of up to 25 bits) make all keys of a row different.

    Args:
        values: integers >= 0.
        number: 1..c.
    """
    width = values.shape[1]
    places = np.arange(width - 1, -1, -1, dtype=np.int32)
    keys = (values.astype(np.int32) << CELL_BITS) | places
    last = np.partition(keys, width - number, axis=1)[:, width - number]
    return np.asarray(keys >= last[:, None])


def first_of_network(values: npt.NDArray[np.integer], number: int) -> npt.NDArray[np.bool_]:
    """Likewise of 48 values a row, as a sorting network puts them first.

    Values trade places where the one in front is smaller, so its wiring decides between equals.
    """
    keys = (values.T.astype(np.int32) << CELL_BITS) | np.arange(VALUES, dtype=np.int32)[:, None]
    for front, distance in _passes():
        first, second = keys[front], keys[front + distance]
        smaller = first >> CELL_BITS < second >> CELL_BITS
        keys[front] = np.where(smaller, second, first)
        keys[front + distance] = np.where(smaller, first, second)
    chosen = np.zeros(values.shape, dtype=bool)
    places = keys[:number].T.astype(np.intp) & ((1 << CELL_BITS) - 1)
    np.put_along_axis(chosen, places, True, axis=1)
    return chosen


@lru_cache(maxsize=1)
def _passes() -> list[tuple[Places, int]]:
    """Values that are compared at once with those at a distance behind them, one pass after the
    other.
    """
    top = 1 << (VALUES - 1).bit_length() - 1
    every, found = np.arange(VALUES), []
    block = top
    while block:
        reach, kept, distance = top, 0, block
        while reach >= block:
            front = every[: VALUES - distance]
            found.append((front[front & block == kept], distance))
            reach, kept, distance = reach // 2, block, reach - block
        block //= 2
    return found
