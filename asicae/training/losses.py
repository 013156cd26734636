"""Training losses on module images: telescope and debiased Sinkhorn divergence."""

from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.metrics.transport import ground_distances
from asicae.module.geometry import AE_FROM_SIMULATION, N_CELLS, SIMULATION_FROM_AE
from asicae.training.backend import tf

SINKHORN_ITERATIONS = 20
SINKHORN_EPSILON = 0.6
"""Entropic regularisation in half trigger-cell pitches (adjacent cells = 2.0)."""

TELESCOPE_WEIGHTS = (4.0, 2.0, 1.0)
"""Weights of cells, super cells and 16-cell sums in the telescope loss."""


def super_cells() -> npt.NDArray[np.int64]:
    """The 36 overlapping 2x2 super cells of the telescope loss, int64[36,4] in AE order.

    In the simulation numbering a module is three 4x4 blocks (16b + 4 row + column), each a third of
    the hexagon: nine 2x2 windows a block (tiling, shifted, diagonal) and, across each border, three
    between row 0 of a block and the last column of the next, which runs the other way.
    """
    number = np.arange(N_CELLS).reshape(3, 4, 4)
    found = []
    for block in range(3):
        cells = number[block]
        found += [cells[r : r + 2, c : c + 2].ravel() for r in range(3) for c in range(3)]
        edge, opposite = cells[0], number[(block + 1) % 3, ::-1, 3]
        found += [np.concatenate([edge[i : i + 2], opposite[i : i + 2]]) for i in range(3)]
    return np.asarray(SIMULATION_FROM_AE[np.array(found)])


def super_cell_weights(cells: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Weights of super cells such that every trigger cell counts alike, float64[36], sum 12.

    A cell that lies in m super cells lends each of them 1/m; the sum is divided by 4, the cells of
    a super cell.
    """
    membership = np.bincount(cells.ravel(), minlength=N_CELLS)
    return np.asarray((1.0 / membership)[cells].sum(axis=1) / 4)


def block_sums() -> npt.NDArray[np.float32]:
    """Matrix [48,3] that sums the three 16-cell blocks of the simulation numbering, AE order."""
    return np.asarray(AE_FROM_SIMULATION[:, None] // 16 == np.arange(3), dtype=np.float32)


def telescope(target: Any, predicted: Any) -> Any:
    """Telescope loss per event (arXiv:2105.01683): cells, 2x2 super cells and 16-cell sums.

    L = 4 L1 + 2 L2 + L3 with Lk = mean((y - y')^2 max(y, y') w).

    Args:
        target: float32[n,48] images of unit sum, AE order.
        predicted: float32[n,48] likewise.

    Returns:
        float32[n]. Images are taken in units of the mean cell (1/48), so that the loss is of
        order one.
    """
    cells = super_cells()
    grouping = np.zeros((N_CELLS, len(cells)), dtype=np.float32)
    grouping[cells, np.arange(len(cells))[:, None]] = 1
    levels = (
        (np.eye(N_CELLS, dtype=np.float32), np.ones(N_CELLS)),
        (grouping, super_cell_weights(cells)),
        (block_sums(), np.ones(3)),
    )
    total = 0.0
    for factor, (matrix, weights) in zip(TELESCOPE_WEIGHTS, levels, strict=True):
        y, z = tf.matmul(N_CELLS * target, matrix), tf.matmul(N_CELLS * predicted, matrix)
        terms = tf.square(y - z) * tf.maximum(y, z) * tf.constant(weights, tf.float32)
        total += factor * tf.reduce_mean(terms, axis=-1)
    return total


def sinkhorn_self(image: Any) -> Any:
    """Entropic transport of an image to itself, float32[n]; twice what debiasing subtracts.

    Args:
        image: float32[n,48] of unit sum, AE order.
    """
    return 2.0 * tf.reduce_sum(_self_potential(image) * image, axis=-1)


def sinkhorn(target: Any, predicted: Any, target_self: Any) -> Any:
    """Debiased Sinkhorn divergence per event, in half trigger-cell pitches (adjacent cells = 2.0).

    S = OT(y', y) - OT(y', y') / 2 - OT(y, y) / 2 (Feydy et al., arXiv:1810.08278) with the distance
    between cell centres as cost, 20 iterations and epsilon 0.6. The kernel spans e^-24..1, which
    float32 holds without the logarithmic domain.

    The gradient is the difference of the dual potentials (envelope theorem), so nothing is
    propagated back through the iterations.

    Args:
        target: float32[n,48] images of unit sum.
        predicted: float32[n,48] likewise; the gradient goes here.
        target_self: float32[n], ``sinkhorn_self(target)``: constant, so computed once a data set.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def divergence(image: Any) -> tuple[Any, Any]:
        to_target, from_image = _pair_potentials(image, target)
        own = _self_potential(image)
        value = tf.reduce_sum(image * (to_target - own) + target * from_image, axis=-1)

        def gradient(upstream: Any) -> Any:
            return upstream[:, None] * (to_target - own)

        return value - target_self / 2, gradient

    return divergence(predicted)


def _kernel() -> Any:
    return tf.constant(np.exp(-ground_distances() / SINKHORN_EPSILON), tf.float32)


def _pair_potentials(image: Any, target: Any) -> tuple[Any, Any]:
    kernel = _kernel()  # symmetric, so it serves both directions
    at_image = at_target = tf.ones_like(image)  # exp(potential / epsilon)
    for _ in range(SINKHORN_ITERATIONS):
        at_target = 1.0 / tf.matmul(image * at_image, kernel)
        at_image = 1.0 / tf.matmul(target * at_target, kernel)
    return SINKHORN_EPSILON * tf.math.log(at_image), SINKHORN_EPSILON * tf.math.log(at_target)


def _self_potential(image: Any) -> Any:
    kernel = _kernel()
    scale = tf.ones_like(image)
    for _ in range(SINKHORN_ITERATIONS):
        # The geometric mean of old and new converges where the plain symmetric update oscillates.
        scale = tf.sqrt(scale / tf.matmul(image * scale, kernel))
    return SINKHORN_EPSILON * tf.math.log(scale)
