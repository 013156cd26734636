"""A layer as one plane of cells: which cell of which module holds a point.

Modules touch: the hexagons of their 48 cells are one lattice, in which a module further along u is
(4, -4) cells further and one along v is (4, 8).
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from asicae.module.detector import CELL_TURN, HALF_PITCH_CM
from asicae.module.geometry import CELL_UV, N_CELLS, lattice_at

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_PERIOD = 12  # cells along both axes after which the pattern of modules is the same


def cells_at(x_cm: Array, y_cm: Array) -> tuple[Integers, Integers, Integers]:
    """Module places u[n], v[n] and cells[n] (AE order) that hold points of a layer in cm."""
    turn = np.exp(-1j * CELL_TURN) / HALF_PITCH_CM
    place = (x_cm + 1j * y_cm) * turn
    row, column = lattice_at(place.real, place.imag)
    cell = _cells()[row % _PERIOD, column % _PERIOD]
    along_u, along_v = row - CELL_UV[cell, 0], column - CELL_UV[cell, 1]
    v = (along_u + along_v) // _PERIOD
    return along_u // 4 - v, v, cell


@cache
def _cells() -> Integers:
    """Cell (AE order) of every place of the pattern, int[12, 12]."""
    table = np.full((_PERIOD, _PERIOD), -1)
    for steps in range(_PERIOD):
        for other in range(_PERIOD):
            row = CELL_UV[:, 0] + 4 * steps + 4 * other
            column = CELL_UV[:, 1] - 4 * steps + 8 * other
            table[row % _PERIOD, column % _PERIOD] = np.arange(N_CELLS)
    return table
