"""Metrics: exact transport, honest handling of empty events, no TensorFlow."""

import subprocess
import sys

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.metrics import distances as metrics


def _images(seed: int, events: int = 40) -> np.ndarray:
    generator = np.random.default_rng(seed)
    charge = generator.integers(0, 500, (events, 48))
    return charge * (generator.random((events, 48)) < generator.random((events, 1)))


def test_emd_equals_the_full_transport_problem() -> None:
    reference, decoded = _images(1), _images(2)
    reference[:, 0] += 1
    decoded[:, 1] += 1
    emd2, distances = metrics._exact_transport(), metrics.ground_distances()
    full = [
        emd2(a / a.sum(), b / b.sum(), distances) for a, b in zip(reference, decoded, strict=True)
    ]
    result = metrics.emd(reference, decoded * 3.5)
    np.testing.assert_allclose(result.values, full, rtol=1e-9, atol=1e-12)
    assert result.excluded == 0
    # The comparison can fail: another image has another distance.
    assert not np.isclose(metrics.emd(reference[:1], decoded[1:2]).mean, full[0])


def test_emd_of_known_images() -> None:
    distances = metrics.ground_distances()
    assert np.isclose(np.sort(distances[distances > 0])[0], 2.0)
    single = np.eye(48)
    result = metrics.emd(single, np.roll(single, 1, axis=0))
    np.testing.assert_allclose(result.values, distances[np.arange(48), np.arange(48) - 1])
    assert metrics.emd(single, single * 7).values.max() == 0.0


def test_events_without_charge_are_counted_and_never_averaged() -> None:
    reference, decoded = np.ones((4, 48)), np.ones((4, 48))
    reference[0], decoded[1] = 0, 0
    decoded[2, 5] = 9
    result = metrics.emd(reference, decoded)
    assert result.excluded == 2
    assert result.kept.tolist() == [False, False, True, True]
    assert result.mean == pytest.approx(result.values[0] / 2)
    assert np.isnan(metrics.emd(np.zeros((2, 48)), decoded[:2]).mean)


def test_energy_scale_and_mean_image() -> None:
    reference = np.ones((3, 48))
    reference[2] = 0
    scale = metrics.energy_scale(reference, reference * [[0.5], [1.5], [9.0]])
    assert (scale.response, scale.resolution) == (1.0, 0.5)
    image = metrics.mean_image(np.array([[4] + [0] * 47, [0] * 48, [0, 10] + [0] * 46]))
    assert image[:2].tolist() == [0.5, 0.5]
    assert image.sum() == 1.0


@pytest.mark.parametrize("broken", [np.ones((2, 47)), -np.ones((2, 48)), np.full((2, 48), np.nan)])
def test_bad_charges_are_refused(broken: np.ndarray) -> None:
    with pytest.raises(BadInput):
        metrics.emd(np.ones((2, 48)), broken)
    with pytest.raises(BadInput):
        metrics.mean_image(broken)


def test_metrics_and_settings_need_no_tensorflow() -> None:
    program = (
        "import sys, numpy; from asicae.training import metrics, settings;"
        "metrics.emd(numpy.eye(48), numpy.eye(48)[::-1]);"
        "sys.exit(any(m.split('.')[0] in ('tensorflow', 'keras', 'qkeras') for m in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
