"""Axes: what is there is found by name, what is not is refused with the nearest that is."""

import pytest

from asicae.chip.microarchitectures import configuration_of
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.scan.axes import Axis, checked_axes
from asicae.scan.grid import Grid

SMALL = Network.preset("small")


def grid(*vary: str, name: str | None = None, **given: object) -> Grid:
    return Grid.checked(SMALL, name, given, vary, seed=1)


def test_values_are_split_outside_of_types_and_ranges_are_whole_numbers() -> None:
    assert Axis.parse("a.weight=fixed<6,1>, ufixed<3,0,RND,SAT>").values == (
        "fixed<6,1>",
        "ufixed<3,0,RND,SAT>",
    )
    assert Axis.parse("latents=3..5,9").values == ("3", "4", "5", "9")


def test_every_combination_is_a_point_and_the_last_axis_is_fastest() -> None:
    points = grid("conv.filters=1,2", "latents=4,8", "barrier=off,on").points()
    found = []
    for point in points:
        assert point.chip is not None
        network = point.chip.network
        found.append((network.plans[0].channels, network.latents, point.chip.configuration.barrier))
    assert found == [(f, u, b) for f in (1, 2) for u in (4, 8) for b in (False, True)]
    assert [point.choices["latents"] for point in points[:3]] == ["4", "4", "8"]


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ("dense.weight=fixed<4,2>", ["fixed<6,1>", "fixed<4,2>"]),
        ("weight=fixed<4,2>", ["fixed<4,2>", "fixed<4,2>"]),
        ("weight_bits=5", ["fixed<5,1>", "fixed<5,1>"]),
        ("conv.weight_bits=5", ["fixed<5,1>", "fixed<6,1>"]),
    ],
)
def test_types_change_in_one_layer_or_in_all(axis: str, expected: list[str]) -> None:
    (point,) = grid(axis).points()
    assert point.chip is not None
    assert [str(layer.weight) for layer in point.chip.network.layers] == expected


def test_geometry_and_input() -> None:
    (point,) = grid("conv.kernel=2x3", "padding=valid", "input_bits=5", "relu=off").points()
    assert point.chip is not None
    network = point.chip.network
    assert network.plans[0].kernel.shape[:2] == (2, 3)
    assert str(network.input) == "ufixed<5,1,TRN,SAT>"
    assert not any(plan.relu for plan in network.plans)


def test_a_name_on_an_axis_keeps_what_is_given_beside_it() -> None:
    points = grid("microarchitecture=naive,aligned", bank="gated").points()
    found = [point.chip.configuration for point in points if point.chip]
    assert found == [configuration_of(name, {"bank": "gated"}) for name in ("naive", "aligned")]


def test_what_cannot_be_together_is_a_point_with_its_reason() -> None:
    points = grid("tmr=1,3", "bank=ff,gated", "conv.kernel=3x3,64x64", "padding=valid").points()
    reasons = {tuple(p.choices.values())[:3]: p.reason for p in points if p.chip is None}
    assert "1 needs bank 'gated'" in reasons["1", "ff", "3x3"]
    assert "is empty" in reasons["3", "gated", "64x64"]
    assert len(points) - len(reasons) == 3


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ("filters", "found 'filters', allowed is NAME=VALUE,VALUE"),
        ("filters=", "allowed is NAME=VALUE"),
        ("filters=1,1", "a value is there twice"),
        ("filters=1..200", "65 values, allowed are 64"),
        ("conv.filter=1", "found axis 'conv.filter'; nearest is conv.filters; allowed are"),
        ("banks=ff", "nearest is bank"),
        ("filters=0", "filters: found 0"),
        ("filters=two", "filters: found 'two'"),
        ("weight_bits=17", "'17' bits, allowed are 1 to 16; nearest is 16"),
        ("weight_bits=0", "nearest is 1"),
        ("weight=fixed<x>", "is no fixed-point type"),
        ("input=6", "is no fixed-point type"),
        ("arrangement=9x9", "is unknown; allowed: 8x8"),
        ("conv.kernel=3", "kernel"),
        ("microarchitecture=leaner", "allowed are naive, .*; nearest is lean"),
        ("tmr=2", "found '2', allowed are 1, 3"),
        ("barrier=maybe", "allowed are on, off"),
        ("mac=radix", "allowed are behavioural, radix4; nearest is radix4"),
    ],
)
def test_an_axis_or_a_value_that_nothing_can_have_is_refused(axis: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        checked_axes([axis], SMALL)


def test_one_axis_twice_and_too_many_points_are_refused() -> None:
    with pytest.raises(BadInput, match="is there twice"):
        checked_axes(["filters=1", "filters=2"], SMALL)
    with pytest.raises(BadInput, match=r"16384 points, allowed are 10000"):
        grid("latents=1..64", "weight_bits=1..16", "bias_bits=1..16")
