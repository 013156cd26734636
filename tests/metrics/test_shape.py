"""The look of a shower: known maps have known centres, widths and hottest cells."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.metrics.shape import shape
from asicae.module.geometry import CENTRES


def one(*cells: tuple[int, float]) -> np.ndarray:
    image = np.zeros(48)
    for cell, charge in cells:
        image[cell] += charge
    return image


def test_charge_that_moves_moves_the_centre_as_far() -> None:
    truth = [one((3, 8.0)), one((3, 6.0), (20, 2.0))]
    moved = [one((9, 4.0)), one((3, 2.0), (20, 6.0))]
    found = shape(truth, moved)
    away = np.linalg.norm(CENTRES[3] - CENTRES[[9, 20]], axis=1)
    assert found.charge.tolist() == [8.0, 8.0]
    assert found.found.tolist() == [False, False]
    assert found.hottest.tolist() == [0.0, pytest.approx(1 / 3)]
    assert found.centroid == pytest.approx([away[0], away[1] / 2])
    # Two points at a distance d with shares 1/4 and 3/4: the width is d sqrt(3) / 4, either way.
    assert found.width == pytest.approx([0.0, 0.0], abs=1e-12)
    flat = shape(truth[1:], [one((3, 1.0), (20, 1.0))])
    assert flat.width == pytest.approx([away[1] * (0.5 - 3**0.5 / 4)])
    assert flat.found.tolist() == [True]  # of equal ones the lowest


def test_a_cell_as_hot_as_the_hottest_is_one() -> None:
    truth = one((3, 5.0), (20, 5.0), (30, 1.0))
    assert shape([truth], [one((20, 1.0))]).found.tolist() == [True]
    assert shape([truth], [one((30, 1.0))]).found.tolist() == [False]


def test_a_map_of_itself_has_no_error_and_empty_ones_are_left_out() -> None:
    truth = np.random.default_rng(4).integers(0, 9, (50, 48)).astype(float)
    truth[7] = 0
    found = shape(truth, 3 * truth)
    assert len(found) == 49 and found.found.all()
    assert found.hottest == pytest.approx(3.0)
    assert np.abs([found.centroid, found.width]).max() < 1e-12
    with pytest.raises(BadInput, match="shape: 50 reference and 49 reconstructed events"):
        shape(truth, truth[1:])
