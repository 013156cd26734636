"""What a library lacks is told before synthesis, and what is told is what Yosys would find."""

from pathlib import Path

import numpy as np
import pytest

from asicae.chip.microarchitectures import configuration_of
from asicae.estimation import libraries
from asicae.estimation.evaluation import evaluate, pack, unpack
from asicae.estimation.netlist import Flattener
from asicae.estimation.suitability import check_suited, missing_tables, resets
from asicae.estimation.synthesis import synthesise
from asicae.foundation.errors import AsicaeError, BadInput
from tests.estimation.toys import LIBRARY, register_sources, write_design

DELAY = """timing () {{ related_pin : "CK"; timing_type : rising_edge; timing_sense : non_unate;
  cell_rise (scalar) {{ values ("0.1"); }} cell_fall (scalar) {{ values ("0.1"); }} }}"""
PIN = "pin ({0}) {{ direction : input; capacitance : 1; }}"


def register(state: str, pins: str = "R", output: str = "Q", shown: str = "IQ") -> str:
    """A flip-flop with data D, clock CK and these other pins."""
    inputs = " ".join(PIN.format(pin) for pin in ("D", *pins))
    return (
        f"cell (REG) {{ area : 5.0; ff (IQ, IQN) {{ {state} }} {inputs}"
        " pin (CK) { direction : input; clock : true; capacitance : 1; }"
        f' pin ({output}) {{ direction : output; function : "{shown}"; {DELAY.format()} }} }}'
    )


BASE = 'next_state : "D"; clocked_on : "CK"; '
REGISTERS = {
    "clear": register(BASE + 'clear : "!R";'),
    "active high": register(BASE + 'clear : "R";'),
    "preset": register(BASE + 'preset : "!R";'),
    "both": register(BASE + 'clear : "!R"; preset : "!S";', "RS"),
    "inverse output": register(BASE + 'clear : "!R";', output="QN", shown="IQN"),
    "inverse data and output": register(
        'next_state : "!D"; clocked_on : "CK"; clear : "!S"; preset : "!R";', "RS", "QN", "IQN"
    ),
    "falling edge": register('next_state : "D"; clocked_on : "!CK"; clear : "!R";'),
}
NO_REGISTERS = {
    "no reset": register(BASE, ""),
    "enable": register('next_state : "(D E) + (IQ !E)"; clocked_on : "CK"; clear : "!R";', "RE"),
    "scan": register('next_state : "(D !E) + (S E)"; clocked_on : "CK"; clear : "!R";', "RES"),
    "two resets": register(BASE + 'clear : "!R + !S";', "RS"),
    "inverted state": register(BASE + 'clear : "!R";', shown="!IQ"),
}


def library(cell: str) -> str:
    """The toys with this flip-flop instead of theirs."""
    text = LIBRARY.replace("cell (DFF) {", "cell (DFF) { dont_use : true;")
    return text.rstrip().removesuffix("}") + cell + "}"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "cell"), {**REGISTERS, **NO_REGISTERS}.items())
def test_yosys_takes_what_is_called_a_register(name: str, cell: str, tmp_path: Path) -> None:
    """A triplicated register whose bits reset to both values, mapped and run."""
    path = tmp_path / "own.lib"
    path.write_text(library(cell))
    technology = libraries.load([path])
    assert resets(technology.cell("REG")) == (name in REGISTERS)
    folder = write_design(tmp_path / "rtl", **register_sources())
    if name not in REGISTERS:
        with pytest.raises(BadInput, match=r"own.lib: the chip needs a flip-flop with asynch"):
            check_suited(technology)
        with pytest.raises(AsicaeError, match="Yosys stopped"):
            synthesise(folder, technology, "chip", cache=tmp_path / "cache")
        return
    check_suited(technology)
    mapped = synthesise(folder, technology, "chip", cache=tmp_path / "cache")
    flat = Flattener(mapped, technology).flatten("chip")
    if name == "falling edge":
        return  # its clock is inverted on the way, and what it holds is there half a clock early
    assert len(flat.cells["REG"]) == 24
    data = np.array([[1], [2], [255], [0], [90], [7], [7], [7]])
    inputs = {"en_i": pack(np.ones((8, 1), int), 1), "d_i": pack(data, 8)}
    found = unpack(evaluate(flat, inputs, 8)[flat.ports["q_o"]], 8, 8)
    assert found.ravel().tolist() == [0x5A, *data.ravel()[:-1].tolist()]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cell (INV) {", "cell (INV) { dont_use : true;", "an inverter; left out: .*INV .dont_use"),
        ('function : "A"', 'function : "!A"', "a buffer; "),
        ("area : 1.4", "area : 0", r"a two-input NAND; left out: NAND2 .no area."),
        ("cell (BUF)", "cell (BUF8_$)", r"a buffer; left out: BUF8_\$ .the name"),
    ],
)
def test_all_that_is_missing_is_named(old: str, new: str, message: str) -> None:
    text = library(REGISTERS["clear"])
    assert old in text
    check_suited(libraries.from_text(text))
    with pytest.raises(BadInput, match="the chip needs " + message):
        check_suited(libraries.from_text(text.replace(old, new)))


def test_a_gated_bank_needs_a_gate_or_a_latch() -> None:
    gated = configuration_of("gated")
    without_gate = LIBRARY.replace("latch_posedge", "latch_negedge")
    without_latch = LIBRARY.replace("cell (LATCH) {", "cell (LATCH) { dont_use : true;")
    without_both = without_latch.replace("latch_posedge", "latch_negedge")
    for text in (without_gate, without_latch):
        with pytest.raises(BadInput, match=r"needs a flip-flop with asynch.*clock pin; .*left out"):
            check_suited(libraries.from_text(text), gated)
    with pytest.raises(BadInput, match=r"asynch.*, a clock gate of the rising edge, or a latch"):
        check_suited(libraries.from_text(without_both), gated)


def test_a_bank_of_latches_needs_a_latch() -> None:
    latch = configuration_of("naive", {"bank": "latch"})
    without = LIBRARY.replace("cell (LATCH) {", "cell (LATCH) { dont_use : true;")
    with pytest.raises(BadInput, match=r"needs a flip-flop with asynch.*clock pin; .*left out"):
        check_suited(libraries.from_text(LIBRARY), latch)
    with pytest.raises(BadInput, match=r"asynch.*, a latch \(banks 'ff' and 'gated' need none\)"):
        check_suited(libraries.from_text(without), latch)


def test_missing_tables_are_told_with_what_they_cost() -> None:
    technology = libraries.from_text(LIBRARY)
    assert missing_tables(libraries.load()) == ()
    assert missing_tables(technology) == (
        "1 of 6 cells (LATCH) have no internal energy (internal_power): energy.* is that of"
        " switching and clock pins",
        "1 of 6 cells (LATCH) have no transitions (rise_transition): those of the conditions are"
        " taken",
    )
    bare = libraries.from_text(
        LIBRARY.replace("internal_power", "odd")
        .replace("leakage_power", "odd")
        .replace("capacitance : 2.0", "odd : 2.0")
        .replace("setup_rising", "hold_rising")
    )
    told = missing_tables(bare)
    assert [line.split(" have no ")[1].split(":")[0] for line in told] == [
        "internal energy (internal_power)",
        "leakage (leakage_power, cell_leakage_power)",
        "input capacitance",
        "setup times (setup_rising)",
        "transitions (rise_transition)",
    ]
