"""The metal of a block joins what the netlist joins, and nothing else; damage is noticed."""

from dataclasses import replace
from pathlib import Path

import pytest

from asicae.foundation.errors import CheckFailed
from asicae.layout.check import Faults, check_netlist, faults
from asicae.layout.def_file import Component, Layout, Segment, Via
from asicae.layout.geometry import Point, Rect
from asicae.layout.lef import Lef
from asicae.layout.repair import close_gaps, swap_vias
from tests.layout import toys


@pytest.fixture
def lef(tmp_path: Path) -> Lef:
    return toys.lef(tmp_path)


def test_a_routed_block_has_no_faults(lef: Lef) -> None:
    check_netlist(toys.pair(), toys.NETLIST)
    assert faults(toys.pair(), lef) == Faults((), ())


def test_every_wire_and_every_via_is_needed(lef: Lef) -> None:
    for name, net in toys.pair().nets.items():
        for number in range(len(net.segments)):
            block = toys.pair()
            del block.nets[name].segments[number]
            assert faults(block, lef).open_nets == (name,)
        for number in range(len(net.vias)):
            block = toys.pair()
            del block.nets[name].vias[number]
            assert faults(block, lef).open_nets == (name,)


def test_a_wire_that_leads_nowhere_is_noticed(lef: Lef) -> None:
    block = toys.pair()
    block.nets["n"].segments.append(Segment("metal3", Point(40, 20), Point(60, 20)))
    assert faults(block, lef).open_nets == ("n",)


@pytest.mark.parametrize(
    ("segment", "short"),
    [
        (Segment("metal3", Point(30, 50), Point(92, 50)), ("n", "out_o")),  # on one layer
        (Segment("metal1", Point(30, 40), Point(40, 40)), ("VDD", "n")),
        (Segment("metal1", Point(40, 20), Point(46, 20)), ("metal within a cell", "n")),
        (Segment("metal2", Point(26, 30), Point(26, 31)), ("in_i", "n")),  # edge on edge
        (Segment("metal1", Point(60, 30), Point(60, 32), 200), ("b/X", "n")),
    ],
)
def test_metal_in_touch_with_another_net_is_noticed(
    lef: Lef, segment: Segment, short: tuple[str, str]
) -> None:
    block = toys.pair()
    if short[0] == "b/X":  # a pin that no net has
        inverter = lef.macros["inv"]
        spare = replace(inverter.pins["O"], name="X", shapes=(("metal1", Rect(0, 31, 2, 32)),))
        lef.macros["inv"] = replace(inverter, pins={**inverter.pins, "X": spare})
    block.nets["n"].segments.append(segment)
    assert short in faults(block, lef).shorts


def test_wires_of_two_layers_cross_without_touching(lef: Lef) -> None:
    block = toys.pair()
    block.nets["n"].segments.append(Segment("metal3", Point(20, 30), Point(40, 30)))
    assert faults(block, lef).shorts == ()


def altered(what: str) -> Layout:
    """The block, not of the netlist any more."""
    block = toys.pair()
    match what:
        case "cells":
            block.components["b"] = Component("nand", Point(60, 0), "N")
        case "nets":
            block.nets["n"] = replace(block.nets["n"], terminals=(("a", "O"), ("b", "O")))
        case "ports":
            block.ports["in_i"] = replace(block.ports["in_i"], net="n")
    return block


@pytest.mark.parametrize("what", ["cells", "nets", "ports"])
def test_a_block_of_another_netlist_is_noticed(what: str) -> None:
    with pytest.raises(CheckFailed, match=f"pair: {what} differ from the netlist"):
        check_netlist(altered(what), toys.NETLIST)


def test_a_gap_of_less_than_a_pitch_is_closed(lef: Lef) -> None:
    block = toys.pair()
    via = block.nets["in_i"].vias[0]
    # Up to here its metal ends 3 units above the pin.
    block.nets["in_i"].vias[0] = Via(via.name, Point(30, 29), via.layer)
    block.nets["in_i"].segments[0] = Segment("metal2", Point(30, 29), Point(30, 50))
    assert faults(block, lef).open_nets == ("in_i",)
    assert close_gaps(block, lef) == 1
    assert block.nets["in_i"].segments[-1] == Segment("metal1", Point(30, 22), Point(30, 25), 4)
    assert faults(block, lef) == Faults((), ())


def test_a_wide_gap_stays_open(lef: Lef) -> None:
    block = toys.pair()
    del block.nets["in_i"].segments[1]  # 14 units of metal3
    assert close_gaps(block, lef) == 0
    assert faults(block, lef).open_nets == ("in_i",)


def test_a_via_that_touches_another_net_gives_way_to_one_across(lef: Lef) -> None:
    block = toys.pair()
    block.vias["across"] = (
        ("metal1", Rect(-4, -2, 4, 2)),
        ("via1", Rect(-2, -2, 2, 2)),
        ("metal2", Rect(-2, -2, 2, 2)),
    )
    via = block.nets["out_o"].vias[0]
    block.nets["out_o"].vias[0] = replace(via, name="across")
    assert faults(block, lef).shorts == ()
    assert swap_vias(block, lef) == 0
    block.nets["n"].segments.append(Segment("metal1", Point(98, 30), Point(98, 15)))
    assert faults(block, lef).shorts == (("n", "out_o"),)
    assert swap_vias(block, lef) == 1
    assert block.nets["out_o"].vias[0] == via
    assert faults(block, lef).shorts == ()
    # Closer, and none of them fits.
    block.nets["n"].segments[-1] = Segment("metal1", Point(96, 30), Point(96, 15))
    assert swap_vias(block, lef) == 0
    assert faults(block, lef).shorts == (("n", "out_o"),)
