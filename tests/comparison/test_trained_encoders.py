"""Which encoders stand for the modules of a class."""

import pytest

from asicae.comparison.links_record import EncoderOrigin
from asicae.comparison.trained_encoders import (
    TrainedEncoders,
    by_class,
    hybrid_origins,
    most_below,
)
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from tests.support.true_hybrid import with_hybrids


def encoders(module_class: int | None, seed: int | None = 11) -> TrainedEncoders:
    origin = EncoderOrigin(
        network="small", own_readouts=seed is None, module_class=module_class, seed=seed
    )
    return TrainedEncoders(Network.preset("small"), {}, origin)


def test_those_of_the_class_and_else_those_of_all() -> None:
    dense, every = encoders(7), encoders(None)
    assert by_class((dense, every), (7, 5), 1) == {7: dense, 5: every}
    assert by_class((), (5,), 1) == {}
    with pytest.raises(BadInput, match=r"^runs: two are trained on class 7, allowed is one$"):
        by_class((dense, every, encoders(7)), (5,), 1)
    with pytest.raises(BadInput, match=r"^runs: none is trained on modules of 5 links"):
        by_class((dense,), (5,), 1)


def test_hybrid_choice_is_of_the_run_of_the_class() -> None:
    """A run of the class without it has none, though that of all modules does."""
    dense, every = encoders(7), with_hybrids(1, 2)
    assert [list(each.hybrids) for each in by_class((dense, every), (7, 5), 1).values()] == [
        [],
        [1, 2],
    ]
    used = by_class((with_hybrids(2, module_class=7), every), (7, 5, 3), 1)
    assert [(each.network, each.module_class) for each in hybrid_origins(used)] == [
        ("hybrid_2", 7),
        ("hybrid_1", None),
        ("hybrid_2", None),
    ]
    assert [most_below((1, 2), links) for links in (1, 2, 11)] == [1, 2, 2]
    assert most_below((2,), 1) == 2


def test_none_is_judged_on_the_events_that_it_was_trained_on() -> None:
    dense, told = encoders(7), "^runs: one is trained on events of class 7 and seed 11, on which it"
    with pytest.raises(BadInput, match=told):
        by_class((dense,), (7,), 11)
    others = (dense, encoders(None)), (encoders(7, None),), (encoders(None),)
    assert [list(by_class(each, (5 if len(each) == 2 else 7,), 11)) for each in others] == [
        [5],
        [7],
        [7],
    ]
