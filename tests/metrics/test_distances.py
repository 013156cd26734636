"""Metrics: honest handling of empty events, bad charges, no TensorFlow."""

import subprocess
import sys

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.metrics.distances import emd
from asicae.metrics.images import mean_image


def test_events_without_charge_are_counted_and_never_averaged() -> None:
    reference, decoded = np.ones((4, 48)), np.ones((4, 48))
    reference[0], decoded[1] = 0, 0
    decoded[2, 5] = 9
    result = emd(reference, decoded)
    assert result.excluded == 2
    assert result.kept.tolist() == [False, False, True, True]
    assert result.mean == pytest.approx(result.values[0] / 2)
    assert np.isnan(emd(np.zeros((2, 48)), decoded[:2]).mean)


def test_mean_image() -> None:
    image = mean_image(np.array([[4] + [0] * 47, [0] * 48, [0, 10] + [0] * 46]))
    assert image[:2].tolist() == [0.5, 0.5]
    assert image.sum() == 1.0


@pytest.mark.parametrize("broken", [np.ones((2, 47)), -np.ones((2, 48)), np.full((2, 48), np.nan)])
def test_bad_charges_are_refused(broken: np.ndarray) -> None:
    with pytest.raises(BadInput):
        emd(np.ones((2, 48)), broken)
    with pytest.raises(BadInput):
        mean_image(broken)


def test_metrics_and_settings_need_no_tensorflow() -> None:
    program = (
        "import sys, numpy; from asicae.metrics import distances; from asicae.training import "
        "settings; distances.emd(numpy.eye(48), numpy.eye(48)[::-1]);"
        "sys.exit(any(m.split('.')[0] in ('tensorflow', 'keras', 'qkeras') for m in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
