"""Charge maps of frames that hold some cells and a sum: where the rest of the sum belongs.

Threshold Sum, Best Choice and Adaptive Choice send their largest cells and the sum of all or of the
others. The receiver knows how much charge it was not told the place of; spreading says where it
goes. Ways to do so are weights of the cells here; docs/compare.md says which is best when.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.transmitted import Transmitted
from asicae.module.geometry import CELL_UV, N_CELLS

Floats = npt.NDArray[np.float64]


def _steps() -> Floats:
    u, v = np.moveaxis(CELL_UV[:, None] - CELL_UV[None], -1, 0)
    # Neighbours differ by (1, 0), (0, 1) or (1, 1), in either sense.
    return np.asarray(np.abs([u, v, u - v]).max(axis=0), dtype=np.float64)


STEPS: Final = _steps()
"""Hexagonal distance of cells in AE order, float64[48, 48]: steps from neighbour to neighbour."""


def as_sent(known: Transmitted) -> Floats:
    """Map float64[n, 48], CALQ units, of the cells that were sent; the rest is dropped."""
    return known.charges.astype(np.float64)


def spread(known: Transmitted, weights: npt.ArrayLike = 1.0) -> Floats:
    """Map float64[n, 48], CALQ units: cells as they were sent, the rest over the others by weight.

    No other cell gets more than the smallest charge that was sent, because both algorithms send the
    largest cells (Threshold Sum as far as its threshold is the same for all cells), nor as much as
    the threshold. Rest that fits nowhere under this ceiling comes from the rounding of the codes
    and is left out.

    Args:
        known: of an algorithm that ``sends_rest``.
        weights: >= 0, broadcast to [n, 48] (AE order); only their ratios within an event count.
            An event whose cells that were not sent all have weight 0 is spread evenly.
    """
    open_cells = ~known.sent
    given = np.where(open_cells, np.broadcast_to(np.asarray(weights, float), open_cells.shape), 0.0)
    given = np.where(given.any(axis=1, keepdims=True), given, open_cells)
    rest = known.rest().astype(np.float64)
    ceiling = np.minimum(smallest_sent(known), rest)
    if known.most is not None:
        ceiling = np.minimum(ceiling, known.most)
    return as_sent(known) + _filled(given, rest, ceiling)


def nearness(sent: npt.NDArray[np.bool_], reach: float) -> Floats:
    """Weights float64[n, 48] that fall with the distance from the cells that were sent.

    Every sent cell adds exp(-steps / reach); where none was sent all weights are 0.

    Args:
        sent: bool[n, 48], AE order.
        reach: in cells, > 0.
    """
    return np.asarray(sent.astype(np.float64) @ np.exp(-STEPS / reach))


def smallest_sent(known: Transmitted) -> Floats:
    """Smallest charge of a sent cell, float64[n]; infinite where none was sent."""
    charges = np.where(known.sent, known.charges.astype(np.float64), np.inf)
    return np.asarray(charges.min(axis=1))


def _filled(weights: Floats, total: Floats, ceiling: Floats) -> Floats:
    """min(factor * weights, ceiling) [n, 48] with the factor [n] at which each row sums to total.

    Where all cells with weight are at the ceiling before that, they stay there.
    """
    falling = -np.sort(-weights, axis=1)
    # With the k heaviest cells at the ceiling the others share what is left by weight; the first k
    # at which the heaviest of the others stays below the ceiling is the solution.
    others = np.cumsum(falling[:, ::-1], axis=1)[:, ::-1]
    left = total[:, None] - np.arange(N_CELLS) * ceiling[:, None]
    factor = np.divide(left, others, out=np.full_like(left, np.inf), where=others > 0)
    room = falling > 0
    fits = room & (np.where(room, factor, 0.0) * falling <= ceiling[:, None])
    first = fits.argmax(axis=1)
    chosen = np.where(fits.any(axis=1), factor[np.arange(len(first)), first], np.inf)
    product = np.where(weights > 0, weights, 1.0) * chosen[:, None]
    return np.where(weights > 0, np.minimum(product, ceiling[:, None]), 0.0)
