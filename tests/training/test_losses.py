"""Losses: their definitions, what debiasing leaves, and that gradients predict changes."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.metrics.transport import ground_distances
from asicae.training import losses
from asicae.training.backend import tf


def _random_images(seed: int, events: int = 6) -> np.ndarray:
    charge = np.random.default_rng(seed).exponential(size=(events, 48)) ** 3
    return (charge / charge.sum(axis=1, keepdims=True)).astype(np.float32)


def test_super_cells_count_every_cell_alike() -> None:
    cells = losses.super_cells()
    assert cells.shape == (36, 4)
    assert len({tuple(sorted(row)) for row in cells.tolist()}) == 36
    # Each is a rhombus of the hexagonal lattice: five of its six distances are one cell.
    distances = ground_distances()
    for row in cells:
        pairs = distances[np.ix_(row, row)][np.triu_indices(4, 1)]
        assert np.isclose(pairs, 2.0).sum() == 5 or np.isclose(pairs, 2.0).sum() == 4
    membership = np.bincount(cells.ravel(), minlength=48)
    assert np.bincount(membership).tolist() == [0, 3, 18, 3, 24]
    assert losses.super_cell_weights(cells).sum() == pytest.approx(12)


def test_telescope_equals_its_definition() -> None:
    y, z = 48 * _random_images(1), 48 * _random_images(2)
    cells = losses.super_cells()
    weights = losses.super_cell_weights(cells)
    blocks = losses.block_sums().astype(bool).T
    expected = []
    for a, b in zip(y.astype(np.float64), z.astype(np.float64), strict=True):
        groups = ([[k] for k in range(48)], cells, [np.flatnonzero(block) for block in blocks])
        levels = []
        for level, group in enumerate(groups):
            terms = [
                (a[g].sum() - b[g].sum()) ** 2
                * max(a[g].sum(), b[g].sum())
                * (weights[i] if level == 1 else 1)
                for i, g in enumerate(group)
            ]
            levels.append(np.mean(terms))
        expected.append(4 * levels[0] + 2 * levels[1] + levels[2])
    found = np.asarray(losses.telescope(y / 48, z / 48))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_sinkhorn_is_debiased_and_its_gradient_is_its_own() -> None:
    target, image = tf.constant(_random_images(3)), tf.constant(_random_images(4))
    own = losses.sinkhorn_self(target)
    np.testing.assert_allclose(losses.sinkhorn(target, target, own), 0, atol=2e-3)
    point = tf.constant(np.eye(48, dtype=np.float32))
    moved = losses.sinkhorn(point, tf.roll(point, 1, 0), losses.sinkhorn_self(point))
    np.testing.assert_allclose(
        moved, ground_distances()[np.arange(48), np.arange(48) - 1], atol=1e-3
    )
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = losses.sinkhorn(target, image, own)
    gradient = np.asarray(tape.gradient(value, image))
    # Shift 5 % of each cell's share, up or down: the derivative must predict the change.
    tilt = np.random.default_rng(5).choice([-1.0, 1.0], image.shape)
    tilt -= (tilt * image).numpy().sum(axis=1, keepdims=True)
    step = (0.05 * tilt * image).numpy().astype(np.float32)
    up, down = (losses.sinkhorn(target, image + sign * step, own) for sign in (1, -1))
    change = np.asarray(up) - np.asarray(down)
    np.testing.assert_allclose(2 * (gradient * step).sum(axis=1), change, rtol=0.1, atol=3e-3)
