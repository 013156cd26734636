"""Ground metric and exact transport; several processes give what one gives."""

import numpy as np
import pytest

from asicae.foundation.errors import CheckFailed
from asicae.metrics import distances
from asicae.metrics.distances import emd, emd_of_many
from asicae.metrics.transport import (
    exact_solver,
    ground_distances,
    transport,
    transport_and_potentials,
)
from asicae.metrics.transport_process import share_out


def _images(seed: int, events: int = 40) -> np.ndarray:
    generator = np.random.default_rng(seed)
    charge = generator.integers(0, 500, (events, 48))
    return charge * (generator.random((events, 48)) < generator.random((events, 1)))


def test_emd_equals_the_full_transport_problem() -> None:
    reference, decoded = _images(1), _images(2)
    reference[:, 0] += 1
    decoded[:, 1] += 1
    exact_solver()  # loads POT without the tensor libraries that are there
    from ot import emd2

    ground = ground_distances()
    full = [emd2(a / a.sum(), b / b.sum(), ground) for a, b in zip(reference, decoded, strict=True)]
    result = emd(reference, decoded * 3.5)
    np.testing.assert_allclose(result.values, full, rtol=1e-9, atol=1e-12)
    assert result.excluded == 0
    # The comparison can fail: another image has another distance.
    assert not np.isclose(emd(reference[:1], decoded[1:2]).mean, full[0])


def test_potentials_prove_the_costs() -> None:
    """No cell's differs from another's by more than their distance, and none proves too much."""
    images = _images(6) + np.eye(48)[0], _images(7) + np.eye(48)[1]
    first, second = (image / image.sum(axis=1, keepdims=True) for image in images)
    differences = np.concatenate([first - second, np.zeros((1, 48))])
    costs, potentials = transport_and_potentials(differences)
    assert np.array_equal(costs, transport(differences))
    steps = np.abs(potentials[:, :, None] - potentials[:, None]) - ground_distances()
    assert steps.max() < 1e-9
    np.testing.assert_allclose((potentials * differences).sum(axis=1), costs, atol=1e-12)
    others = np.roll(differences[:-1], 1, axis=0)
    proven = np.abs((potentials[:-1] * others).sum(axis=1))
    assert np.all(proven <= np.roll(costs[:-1], 1) + 1e-12) and proven.max() > 0.5


def test_what_pot_does_not_call_optimal_is_no_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asicae.metrics.transport._ITERATIONS", 1)
    images = _images(1) + np.eye(48)[0], _images(2) + np.eye(48)[1]
    first, second = (image / image.sum(axis=1, keepdims=True) for image in images)
    for measure in (transport, transport_and_potentials):
        with pytest.raises(CheckFailed, match=r"^optimal transport: POT ends with 3, an optimal"):
            measure(first - second)


def test_emd_of_known_images() -> None:
    ground = ground_distances()
    assert np.isclose(np.sort(ground[ground > 0])[0], 2.0)
    single = np.eye(48)
    result = emd(single, np.roll(single, 1, axis=0))
    np.testing.assert_allclose(result.values, ground[np.arange(48), np.arange(48) - 1])
    assert emd(single, single * 7).values.max() == 0.0


def test_several_processes_give_the_same_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    calq = _images(3, 101)
    calq[:, 0] += 1
    images = [calq + 1.0, np.roll(calq, 1, axis=1) + 0.0, calq + 0.0]
    images[1][7] = 0  # without a distance
    one = emd_of_many(calq, images)
    shares = []

    def counted(difference: np.ndarray, processes: int) -> np.ndarray:
        shares.append((len(difference), processes))
        return share_out(difference, processes)

    monkeypatch.setattr(distances, "share_out", counted)
    monkeypatch.setattr(distances, "EVENTS_PER_PROCESS", 50)
    for alone, shared in zip(one, emd_of_many(calq, images, 2), strict=True):
        np.testing.assert_array_equal(alone.values, shared.values)
        np.testing.assert_array_equal(alone.kept, shared.kept)
    assert shares == [(200, 2)]  # rows without a difference are all alike
    assert one[1].excluded == 1
    result = emd(calq, images[0])
    assert result.error == pytest.approx(np.std(result.values, ddof=1) / np.sqrt(101))


def test_images_that_are_alike_are_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reference, first, second = _images(3), _images(4), _images(5)
    mixed = np.where(np.arange(len(first))[:, None] % 2, first, second)
    alone = [emd(reference, image) for image in (first, second, mixed)]
    rows = []
    real = distances.transport
    monkeypatch.setattr(distances, "transport", lambda d: rows.append(len(d)) or real(d))
    found = emd_of_many(reference, [first, second, mixed, first])
    for one, other in zip(found, [*alone, alone[0]], strict=True):
        assert np.array_equal(one.values, other.values)
        assert np.array_equal(one.kept, other.kept)
    assert rows == [found[0].kept.sum() + found[1].kept.sum()]
    assert emd_of_many(np.zeros((2, 48)), [np.zeros((2, 48))])[0].values.size == 0
