"""Response and resolution of the module sum and of the hottest cell."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.metrics.response import energy_scale, hottest_cell_ratios, hottest_cell_scale


def test_energy_scale() -> None:
    reference = np.ones((3, 48))
    reference[2] = 0
    scale = energy_scale(reference, reference * [[0.5], [1.5], [9.0]])
    assert (scale.response, scale.resolution) == (1.0, 0.5)


def test_hottest_cell_scale() -> None:
    truth = np.zeros((3, 48))
    truth[0, 4], truth[1, 5] = 10, 20
    decoded = truth * [[0.5], [1.5], [1.0]]
    scale = hottest_cell_scale(truth, decoded)
    assert (scale.response, scale.resolution) == (1.0, 0.5)
    assert hottest_cell_ratios(truth, decoded).tolist() == [0.5, 1.5]


def test_no_charge_is_no_scale() -> None:
    for scale in (energy_scale, hottest_cell_scale):
        with pytest.raises(BadInput, match="energy scale: no event with charge"):
            scale(np.zeros((2, 48)), np.ones((2, 48)))
