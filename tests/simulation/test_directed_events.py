import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from asicae.foundation.errors import BadInput, CheckFailed
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.ops.dense import Dense
from asicae.network.weights import Weights
from asicae.simulation import directed_events
from asicae.simulation.regression.verify import verify
from tests.judges import exact_reference

SMALL = Network.preset("small")
WEIGHTS = Weights.random(SMALL, 3)


def test_corner_events_hold_the_directed_ones() -> None:
    events = directed_events.corner_events()
    assert events.min() == 0
    assert events.max() == directed_events.CALQ_MAX
    assert (events.sum(axis=1) == 0).any()
    assert (events == directed_events.CALQ_MAX).all(axis=1).any()
    single = events[(events > 0).sum(axis=1) == 1]
    assert set(single.argmax(axis=1)) == set(range(48))


def test_search_reaches_saturation_and_ties() -> None:
    weights = directed_events.stress_weights(SMALL, 3)
    calq = directed_events.with_directed(
        Encoder(SMALL, weights), np.zeros((1, 48), dtype=np.int32), seed=1
    )
    reached = directed_events.coverage(Encoder(SMALL, weights), calq)
    assert not directed_events.missing_goals(SMALL, reached)
    empty = directed_events.coverage(Encoder(SMALL, weights), np.zeros((5, 48), dtype=np.int32))
    assert directed_events.missing_goals(SMALL, empty) == ["a tie in conv"]
    none = {plan.name: directed_events.Coverage(0, 0) for plan in SMALL.plans}
    assert directed_events.missing_goals(SMALL, none)[-1] == "a saturated latent"


def _one_layer(kind: FixedPoint, relu: bool) -> Network:
    dense = Dense(
        name="dense",
        units=2,
        weight=FixedPoint(4, 2),
        bias=FixedPoint(5, 3),
        output=kind,
        relu=relu,
    )
    codes = FixedPoint.parse("fixed<6,1,RND_CONV,WRAP>")
    return Network(name="one", arrangement="flat", input=codes, layers=(dense,))


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("relu", [False, True])
def test_goals_of_every_mode_equal_unlimited_integers(signed: bool, relu: bool) -> None:
    calq = directed_events._random_events(np.random.default_rng(6))[:100]
    reached = Counter[str]()
    for rounding, overflow in itertools.product(Rounding, Overflow):
        kind = FixedPoint(4, 1, signed, rounding, overflow)
        network = _one_layer(kind, relu)
        weights = Weights.random(network, 5)
        codes = [exact_reference.codes(row, network.input) for row in calq.tolist()]
        found = Counter[str]()
        for row in codes:
            found += exact_reference.trace(Encoder(network, weights), row)[0].reached()
        low_counts = overflow is Overflow.WRAP or (signed and not relu)
        below = found[f"{overflow} below"] if low_counts else 0
        coverage = directed_events.coverage(Encoder(network, weights), calq)["dense"]
        assert coverage.saturations == found[f"{overflow} above"] + below
        ties = [f"tie {rounding} {side} zero" for side in ("above", "below")]
        assert coverage.ties <= sum(found[tie] for tie in ties)
        assert (coverage.ties == 0) == rounding.truncates
        assert not directed_events.missing_goals(network, {"dense": coverage})
        reached += found
    assert reached["tie RND_ZERO below zero"] and reached["inexact TRN_ZERO below zero"]
    assert reached["WRAP below"]


def test_what_no_accumulator_reaches_is_not_asked_for() -> None:
    network = _one_layer(FixedPoint.parse("fixed<16,12,TRN_ZERO,SAT>"), relu=False)
    assert directed_events.missing_goals(network, {"dense": directed_events.Coverage(0, 0)}) == []


def test_too_few_events_are_refused(tmp_path: Path) -> None:
    calq = np.zeros((10, 48), dtype=np.int32)
    with pytest.raises(BadInput, match="found 10 events, 11"):
        verify(SMALL, [("a", WEIGHTS)], calq, tmp_path, tmp_path / "out", events=11)
    with pytest.raises(BadInput, match="at least one"):
        verify(SMALL, [], calq, tmp_path, tmp_path / "out", events=10)
    with pytest.raises(BadInput, match="export-rtl"):
        verify(SMALL, [("a", WEIGHTS)], calq, tmp_path, tmp_path / "out", events=10)


def test_weights_that_give_zeros_prove_nothing(tmp_path: Path) -> None:
    arrays = {name: np.zeros_like(array) for name, array in WEIGHTS.arrays.items()}
    zeros = Weights.checked(SMALL, arrays)
    calq = np.ones((10, 48), dtype=np.int32)
    with pytest.raises(CheckFailed, match="are not zero"):
        verify(SMALL, [("a", zeros)], calq, tmp_path, tmp_path / "out", events=10)
