"""Trigger cells of a hexagonal module: their lattice, their orders, their images.

A module has 48 trigger cells (TC) in three rhombi of 4 x 4. The lattice coordinates (u, v), the
8x8 picture and the simulation numbers are linear inside each rhombus, so three lines per rhombus
define every map; the literal public tables are pinned in the tests.

Two orders of the 48 cells are in use:

* ``"ae"``: the order of the encoder input in the silicon, row-major over the 8x8 picture,
  q0..q31 in rows 0-3, q32..q47 in columns 0-3 of rows 4-7 (the lower right 4x4 is dead);
* ``"simulation"``: the trigger-cell number used by simulation files, 16 cells per rhombus.

Sources: G. Di Guglielmo et al., IEEE TNS 68 (2021) 2179, arXiv:2105.01683 (pictures of the
encoder); CMS-TDR-019 (2017) (hexagonal modules and their trigger cells).
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput

Order = Literal["ae", "simulation"]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

N_CELLS: Final = 48
ORDERS: Final[tuple[Order, ...]] = ("ae", "simulation")
_SIDE = 8  # width of the 8x8 picture
_HALF = 4  # width of one rhombus


def _picture() -> Integers:
    """Rows (row, column, u, v, simulation number) of the 48 cells in AE order, int[48, 5]."""
    cells = []
    for row in range(_SIDE):
        for column in range(_SIDE):
            if row < _HALF and column < _HALF:
                u, v, number = 4 - row + column, column, 28 - 4 * row + column
            elif row < _HALF:
                u, v, number = 7 - row, column, row + 4 * (column - 4)
            elif column < _HALF:
                u, v, number = column, row - 4 + column, 47 - (row - 4) - 4 * column
            else:
                continue
            cells.append((row, column, u, v, number))
    return np.array(cells, dtype=np.int64)


def _frozen(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    values.setflags(write=False)
    return values


_PICTURE = _picture()

CELL_UV: Final[Integers] = _frozen(_PICTURE[:, 2:4].copy())
"""Lattice coordinates (u, v) of the cells in AE order, int[48, 2]."""

AE_FROM_SIMULATION: Final[Integers] = _frozen(_PICTURE[:, 4].copy())
"""Simulation number of the cells in AE order: ``calq_ae = calq_sim[..., AE_FROM_SIMULATION]``."""

SIMULATION_FROM_AE: Final[Integers] = _frozen(np.argsort(AE_FROM_SIMULATION))
"""Place in AE order of every simulation number: ``calq_sim = calq_ae[..., SIMULATION_FROM_AE]``."""


def _centres() -> npt.NDArray[np.float64]:
    u, v = CELL_UV[:, 0].astype(np.float64), CELL_UV[:, 1].astype(np.float64)
    centres = np.stack([2.0 * (v - u / 2.0), np.sqrt(3.0) * u], axis=1)
    return np.asarray(centres - centres.mean(axis=0))


CENTRES: Final[npt.NDArray[np.float64]] = _frozen(_centres())
"""Cell centres in AE order, float[48, 2], in half TC pitches (neighbours are 2.0 apart)."""


def _symmetries() -> Integers:
    found = []
    for mirrored in (False, True):
        for third in range(3):
            angle = 2 * np.pi * third / 3
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            half = np.pi / 3  # twice the angle of an axis of the three rhombi
            mirror = np.array([[np.cos(half), np.sin(half)], [np.sin(half), -np.cos(half)]])
            moved = CENTRES @ (turn @ mirror if mirrored else turn)
            found.append(np.abs(moved[:, None] - CENTRES).sum(axis=2).argmin(axis=1))
    return np.array(found)


SYMMETRIES: Final[Integers] = _frozen(_symmetries())
"""The turns and mirrorings of a module onto itself, itself first, int[6, 48]: where each cell of
the AE order comes to lie."""

CELL_RADIUS: Final = 2.0 / np.sqrt(3.0)
"""Circumradius of one hexagonal cell in half TC pitches."""


@dataclass(frozen=True)
class Arrangement:
    """How the 48 cells fill the image that the encoder sees.

    Attributes:
        name: ``"8x8"``, ``"4x4x3"``, or ``"flat"`` (AE order in a row, for dense encoders).
        shape: (height, width, channels).
        pixels: flat C-order pixel of every cell in AE order, int[48]; other pixels are dead.
    """

    name: str
    shape: tuple[int, int, int]
    pixels: Integers

    def image(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Place values [..., 48] (AE order) into images [..., height, width, channels], rest 0."""
        flat = np.zeros((*values.shape[:-1], int(np.prod(self.shape))), dtype=values.dtype)
        flat[..., self.pixels] = values
        return flat.reshape(*values.shape[:-1], *self.shape)

    def cells(self, images: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Read the 48 cells (AE order) back from images [..., height, width, channels]."""
        flat = images.reshape(*images.shape[:-3], int(np.prod(self.shape)))
        return np.asarray(flat[..., self.pixels])


def _arrangements() -> dict[str, Arrangement]:
    square = _frozen(_PICTURE[:, 0] * _SIDE + _PICTURE[:, 1])
    # One channel per rhombus: image[i // 4][i % 4][c] = CALQ[i + 16 c] in simulation numbers.
    channel, place = np.divmod(AE_FROM_SIMULATION, 16)
    stacked = _frozen(place * 3 + channel)
    return {
        "8x8": Arrangement("8x8", (8, 8, 1), square),
        "4x4x3": Arrangement("4x4x3", (4, 4, 3), stacked),
        "flat": Arrangement("flat", (1, N_CELLS, 1), _frozen(np.arange(N_CELLS))),
    }


ARRANGEMENTS: Final[dict[str, Arrangement]] = _arrangements()
"""The image arrangements by name."""


def reorder(values: npt.NDArray[Any], source: str, target: str) -> npt.NDArray[Any]:
    """Bring values [..., 48] from one cell order to another.

    Raises:
        BadInput: an unknown order or a last axis that is not 48 long.
    """
    for order in (source, target):
        if order not in ORDERS:
            raise BadInput(f"cell order {order!r} is unknown, allowed are {', '.join(ORDERS)}")
    if values.shape[-1:] != (N_CELLS,):
        raise BadInput(f"cell values have shape {values.shape}, the last axis must be {N_CELLS}")
    if source == target:
        return values
    index = AE_FROM_SIMULATION if target == "ae" else SIMULATION_FROM_AE
    return np.asarray(values[..., index])


def hexagon_corners(radius: float = float(CELL_RADIUS)) -> npt.NDArray[np.float64]:
    """Corners float[6, 2] of a cell around its own centre, in half TC pitches, anticlockwise.

    With the default radius the 48 hexagons at :data:`CENTRES` tile the module without gaps.
    """
    angles = np.deg2rad(30.0 + 60.0 * np.arange(6))
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _cell_table() -> Integers:
    table = np.full((_SIDE + 2, _SIDE + 2), -1, dtype=np.int64)
    table[CELL_UV[:, 0] + 1, CELL_UV[:, 1] + 1] = np.arange(N_CELLS)
    return _frozen(table)


_CELL_TABLE = _cell_table()
_ORIGIN = CENTRES[0] - np.array([2.0 * CELL_UV[0, 1] - CELL_UV[0, 0], np.sqrt(3.0) * CELL_UV[0, 0]])


def cell_at(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Cell (AE order) whose hexagon holds each point (x[n], y[n]) in half TC pitches, -1 outside.

    A fine raster answers for all points but those close to an edge, which are rounded in cube
    coordinates: exact and several times faster than rounding every point.
    """
    raster = _raster()
    # Seen as unsigned, a coordinate left of the raster is a large one: both end in its last,
    # empty, row or column.
    row, column = (
        np.minimum(((z + _RASTER_SPAN) * _RASTER_STEPS).astype(np.int32).view(np.uint32), _LAST)
        for z in (y, x)
    )
    cell = raster.take(row * np.uint32(_LAST + 1) + column)
    edge = np.flatnonzero(cell == _EDGE)
    cell[edge] = _exact_cell(x[edge].astype(np.float64), y[edge].astype(np.float64))
    return cell.astype(np.int64)


_RASTER_SPAN = 10.0  # half TC pitches; the module ends at 9.2
_RASTER_STEPS = 16.0  # squares of the raster in half a TC pitch
_LAST = int(2 * _RASTER_SPAN * _RASTER_STEPS) - 1
_EDGE = -2


@cache
def _raster() -> npt.NDArray[np.int8]:
    """Cell of every square of the raster, -1 outside the module, -2 where an edge may pass.

    Bytes, so that the table stays in the cache of a core.
    """
    corners = np.arange(_LAST + 2) / _RASTER_STEPS - _RASTER_SPAN
    x, y = (grid.ravel() for grid in np.meshgrid(corners, corners))
    cells = _exact_cell(x, y).reshape(_LAST + 2, _LAST + 2)
    four = np.stack([cells[:-1, :-1], cells[1:, :-1], cells[:-1, 1:], cells[1:, 1:]])
    # Hexagons are convex: four corners in one of them hold the square. The outside is not: there
    # the neighbouring squares have to be outside too.
    table = np.where((four == four[0]).all(axis=0), four[0], _EDGE)
    wide = np.pad(table, 1, constant_values=-1)
    size = _LAST + 1
    around = [wide[i : i + size, j : j + size] for i in range(3) for j in range(3)]
    lonely = np.any([block != -1 for block in around], axis=0)
    return _frozen(np.where((table == -1) & lonely, _EDGE, table).ravel().astype(np.int8))


def _exact_cell(x: Floats, y: Floats) -> Integers:
    """The nearest lattice point, if it is one of the 48."""
    u, v = lattice_at(x, y)
    row = np.clip(u, -1, _SIDE) + 1
    column = np.clip(v, -1, _SIDE) + 1
    return np.asarray(_CELL_TABLE[row, column])


def lattice_at(x: Floats, y: Floats) -> tuple[Integers, Integers]:
    """Lattice coordinates (u, v), as :data:`CELL_UV` goes on outside the module, of the cells whose
    hexagons hold points (x[n], y[n]) in half TC pitches: rounded in cube coordinates."""
    u = (y - _ORIGIN[1]) / np.sqrt(3.0)
    v = (x - _ORIGIN[0]) / 2.0 + u / 2.0
    # In the axes (u, v) neighbours are +-(1, 0), +-(0, 1), +-(1, 1); the third cube axis is v - u.
    near_u, near_v = np.rint(u), np.rint(v)
    near_w = np.rint(v - u)
    torn = np.flatnonzero(near_v - near_u != near_w)
    if torn.size:
        near_u[torn], near_v[torn] = _mend(
            u[torn], v[torn], near_u[torn], near_v[torn], near_w[torn]
        )
    return near_u.astype(np.int64), near_v.astype(np.int64)


def _mend(u: Floats, v: Floats, near_u: Floats, near_v: Floats, near_w: Floats) -> list[Floats]:
    """Restore v - u = w where rounding broke it: the axis that was rounded most gives way."""
    miss_u, miss_v, miss_w = abs(near_u - u), abs(near_v - v), abs(near_w - (v - u))
    fix_u = (miss_u > miss_v) & (miss_u > miss_w)
    fix_v = ~fix_u & (miss_v > miss_w)
    mended = np.where(fix_u, near_v - near_w, near_u)
    return [mended, np.where(fix_v, mended + near_w, near_v)]
