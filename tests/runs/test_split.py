"""Modules of one event are never on both sides of a split."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.readout.readouts import Readouts
from asicae.runs.split import has_events, parts, shuffled
from asicae.source.simulate import SourceSettings, simulate


def of_events(numbers: list[int]) -> Readouts:
    """Modules of these events; the charge of the first cell is the row."""
    made = simulate(SourceSettings(events=len(numbers), seed=2), progress=False)
    calq = made.calq.copy()
    calq[:, 0] = np.arange(len(numbers))
    columns = vars(made) | {"calq": calq, "event": np.array(numbers)}
    return Readouts(**columns)


@pytest.mark.parametrize("seed", range(5))
def test_an_event_is_in_one_part(seed: int) -> None:
    generator = np.random.default_rng(seed)
    numbers = generator.integers(0, 60, 500).tolist()
    mixed = shuffled(of_events(numbers), seed)
    assert sorted(mixed.calq[:, 0]) == list(range(500))
    assert f"shuffled event by event with seed {seed}" in mixed.source
    train, validation, test = found = parts(mixed, 100, 120)
    events = [set(part.event.tolist()) for part in found]
    assert not events[0] & events[1] and not events[0] & events[2] and not events[1] & events[2]
    assert set.union(*events) == set(numbers)
    assert sum(map(len, found)) == 500
    # At least what was asked for, and less than one event more.
    largest = max(np.bincount(numbers))
    assert 100 <= len(validation) < 100 + largest and 120 <= len(test) < 120 + largest
    assert len(train) > 0
    again, other = shuffled(of_events(numbers), seed), shuffled(of_events(numbers), seed + 1)
    assert (again.calq == mixed.calq).all() and (other.calq != mixed.calq).any()


def test_unknown_events_are_split_module_by_module() -> None:
    one_unknown = of_events([1] * 299 + [-1])
    assert not has_events(one_unknown)
    mixed = shuffled(one_unknown, 3)
    assert "; shuffled with seed 3" in mixed.source
    assert list(map(len, parts(mixed, 100, 120))) == [80, 100, 120]


def test_events_that_leave_none_to_train_with_are_refused() -> None:
    with pytest.raises(BadInput, match=r"300 modules of 3 events, of which whole ones with 50 and"):
        parts(shuffled(of_events([1] * 100 + [2] * 100 + [3] * 100), 1), 50, 150)
    assert list(map(len, parts(of_events([1] * 100 + [2] * 100 + [3] * 100), 50, 50))) == [100] * 3
    with pytest.raises(BadInput, match="300 events, more than 300 are needed"):
        parts(of_events([1] * 300), 100, 200)
