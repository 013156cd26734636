"""Super trigger cells: groups of 4 and 16 neighbouring trigger cells that are summed.

A module is three rhombi of 4 x 4 cells. A group of 16 is one rhombus; a group of 4 is a 2 x 2 block
of a rhombus, that is a small rhombus whose cells touch. The numbering is a definition of the kit:
rhombi upper left, upper right, lower left in the 8x8 picture, then blocks and cells by rows.
"""

from typing import Final

import numpy as np

from asicae.module.geometry import ARRANGEMENTS, Integers

_RHOMBI = ((0, 0), (0, 4), (4, 0))  # first row and column of each in the 8x8 picture


def _groups(side: int) -> Integers:
    """Cells (AE order) of the blocks of ``side`` x ``side``, int[48 / side**2, side**2]."""
    flat = np.full(64, -1, dtype=np.int64)
    flat[ARRANGEMENTS["8x8"].pixels] = np.arange(48)
    picture = flat.reshape(8, 8)
    groups = [
        picture[row + down : row + down + side, column + right : column + right + side].ravel()
        for row, column in _RHOMBI
        for down in range(0, 4, side)
        for right in range(0, 4, side)
    ]
    table = np.stack(groups)
    table.setflags(write=False)
    return table


GROUPS_OF_4: Final[Integers] = _groups(2)
"""Cells (AE order) of the 12 groups of 4, int[12, 4]."""

GROUPS_OF_16: Final[Integers] = _groups(4)
"""Cells (AE order) of the 3 groups of 16, int[3, 16]; each is four groups of 4."""
