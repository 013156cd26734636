"""What a run says its encoders were trained on."""

from typing import Any

import pytest

from asicae.comparison.links_record import EncoderOrigin
from asicae.network.description import Network
from asicae.runs.settings import RunSettings
from asicae.runs.trained_encoders import origin_of


@pytest.mark.parametrize(
    ("given", "own_readouts", "module_class", "seed"),
    [
        ({"source": {"events": 20_000, "seed": 7}}, False, None, 7),
        ({"source": {"events": 20_000, "seed": 7}, "class": "dense"}, False, 7, 7),
        ({"data": "mine.npz"}, True, None, None),
        ({"data": "mine.npz", "class": "5"}, True, 5, None),
    ],
    ids=["mixture", "class", "own", "class of own"],
)
def test_origin(
    given: dict[str, Any], own_readouts: bool, module_class: int | None, seed: int | None
) -> None:
    found = origin_of(Network.preset("small"), RunSettings.load(None, given))
    assert found == EncoderOrigin(
        network="small", own_readouts=own_readouts, module_class=module_class, seed=seed
    )
    assert (
        found.words
        == {
            (False, None): "small trained on modules of all classes",
            (False, 7): "small trained on modules of class 7",
            (True, None): "small trained on given readouts",
            (True, 5): "small trained on given readouts, modules of class 5",
        }[own_readouts, module_class]
    )
