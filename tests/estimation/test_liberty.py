"""Liberty as real libraries write it, and as nobody should."""

import gzip
import re
from pathlib import Path

import pytest

from asicae.estimation import libraries
from asicae.estimation.technology import ClockGate, Technology
from asicae.foundation.errors import BadInput
from tests.estimation.toys import LIBRARY, gate

CURRENTS = """
          output_current_rise () { vector (ccs) { reference_time : 0.1; index_1 ("0.1");
            index_2 ("1"); index_3 ("0, 1, 2"); values ("0, 3, 0"); } vector (ccs) { } }
          receiver_capacitance1_rise (rec) { index_1 ("0.1, 0.2"); values ("1, 2"); }
          ecsm_waveform () { index_1 ("0.1"); } odd () { odd (a:b) { odd () { /* } */ x : "}"; } } }
"""
DIALECT = r"""
  library ("toy") { technology (cmos) ; delay_model : table_lookup // as most
    define (speed, cell, string); define_group (odd, library); odd (one) { inner () { a : 1 } }
    voltage_map (VDD, 1.0); voltage_map (VSS, 0.0); library_features(a,b); comment : "said \"so\"";
    time_unit : 1ps; voltage_unit : "1000mV"; leakage_power_unit : "1pW"
    capacitive_load_unit \
      ("0.001", "pF"); nom_voltage : "1.0"
    nom_temperature : 25.0
    wire_load ("small") { slope : 5; fanout_length (1, 2.0); }
    operating_conditions (typical) { process : 1; voltage : 0.9 * VDD; temperature : 25; }
    input_voltage (cmos) { vil : 0.3 * VDD; vih : 0.7 * (VDD + 0.1) ; }
    type (pair) { base_type : array; bit_width : 2; }
    lu_table_template (d) { variable_1 : total_output_net_capacitance; index_1 ("5, 6"); }
"""


def same(one: Technology, other: Technology) -> bool:
    """All that is read, table by table."""
    return repr((one.cells, one.voltage)) == repr((other.cells, other.voltage))


def altered(old: str, new: str, count: int = -1) -> str:
    assert old in LIBRARY
    return LIBRARY.replace(old, new, count)


def with_cell(text: str) -> str:
    return LIBRARY.rstrip().removesuffix("}") + text + "}"


def test_current_sources_are_passed_over() -> None:
    plain = libraries.from_text(LIBRARY)
    found = altered("cell_rise (d)", CURRENTS + "cell_rise (d)")
    found = found.replace("lu_table", "output_current_template (ccs) { x : 1; } lu_table", 1)
    assert same(libraries.from_text(found), plain)
    assert not same(libraries.from_text(found.replace("0.110", "0.111", 1)), plain)


def test_a_dialect_reads_as_the_plain_text() -> None:
    """Comments, missing semicolons, quoted or bare words, other units, axes in the tables."""
    start = LIBRARY.index("cell (INV)")
    body = LIBRARY[start:].replace("0.010, 0.110", "10/* ps */.0, \\\n 110.0")
    for old, new in (("0.100, 0.200", "100, 200"), ('"0.02, 0.02"', '"20", "20"')):
        body = body.replace(old, new)
    body = body.replace('("0.05")', '("50")').replace("value : 10;", 'value : "10000"\n')
    body = body.replace("value : 30", "value : 3e4")
    body = re.sub(r"(cell_leakage_power : \d+)", r"\g<1>000", body)
    body = body.replace("clock : true", 'clock : "TRUE"').replace("cell (DFF)", 'cell("DFF")')
    body = body.replace("(d) {", '(d) { index_1 ("0, 100");').replace("10/* ps */.0", "10.0")
    body = body.replace("area :", "pg_pin (VDD) { pg_type : primary_power; }/**/area/* um2 */:")
    found = libraries.from_text(DIALECT + body)
    plain = libraries.from_text(LIBRARY)
    inverter, expected = found.cell("INV").pins["Y"], plain.cell("INV").pins["Y"]
    assert inverter.arcs[0].tables["cell_rise"].at(0.02, 30.0) == pytest.approx(0.040)
    assert inverter.power[0].rise is not None
    assert inverter.power[0].rise.at(0, 0) == expected.power[0].rise.at(0, 0)  # type: ignore[union-attr]
    for name, cell in plain.cells.items():
        assert found.cell(name).area == cell.area
        assert found.cell(name).leakage == pytest.approx(cell.leakage)
        assert found.cell(name).pins.keys() == cell.pins.keys()
    assert found.cell("DFF").pins["CK"].clock


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (
            gate("T", 1, "A", "positive_unate", "A").replace(
                "max_cap", 'three_state : "A"; max_cap'
            ),
            "a three-state output",
        ),
        ("cell (T) { area : 1; ff_bank (Q, N, 4) { next_state : D; } }", "a ff_bank"),
        ("cell (T) { area : 1; latch_bank (Q, N, 4) { } }", "a latch_bank"),
        ("cell (T) { area : 1; bus (D) { bus_type : pair; pin (D[0:1]) { } } }", "a bus"),
        ("cell (T) { area : 1; bundle (D) { members (a, b); } }", "a bundle"),
        (
            'cell (T) { area : 1; statetable ("A B", "Q") { table : "- - : - : N"; } }',
            "a statetable",
        ),
        ("cell (T) { pad_cell : true; }", "a pad"),
        ("cell (T) { pin (Y) { direction : inout; } }", "a bidirectional pin"),
        ("cell (T) { area : 1; pin (Y) { direction : output; } }", "no function at Y"),
        (gate("T", 0, "A", "positive_unate", "A"), "no area"),
        (gate("T", 1, "A & B", "positive_unate", "A"), "a function of B, which is no input"),
        (
            'cell (T) { area : 1; pin (A) { } pin (Y) { direction : output; function : "A"; } }',
            "no delay table at Y",
        ),
        ('cell (T) { ff (Q, N) { next_state : "D"; } }', "a ff without clocked_on"),
        (
            'cell (T) { clock_gating_integrated_cell : "latch_posedge"; pin (E) { } }',
            "a clock gate without clock_gate_clock_pin",
        ),
        ('cell ("T; exec -- id") { area : 1; }', "the name 'T; exec -- id'"),
    ],
)
def test_cells_that_cannot_be_used_are_left_out_with_the_reason(cell: str, reason: str) -> None:
    library = libraries.from_text(with_cell(cell))
    assert [*library.unusable.values()] == [reason]
    (name,) = library.unusable
    assert sorted(library.cells) == sorted(libraries.from_text(LIBRARY).cells)
    with pytest.raises(BadInput, match="which the netlist uses, has"):
        library.cell(name)


def test_scan_flip_flops_and_cells_not_to_be_used_stay_readable() -> None:
    text = altered('next_state : "D"', 'next_state : "(D !D) + D"', 1)
    text = text.replace(
        "cell (BUF) {", "cell (BUF) { dont_use : true; test_cell () { pin (A) { } }"
    )
    library = libraries.from_text(text)
    assert not library.cell("BUF").mapped
    assert library.cell("DFF").mapped


GATED = """
  cell (ICG) { area : 4; clock_gating_integrated_cell : latch_posedge_precontrol;
    statetable ("CK E SE", "IQ") { table : "L L L : - : L , \\
      H - - : - : N"; }
    pin (IQ) { direction : internal; internal_node : "IQ"; }
    pin (E) { direction : input; capacitance : 1; clock_gate_enable_pin : true; }
    pin (SE) { direction : input; capacitance : 1; clock_gate_test_pin : "true"; }
    pin (CK) { direction : input; capacitance : 1; clock : true; clock_gate_clock_pin : true; }
    pin (GCK) { direction : output; state_function : "CK * IQ"; clock_gate_out_pin : true;
      timing () { related_pin : "CK"; timing_sense : positive_unate;
        cell_rise (d) { values ("1, 2"); } cell_fall (d) { values ("1, 2"); } } } }
"""


def test_clock_gates_are_recognised() -> None:
    cell = libraries.from_text(with_cell(GATED)).cell("ICG")
    assert cell.clock_gate == ClockGate("latch_posedge_precontrol", "CK", "E", "GCK", "SE")
    assert (cell.storage, cell.outputs, cell.mapped) == (None, ("GCK",), False)
    without = GATED.replace('clock_gate_test_pin : "true";', "")
    gate = libraries.from_text(with_cell(without)).cell("ICG").clock_gate
    assert gate is not None
    assert gate.test is None


def test_supplies_are_added_and_states_are_averaged() -> None:
    text = altered(
        'leakage_power () { when : "!A"; value : 10; }',
        'leakage_power () { when : "!A"; value : 6; related_pg_pin : VDD; }'
        'leakage_power () { when : "!A"; value : 4; related_pg_pin : VSS; }'
        "leakage_power () { value : 900; related_pg_pin : VDD; }",
    )
    arc = 'internal_power () { related_pin : "A";'
    table = 'rise_power (scalar) { values ("0.5"); } fall_power (scalar) { values ("0.25"); } }'
    text = text.replace(arc, f"{arc} related_pg_pin : VSS; {table} {arc} related_pg_pin : VDD;")
    cell = libraries.from_text(text).cell("INV")
    assert cell.leakage == 20.0
    (power,) = cell.pins["Y"].power
    assert power.rise is not None
    assert power.fall is not None
    assert (power.rise.at(0, 0), power.fall.at(0, 0)) == (2.5, 1.25)


def test_axes_have_any_order_and_a_third_one_stands_at_its_first_point() -> None:
    template = """lu_table_template (d3) { variable_1 : related_out_total_output_net_capacitance;
      variable_2 : total_output_net_capacitance; variable_3 : input_net_transition;
      index_1 ("0, 9"); index_2 ("0, 100"); index_3 ("0, 1, 2"); } lu_table_template (d)"""
    text = altered("lu_table_template (d)", template).replace(
        'cell_rise (d) { values ("0.010, 0.110")',
        'cell_rise (d3) { values ("0,1,2", "10,11,12", "7,7,7", "7,7,7")',
        1,
    )
    table = libraries.from_text(text).cell("INV").pins["Y"].arcs[0].tables["cell_rise"]
    assert table.values.shape == (3, 2)
    assert table.at(2.0, 100.0) == 12.0
    assert table.at(1.0, 0.0) == 1.0


def test_constraints_have_the_constrained_pin_first() -> None:
    template = """lu_table_template (s) { variable_1 : related_pin_transition;
      variable_2 : constrained_pin_transition; index_1 ("0, 1"); index_2 ("0, 2"); }
      lu_table_template (d)"""
    text = altered("lu_table_template (d)", template)
    text = text.replace(
        'rise_constraint (scalar) { values ("0.05")', 'rise_constraint (s) { values ("0,2","5,7")'
    )
    table = libraries.from_text(text).cell("DFF").pins["D"].arcs[0].tables["rise_constraint"]
    assert table.at(2.0, 0.0) == 2.0
    assert table.at(0.0, 1.0) == 5.0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("library (toy) {", "library (toy) { include_file (rest.lib);", "line 1: include_file"),
        ("time_unit", 'delay_model : "polynomial"; time_unit', "delay_model is 'polynomial'"),
        ('values ("2.0")', 'values ("2.0"); orders ("1, 1")', "INV.*pin 'Y'.*a polynomial"),
        ("area : 1.0", "area : nan", "cell 'INV': cell 'INV': area is 'nan', allowed is a number"),
        ("area : 1.0", "area : -1", "area is '-1', allowed is a number, 0 and more"),
        ("area : 1.0", "area : 1.0; area : 2.0", "area is given twice, with different values"),
        ("capacitance : 2.0", "capacitance : -inf", "pin 'A': .*capacitance is '-inf'"),
        ("value : 10", "value : 1e999", "leakage_power: value is '1e999'"),
        ("value : 10", "value : -50", "leakage_power is -10 on average"),
        ("0.010, 0.110", "0.010, inf", "cell 'INV': pin 'Y': cell_rise 'd': found inf"),
        ("0.010, 0.110", "0.010, x", "cell_rise 'd': could not convert"),
        ('"0, 100"', '"0, 0"', "index_1 is '0, 0', allowed are rising numbers from 0 on"),
        ('"0, 100"', '"-1, 100"', "index_1 is '-1, 100', allowed are rising"),
        ("cell_rise (d)", "cell_rise (e)", "cell_rise 'e': there is no such template"),
        ("total_output_net_capacitance", "fanout", "variable_1 is 'fanout', allowed are"),
        ("cell (BUF)", "cell (INV)", "cell 'INV' is given twice"),
        ("pin (B)", "pin (A)", "cell 'NAND2': pin 'A' is given twice"),
        ("direction : input", "direction : up", "direction is 'up', allowed are input, output"),
        ("nom_voltage : 1.0;", "", "nom_voltage is missing"),
        ("nom_voltage : 1.0", "nom_voltage : -1.0", "nom_voltage is missing or not"),
        ("capacitive_load_unit (1, ff);", "", "capacitive_load_unit is ''"),
        ('time_unit : "1ns"', 'time_unit : "0ns"', "time_unit is '0ns'"),
        ('function : "!A"', 'function : "!A ? B"', "unexpected"),
        ('"!D & !Q"', '"' + "+".join(f"a{n}" for n in range(13)) + '"', "names 13 pins"),
        ('"!A"; value', '"!A; value', "Liberty line"),
        ("/* a comment */", "/* a comment", "Liberty line 1: unexpected '/[*] a comment"),
        ("/* a comment */", "/* " * 200_000, "Liberty line 1: unexpected"),
        ("area : 1.0", "odd () {" * 100_000, "a group that does not end"),
        ("area : 1.0", "cell (a) {" * 100, "groups within groups, allowed are 32 levels"),
        ('function : "!A"', f'function : "{"(" * 100_000}"', "100000 words and signs"),
        ('function : "!A"', f'function : "{"(" * 900}"', "parentheses in parentheses"),
        ("area : 1.0", "area : {", "a value is missing"),
        ("area : 1.0;", "area : 1.0 {", "a semicolon is missing"),
    ],
)
def test_what_cannot_be_right_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        libraries.from_text(altered(old, new, 1))
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


SUM = " + ".join(["!A"] * 400)


def test_long_functions_neither_exhaust_the_stack_nor_change() -> None:
    text = altered('function : "!A"', f'function : "{SUM}"', 1)
    function = libraries.from_text(text).cell("INV").pins["Y"].function
    assert function is not None
    assert function.truth(("A",)) == (True, False)


def parts() -> tuple[str, str]:
    """The library in two files."""
    head, start = LIBRARY.index("cell (INV)"), LIBRARY.index("cell (DFF)")
    return LIBRARY[:start] + "}", (LIBRARY[:head] + LIBRARY[start:]).replace("toy", "toy_seq")


def test_a_library_in_packed_files_is_one(tmp_path: Path) -> None:
    one, two = tmp_path / "logic.lib", tmp_path / "seq.lib.gz"
    logic, registers = parts()
    one.write_text(logic)
    two.write_bytes(gzip.compress(registers.encode()))
    whole = libraries.load([one, two])
    assert same(whole, libraries.from_text(LIBRARY))
    assert (whole.key, whole.paths) == ("toy", (one, two))
    assert whole.sha256 == libraries.load([two, one]).sha256
    two.write_bytes(
        gzip.compress(registers.replace("nom_voltage : 1.0", "nom_voltage : 0.9").encode())
    )
    with pytest.raises(
        BadInput, match=r"seq.lib.gz: nominal voltage is 0.9, in .*logic.lib it is 1"
    ):
        libraries.load([one, two])
    two.write_bytes(gzip.compress(logic.encode()))
    with pytest.raises(BadInput, match=r"seq.lib.gz: has a cell 'INV' too, beside .*logic.lib"):
        libraries.load([one, two])
    with pytest.raises(BadInput, match=r"logic.lib: given twice"):
        libraries.load([one, one])


def test_damaged_packed_files_and_bombs_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "toy.lib.gz"
    packed = gzip.compress(LIBRARY.encode())
    for damaged in (packed[:-20], packed[:40] + b"\0" * 40, b"\x1f\x8b"):
        path.write_bytes(damaged)
        with pytest.raises(BadInput, match=r"toy.lib.gz: cannot be read"):
            libraries.load([path])
    path.write_bytes(packed)
    monkeypatch.setattr(libraries, "MAX_TEXT_BYTES", 1_000)
    with pytest.raises(BadInput, match=r"toy.lib.gz: larger than 1000 bytes"):
        libraries.load([path])
    path.write_bytes(LIBRARY.replace("a comment", "\xb5m \xa9").encode("latin-1"))
    monkeypatch.undo()
    assert same(libraries.load([path]), libraries.from_text(LIBRARY))
