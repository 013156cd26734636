"""LEF against a sample that was made by hand."""

from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from asicae.layout.geometry import Rect
from asicae.layout.lef import Layer, Lef, read_lef
from tests.layout import toys


@pytest.fixture
def lef(tmp_path: Path) -> Lef:
    return toys.lef(tmp_path)


def test_layers_are_those_for_wires_and_those_between(lef: Lef) -> None:
    assert (lef.units, lef.grid) == (1000, 5)
    assert lef.layers[0] == Layer("metal1", False, 10, 4, 0.38, pytest.approx(0.075))
    assert lef.layers[1] == Layer("metal2", True, 20, 4, 0.0, 0.0)  # the pitch of columns
    assert [layer.name for layer in lef.layers] == ["metal1", "metal2", "metal3"]
    assert lef.cuts == ["contact", "via1", "via2"]
    assert lef.vias["via12"][0] == ("metal1", Rect(-2, -4, 2, 4))


def test_a_cell_is_seen_from_its_lower_left_corner(lef: Lef) -> None:
    inverter = lef.macros["inv"]
    assert (inverter.width, inverter.height) == (40, 40)
    polygon = [rect for _, rect in inverter.pins["I"].shapes]
    assert polygon == [Rect(4, 10, 12, 14), Rect(8, 14, 12, 22)]
    assert inverter.pins["O"].direction == "OUTPUT"
    assert inverter.obstructions == (("metal1", Rect(18, 8, 24, 30)),)
    assert [name for name, pin in inverter.pins.items() if pin.supply] == ["VDD", "VSS"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("END LIBRARY", "MACRO x", "ends within a statement"),
        ("WIDTH 0.004 ;\n  PITCH 0.010 ;", "WIDTH 0.004 ;", "metal1: has no PITCH"),
        ("RECT 0.020 0.010 0.024 0.022", "RECT 0.020 0.010 0.024", "RECT with 3 numbers"),
        ("RECT 0.020 0.010", "RECT 0.020 0.01x", "'0.01x' is no number"),
        ("RECT 0.020 0.010", "RECT 0.0205 0.010", "no whole number of database units"),
        ("RECT 0.020 0.010", "RECT 1e30 0.010", "no whole number of database units"),
        ("RECT 0.020 0.010", "RECT ITERATE 0.020 0.010", "ITERATE"),
        ("0.002 0.022 -0.002 0.022", "0.002 0.022 -0.004 0.024", "slanted"),
        ("END via12", "END via21", "END 'via21', allowed here is END via12"),
        ("SIZE 0.040 BY 0.040", "FOREIGN x", "inv: has no SIZE"),
        ("MICRONS 1000", "MICRONS 0", "DATABASE MICRONS is 0"),
        ("TYPE ROUTING", "TYPE IMPLANT", "describes no layer for wires"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "damaged.lef"
    assert old in toys.LEF
    path.write_text(toys.LEF.replace(old, new))
    with pytest.raises(BadInput, match=said) as refused:
        read_lef(path)
    assert str(path) in str(refused.value)


def test_technology_and_cells_may_be_two_files(tmp_path: Path, lef: Lef) -> None:
    technology, cells = toys.LEF.split("MACRO inv")
    first, second = tmp_path / "tech.lef", tmp_path / "cells.lef"
    first.write_text(technology + "END LIBRARY\n")
    second.write_text("VERSION 5.6 ;\nMACRO inv" + cells)
    assert read_lef(first, second) == lef
