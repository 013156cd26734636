"""Cells, compander and bits held back that Adaptive Choice takes for some events.

The exact distance of charge maps takes long and is not known here. A rough one, from the charge of
cells and of groups of cells, ranks the same settings first within the error of a mean over events.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.companders import Compander
from asicae.module.geometry import N_CELLS
from asicae.module.groups import GROUPS_OF_4, GROUPS_OF_16

CELLS_ALONE: Final = np.arange(N_CELLS)[:, None]
CELLS: Final = (*range(1, 9), *range(10, 15), *range(16, 25, 2), *range(28, 49, 4))
"""Numbers of cells that are tried; those between them differ by less than that error."""
COMPANDERS: Final = tuple(Compander)
HELD_BACK: Final = (0, 1, 2)
Place = tuple[int, int, int]
"""Places of a number of cells, of a compander and of bits held back in these."""
Kind = tuple[int, Compander, int]
"""Cells, compander and bits held back."""


def misplaced(charges: npt.NDArray[np.int32], maps: npt.NDArray[np.float64]) -> float:
    """Mean distance that the charge [n, 48] has to go from ``maps`` [n, 48], roughly.

    Half a cell's pitch is 1: what goes astray inside a group of 4 counts 2, inside a group of 16
    4, further 8. Both sides are scaled to unit sum; events without charge do not count.
    """
    charged = charges.any(axis=1)
    true, found = charges[charged].astype(np.float64), maps[charged]
    # Frames of charge hold a cell, so the map has charge where the event has.
    difference = true / true.sum(axis=1, keepdims=True) - found / found.sum(axis=1, keepdims=True)
    scales = (2.0, CELLS_ALONE), (2.0, GROUPS_OF_4), (4.0, GROUPS_OF_16)
    parts = [
        factor * np.abs(difference[:, cells].sum(axis=2)).sum(axis=1) / 2
        for factor, cells in scales
    ]
    return float(np.sum(parts, axis=0).mean())


def best_kind(start: Kind, has_room: Callable[[int], bool], cost: Callable[[Kind], float]) -> Kind:
    """The kind of the smallest cost that single steps from ``start`` lead to.

    Args:
        start: of ``CELLS``, ``COMPANDERS`` and ``HELD_BACK``.
        has_room: whether so many cells fit.
        cost: of a kind; of equal ones the first that was looked at stays.
    """

    @cache
    def cost_at(place: Place) -> float:
        return cost(_kind(place))

    best = CELLS.index(start[0]), COMPANDERS.index(start[1]), HELD_BACK.index(start[2])
    while True:
        around = [place for place in _around(best) if has_room(CELLS[place[0]])]
        nearest = min([best, *around], key=cost_at)
        if nearest == best:
            return _kind(best)
        best = nearest


def _kind(place: Place) -> Kind:
    return CELLS[place[0]], COMPANDERS[place[1]], HELD_BACK[place[2]]


def _around(place: Place) -> Iterator[Place]:
    """One or two numbers of cells up or down, since their ranks need a bit more at times."""
    cells, compander, held_back = place
    for step in (-2, -1, 1, 2):
        if 0 <= cells + step < len(CELLS):
            yield cells + step, compander, held_back
    for step in (-1, 1):
        if 0 <= compander + step < len(COMPANDERS):
            yield cells, compander + step, held_back
        if 0 <= held_back + step < len(HELD_BACK):
            yield cells, compander, held_back + step
