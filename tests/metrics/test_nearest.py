"""The nearest of many reconstructions is that of the smallest mean distance, with few measured."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.metrics import nearest
from asicae.metrics.distances import emd_of_many
from asicae.metrics.nearest import nearest_of


def _events(seed: int, events: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Charges, some events of which are empty, and maps that differ from them more and less."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 500, (events, 48)) * (rng.random((events, 48)) < 0.3)
    true[::7] = 0
    rest = np.where(true > 300, 0, true).sum(axis=1, keepdims=True)
    sent = np.where(true > 300, true, 0)
    weights = [rng.random(48) ** power for power in (0, 0.05, 0.5, 2)]
    maps = [sent + rest * each / each.sum() for each in weights]
    maps += [sent + 1e-3, np.where(np.arange(events)[:, None] % 2, maps[0], maps[1])]
    for each in maps:
        each[true.any(axis=1) & ~each.any(axis=1), 0] = 1
        each[~true.any(axis=1)] = 0
    return true, [*maps, maps[0], *maps[::-1]]


def _argmin(true: np.ndarray, maps: list[np.ndarray]) -> int:
    return int(np.argmin([each.mean for each in emd_of_many(true, maps)]))


def test_it_is_the_first_of_the_smallest_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    """With so small blocks most are given up, and some taken up again, at the border of one."""
    monkeypatch.setattr(nearest, "_BLOCK", 5)
    real, measured, wrong = nearest.transport_and_potentials, [0], []

    def counted(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        measured[0] += len(rows)
        return real(rows)

    def proves_too_much(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        costs, potentials = real(rows)
        return costs, 1.5 * potentials

    every = 0
    for seed in range(8):
        true, maps = _events(seed, 60)
        maps = [*maps[seed % 5 :], *maps[: seed % 5]]
        wanted = _argmin(true, maps)
        every += int(true.any(axis=1).sum()) * len({each.tobytes() for each in maps})
        monkeypatch.setattr(nearest, "transport_and_potentials", counted)
        assert nearest_of(true, maps) == wanted
        monkeypatch.setattr(nearest, "transport_and_potentials", proves_too_much)
        wrong.append(nearest_of(true, maps) != wanted)
    assert measured[0] < every / 2
    assert any(wrong)


def test_what_has_no_distance_is_refused() -> None:
    true, maps = _events(1, 8)
    assert nearest_of(true, maps[:1]) == 0
    for reference, many in ((true, []), (np.zeros((8, 48)), maps)):
        with pytest.raises(BadInput, match="nearest: no reconstruction or no event with charge"):
            nearest_of(reference, many)
    lacking = maps[2].copy()
    lacking[3] = 0
    with pytest.raises(BadInput, match="nearest: reconstruction 2 of event 3 has no charge"):
        nearest_of(true, [*maps[:2], lacking])
