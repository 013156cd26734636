"""Numbers for sets of cells: which of up to k of n cells are in a set, in as few bits as there are.

A set is a map of n bits, cell 0 the most significant. Its rank is the number of maps below it that
hold at most k cells (enumerative coding: T. Cover, IEEE Trans. Inf. Theory 19 (1973) 73). With the
cells of a set in ascending order, c_0 < c_1 < ..., it is the sum over j of

    below(n - 1 - c_j, k - j),   below(a, b) = C(a, 0) + ... + C(a, b),

because a map without cell c_j, and alike before it, may hold k - j of the n - 1 - c_j cells behind.
Where ranks need as many bits as there are cells, the map itself is as short and takes their place.
"""

from functools import cached_property, lru_cache
from math import comb
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.module.geometry import N_CELLS

Masks = npt.NDArray[np.bool_]
Ranks = npt.NDArray[np.uint64]
_RANK_BITS: Final = 64


class SubsetRanks:
    """Ranks of the sets of at most ``most`` of ``cells`` cells; see :func:`ranks_of`."""

    def __init__(self, most: int, cells: int = N_CELLS) -> None:
        """Take 1 <= ``most`` <= ``cells`` <= 63.

        Raises:
            ValueError: other numbers.
        """
        if not 1 <= most <= cells < _RANK_BITS:
            raise ValueError(f"sets of up to {most} of {cells} cells, allowed is 1..{cells} of 63")
        self.most, self.cells = most, cells
        self.sets = below(cells, most)
        self.bits = (self.sets - 1).bit_length()
        self.is_map = self.bits == cells
        """The rank is the map as a number; a map with too many cells is no set."""

    def rank(self, chosen: Masks) -> Ranks:
        """Ranks uint64[m] of sets bool[m, cells], each of at most ``most`` cells."""
        rows, places = np.divmod(np.flatnonzero(chosen), self.cells)
        numbers = np.count_nonzero(chosen, axis=1)
        ends = np.cumsum(numbers)
        before = np.arange(len(places)) - (ends - numbers)[rows]
        if self.is_map:
            parts = np.left_shift(np.uint64(1), (self.cells - 1 - places).astype(np.uint64))
        else:
            parts = self._below[self.cells - 1 - places, self.most - before]
        # Sums of runs by differences; arithmetic modulo 2^64 leaves them exact.
        running = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(parts, dtype=np.uint64)])
        return np.asarray(running[ends] - running[ends - numbers])

    def chosen(self, ranks: Ranks) -> Masks:
        """Sets bool[m, cells] of ranks uint64[m] below ``sets``.

        Of a map every bit is taken; how many there are is for the caller to look at.
        """
        if self.is_map:
            shifts = np.arange(self.cells - 1, -1, -1, dtype=np.uint64)
            return np.asarray((ranks[:, None] >> shifts) & np.uint64(1), dtype=bool)
        left, room = ranks.copy(), np.full(len(ranks), self.most)
        found = np.zeros((self.cells, len(ranks)), dtype=bool)
        for cell in range(self.cells):
            without = self._below[self.cells - 1 - cell][room]
            taken = found[cell] = left >= without
            left -= np.where(taken, without, np.uint64(0))
            room -= taken
        return np.ascontiguousarray(found.T)

    @cached_property
    def _below(self) -> Ranks:
        """``below(a, b)`` uint64[cells, most + 1]; with no room left the map behind is the set."""
        table = [[below(a, b) for b in range(self.most + 1)] for a in range(self.cells)]
        return np.array(table, dtype=np.uint64)


def below(cells: int, most: int) -> int:
    """Number of sets of at most ``most`` of ``cells`` cells."""
    return sum(comb(cells, number) for number in range(most + 1))


@lru_cache(maxsize=N_CELLS)
def ranks_of(most: int) -> SubsetRanks:
    """Ranks of sets of at most ``most`` of the 48 cells of a module."""
    return SubsetRanks(most)
