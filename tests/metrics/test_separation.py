"""Kinds of events are told apart as well as their figures allow, and no better."""

import numpy as np
import pytest
from scipy.special import ndtr

from asicae.foundation.errors import BadInput
from asicae.metrics.separation import separation


def test_normal_figures_are_told_apart_as_theory_says() -> None:
    """Two figures, 1 and 2 standard deviations apart, correlated: d^2 of Mahalanobis, by hand."""
    rng = np.random.default_rng(1)
    mixed = np.array([[1.0, 0.0], [0.6, 0.8]])
    first = rng.standard_normal((4000, 2)) @ mixed.T + (1.0, 2.0)
    second = rng.standard_normal((3000, 2)) @ mixed.T
    found = separation(first, second)
    # Covariance ((1, .6), (.6, 1)): d^2 = (1 + 4 - 2 * .6 * 2) / (1 - .36).
    distance = np.sqrt((5 - 2.4) / 0.64)
    assert found.area == pytest.approx(ndtr(distance / np.sqrt(2)), abs=4 * found.error)
    assert found.others == pytest.approx(1 - ndtr(distance - 1.6449), abs=0.03)
    assert 0.001 < found.error < 0.005
    # One of the figures alone tells less.
    assert separation(first[:, :1], second[:, :1]).area < found.area - 0.05


def test_events_of_one_kind_are_not_told_apart() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.standard_normal((2, 40, 12))  # many figures, few events
    found = separation(first, second)
    assert abs(found.area - 0.5) < 3 * found.error
    same = np.ones((30, 3))  # figures that never differ
    assert separation(same, same).area == 0.5
    apart = np.concatenate([same, np.arange(90).reshape(30, 3)])
    assert separation(apart[:30], apart[30:] + 5).area > 0.9
    with pytest.raises(BadInput, match="19 events of a kind, 20 are needed"):
        separation(first, second[:19])
