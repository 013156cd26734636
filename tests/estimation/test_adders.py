"""Adder trees of library cells: found by function, kept by the mapping, exact."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from asicae.chip.blocks import Words
from asicae.estimation import libraries
from asicae.estimation.adder_cells import AdderCell, full_adder
from asicae.estimation.blocks import Stimulus, check_words
from asicae.estimation.evaluation import evaluate, pack
from asicae.estimation.netlist import Flattener
from asicae.estimation.synthesis import Synthesis, synthesise
from asicae.estimation.technology import Technology
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import CheckFailed
from tests.estimation.toys import gate, write_design

EVENTS = 300
TAPS, DATA, WEIGHT, SUM = 5, 4, 3, 12
SOURCES = ("full_adder", "bit_heap", "radix4_digit", "radix4_sum")
NEURON = f"""
module neuron (input [{TAPS * DATA - 1}:0] data_i, input [{TAPS * WEIGHT - 1}:0] weight_i,
  input [{SUM - 1}:0] addend_i, output [{SUM - 1}:0] sum_o);
  radix4_sum #(.INPUTS({TAPS}), .INPUT_WIDTH({DATA}), .INPUT_SIGNED(1), .WEIGHT_WIDTH({WEIGHT}),
    .WEIGHT_SIGNED(1), .SUM_WIDTH({SUM})) u_sum (.data_i(data_i), .weight_i(weight_i),
    .addend_i(addend_i), .sum_o(sum_o));
endmodule
"""
TWO_OUTPUTS = """
    cell ({name}) {{ area : {area}; pin (X) {{ direction : input; capacitance : 1; }}
      pin (Y) {{ direction : input; capacitance : 1; }}
      pin (Z) {{ direction : input; capacitance : 1; }}
      pin (P) {{ direction : output; function : "{first}"; {timing} }}
      pin (Q) {{ direction : output; function : "{second}"; {timing} }} }}
"""
TIMING = """timing () { related_pin : "X"; timing_sense : non_unate;
  cell_rise (scalar) { values ("0.1"); } cell_fall (scalar) { values ("0.1"); }
  rise_transition (scalar) { values ("0.1"); } fall_transition (scalar) { values ("0.1"); } }"""
SUMS = "X ^ Y ^ Z"
CARRIES = "(X & Y) | (Z & (X | Y))"


def library(*cells: tuple[str, float, str, str]) -> Technology:
    text = """library (adders) { time_unit : "1ns"; voltage_unit : "1V"; nom_voltage : 1.0;
      leakage_power_unit : "1nW"; capacitive_load_unit (1, ff); nom_temperature : 25;
      lu_table_template (d) { variable_1 : total_output_net_capacitance; index_1 ("0, 100"); }"""
    text += gate("INV", 1.0, "!A", "negative_unate", "A")
    for name, area, first, second in cells:
        text += TWO_OUTPUTS.format(name=name, area=area, first=first, second=second, timing=TIMING)
    return libraries.from_text(text + "}")


def test_a_full_adder_is_known_by_what_it_does() -> None:
    assert full_adder(libraries.load()) == AdderCell("FA_X1", ("A", "B", "CI"), "S", "CO")
    found = full_adder(
        library(
            ("LARGE", 9.0, SUMS, CARRIES),
            ("ODD", 3.0, CARRIES, SUMS),
            ("INVERTED", 2.0, SUMS, f"!({CARRIES})"),
            ("SMALLER", 1.0, SUMS, "X & Y & Z"),
        )
    )
    assert found == AdderCell("ODD", ("X", "Y", "Z"), "Q", "P")
    assert full_adder(library(("HALF", 1.0, "X ^ Y", "X & Y"))) is None


def mapped(folder: Path, technology: Technology) -> Synthesis:
    sources = {name: (asset_folder("rtl") / f"{name}.v").read_text() for name in SOURCES}
    design = write_design(folder / "rtl", **sources, neuron=NEURON)
    return synthesise(design, technology, "neuron", cache=folder / "cache")


def stimulus() -> Stimulus:
    generator = np.random.default_rng(5)

    def drawn(width: int, count: int) -> npt.NDArray[np.int64]:
        return generator.integers(-(1 << width - 1), 1 << width - 1, (EVENTS, count))

    data, weights, addend = drawn(DATA, TAPS), drawn(WEIGHT, TAPS), drawn(SUM, 1)
    data[:2], weights[:2] = [[-8] * TAPS, [7] * TAPS], -4
    total = (data * weights).sum(axis=1, keepdims=True) + addend
    inputs = {"data_i": pack(data, DATA), "weight_i": pack(weights, WEIGHT)}
    inputs["addend_i"] = pack(addend, SUM)
    words = {"sum_o": (Words("sum", SUM),)}
    return Stimulus(EVENTS, inputs, {"sum_o": pack(total, SUM)}, words)


def check(design: Synthesis, technology: Technology, wanted: Stimulus) -> None:
    flat = Flattener(design, technology).flatten("neuron")
    check_words("neuron", flat, evaluate(flat, wanted.inputs, EVENTS), wanted)


def test_a_mapped_tree_is_of_adder_cells_and_adds(tmp_path: Path) -> None:
    design, wanted = mapped(tmp_path, libraries.load()), stimulus()
    assert set(design.modules) == {"neuron"}
    cells = design.modules["neuron"]["cells"]
    adders = [name for name, cell in cells.items() if cell["type"] == "FA_X1"]
    # Two digits of five bits a tap: each adder makes two bits of three, and a word is left.
    assert len(adders) >= TAPS * 2 * (DATA + 1) - 2 * SUM
    check(design, libraries.load(), wanted)
    generator = np.random.default_rng(6)
    for name in generator.choice(adders, 8, replace=False):
        mutant = copy.deepcopy(design)
        wires = mutant.modules["neuron"]["cells"][name]["connections"]
        wires["S"], wires["CO"] = wires["CO"], wires["S"]
        with pytest.raises(CheckFailed, match="differ from golden"):
            check(mutant, libraries.load(), wanted)


def test_a_library_without_adders_gets_gates(tmp_path: Path) -> None:
    cells = {name: cell for name, cell in libraries.load().cells.items() if name != "FA_X1"}
    without = replace(libraries.load(), cells=cells, sha256="without")
    design = mapped(tmp_path, without)
    kinds = {cell["type"] for cell in design.modules["neuron"]["cells"].values()}
    assert full_adder(without) is None
    assert "FA_X1" not in kinds
    check(design, without, stimulus())
