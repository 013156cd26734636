"""Mapped netlists against integers, Icarus and OpenSTA; triplication counted after mapping."""

import copy
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asicae.chip.blocks import Block, Storage, Words
from asicae.estimation import libraries
from asicae.estimation.activity import measure
from asicae.estimation.blocks import Stimulus, check_words
from asicae.estimation.energy import Conditions
from asicae.estimation.evaluation import evaluate, pack, unpack
from asicae.estimation.netlist import Flattener
from asicae.estimation.structure import Structure, check_storage
from asicae.estimation.synthesis import Synthesis, synthesise
from asicae.estimation.timing import delays
from asicae.foundation.errors import BadInput, CheckFailed
from tests.estimation.toys import (
    ADDER,
    MULTIPLIER,
    REGISTERS,
    register_sources,
    structural_verilog,
    write_design,
)

LIBRARY = libraries.load()
EVENTS = 300


@pytest.fixture(scope="module")
def multiplier(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    home = tmp_path_factory.mktemp("mult")
    folder = write_design(home / "rtl", mult=MULTIPLIER)
    return synthesise(folder, LIBRARY, "mult", cache=home / "cache")


def multiplier_stimulus() -> Stimulus:
    generator = np.random.default_rng(7)
    a, b = generator.integers(0, 256, EVENTS), generator.integers(-32, 32, EVENTS)
    a[:4], b[:4] = (0, 255, 255, 1), (-32, -32, 31, -1)
    inputs = {"a_i": pack(a[:, None], 8), "b_i": pack(b[:, None], 6)}
    return Stimulus(EVENTS, inputs, {"p_o": pack((a * b)[:, None], 14)}, {"p_o": (Words("p", 14),)})


def test_the_mapped_multiplier_multiplies(multiplier: Synthesis) -> None:
    stimulus = multiplier_stimulus()
    flat = Flattener(multiplier, LIBRARY).flatten("mult")
    values = evaluate(flat, stimulus.inputs, EVENTS)
    assert check_words("mult", flat, values, stimulus) == EVENTS
    wrong = stimulus.expected["p_o"].copy()
    wrong[3, 2] ^= np.uint64(1)  # bit 3 of event 128
    with pytest.raises(CheckFailed, match=r"1 of 300 words differ.* event 128"):
        check_words("mult", flat, values, replace(stimulus, expected={"p_o": wrong}))


def test_every_swapped_cell_is_noticed(multiplier: Synthesis) -> None:
    """One cell of another function at a time: the integers must differ every time."""
    stimulus = multiplier_stimulus()
    swaps = {"XOR2_X1": "AND2_X1", "XNOR2_X1": "OR2_X1", "NAND2_X1": "NOR2_X1"}
    cells = multiplier.modules["mult"]["cells"]
    ports = {
        name: {"A": "A1", "B": "A2", "Z": "Z" if name == "XOR2_X1" else "ZN", "ZN": "ZN"}
        for name in swaps
    }
    names = [name for name, cell in cells.items() if cell["type"] in swaps]
    chosen = np.random.default_rng(3).choice(names, 12, replace=False)
    for name in chosen:
        mutant = copy.deepcopy(multiplier)
        cell = mutant.modules["mult"]["cells"][name]
        old = cell["type"]
        cell["type"] = swaps[old]
        cell["connections"] = {
            rename(ports[old], pin, swaps[old]): bus for pin, bus in cell["connections"].items()
        }
        flat = Flattener(mutant, LIBRARY).flatten("mult")
        with pytest.raises(CheckFailed, match="differ from golden"):
            check_words("mult", flat, evaluate(flat, stimulus.inputs, EVENTS), stimulus)


def rename(table: dict[str, str], pin: str, new: str) -> str:
    pins = LIBRARY.cell(new).pins
    candidate = table.get(pin, pin)
    if candidate in pins:
        return candidate
    return "ZN" if "ZN" in pins else "Z"


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")
def test_toggles_equal_those_of_icarus(multiplier: Synthesis, tmp_path: Path) -> None:
    stimulus = multiplier_stimulus()
    flattener = Flattener(multiplier, LIBRARY)
    flat = flattener.flatten("mult")
    values = evaluate(flat, stimulus.inputs, EVENTS)
    toggles = measure(values, EVENTS).toggles * (EVENTS - 1)
    body = multiplier.modules["mult"]
    kinds = {cell["type"] for cell in body["cells"].values()}
    (tmp_path / "mult.v").write_text(
        "".join(functional_cell(kind) for kind in sorted(kinds))
        + structural_verilog(multiplier, "mult")
        + bench(stimulus)
    )
    binary = tmp_path / "bench"
    subprocess.run(["iverilog", "-o", binary, tmp_path / "mult.v"], check=True)
    subprocess.run([binary], cwd=tmp_path, check=True, capture_output=True)
    counted = vcd_toggles((tmp_path / "bench.vcd").read_text())
    compared = 0
    for port in ("a_i", "b_i", "p_o"):
        for index, net in enumerate(flat.ports[port]):
            assert counted[f"{port}_{index}"] == round(toggles[net])
    for index, cell in enumerate(body["cells"].values()):
        (output,) = LIBRARY.cell(cell["type"]).outputs
        (bit,) = cell["connections"][output]
        rows = [i for i, c in enumerate(body["cells"].values()) if c["type"] == cell["type"]]
        net = flat.column(cell["type"], output)[rows.index(index)]
        assert counted[f"n{bit}"] == round(toggles[net])
        compared += counted[f"n{bit}"] > 0
    assert compared > 100


def functional_cell(kind: str) -> str:
    """Liberty functions of these cells are Verilog expressions."""
    source = Path(LIBRARY.path).read_text()
    start = source.index(f"cell ({kind})")
    function = re.search(r'function\s*:\s*"([^"]*)"', source[start:])
    assert function is not None
    cell = LIBRARY.cell(kind)
    ports = [f"input {pin}" for pin in cell.inputs] + [f"output {cell.outputs[0]}"]
    text = f"module {kind} ({', '.join(ports)}); assign {cell.outputs[0]} = {function[1]};"
    return text + " endmodule\n"


def bench(stimulus: Stimulus) -> str:
    values = {port: unpack(bits, len(bits), EVENTS)[:, 0] for port, bits in stimulus.inputs.items()}
    bits = {"a_i": 8, "b_i": 6, "p_o": 14}
    pins = ", ".join(f".{p}_{i}({p}[{i}])" for p, width in bits.items() for i in range(width))
    steps = "\n".join(
        f"    a_i = {a}; b_i = {b}; #10;" for a, b in zip(values["a_i"], values["b_i"], strict=True)
    )
    return f"""module bench; reg [7:0] a_i; reg [5:0] b_i; wire [13:0] p_o;
  mult dut ({pins});
  initial begin
    $dumpfile("bench.vcd"); $dumpvars(1, dut);
{steps}
    $finish;
  end
endmodule
"""


def vcd_toggles(text: str) -> dict[str, int]:
    """Changes between the values that nets have at the end of the time steps, 0 <-> 1 only."""
    names: dict[str, list[str]] = {}
    for mark, name in re.findall(r"\$var wire\s+1 (\S+) (\S+) \$end", text):
        names.setdefault(mark, []).append(name)
    settled: dict[str, str] = {}
    count = dict.fromkeys(names, 0)
    for moment in re.split(r"^#\d+$", text.split("$enddefinitions $end")[1], flags=re.MULTILINE):
        latest = {m: v for v, m in re.findall(r"^([01xz])(\S+)$", moment, flags=re.MULTILINE)}
        for mark, value in latest.items():
            if mark in count and {settled.get(mark), value} == {"0", "1"}:
                count[mark] += 1
            settled[mark] = value
    return {name: count[mark] for mark, group in names.items() for name in group}


@pytest.mark.skipif(shutil.which("sta") is None, reason="OpenSTA is not installed")
def test_the_delay_of_an_adder_equals_that_of_opensta(tmp_path: Path) -> None:
    """Without wires on either side, and scalar wires only: OpenSTA misreads other netlists."""
    folder = write_design(tmp_path / "rtl", adder=ADDER)
    mapped = synthesise(folder, LIBRARY, "adder", cache=tmp_path / "cache")
    flat = Flattener(mapped, LIBRARY).flatten("adder")
    found = delays(flat, Conditions(wire_ff=0.0, slew_ns=0.04), ["a_i", "b_i"])
    assert found.buffered == 0
    (tmp_path / "adder.v").write_text(structural_verilog(mapped, "adder"))
    # One capacitance a pin, as here: OpenSTA would take one for each edge.
    left_out = r"(default_wire_load|rise_capacitance|fall_capacitance)\s*:[^;]*;"
    bare = re.sub(left_out, "", LIBRARY.paths[0].read_text())
    (tmp_path / "bare.lib").write_text(bare)
    (tmp_path / "run.tcl").write_text(
        "read_liberty bare.lib\nread_verilog adder.v\nlink_design adder\n"
        "create_clock -name clk -period 25\nset_input_delay 0 -clock clk [all_inputs]\n"
        "set_output_delay 0 -clock clk [all_outputs]\nset_input_transition 0.04 [all_inputs]\n"
        "report_checks -path_delay max -digits 6\nexit\n"
    )
    done = subprocess.run(
        ["sta", "-exit", "run.tcl"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    arrival = re.search(r"([\d.]+)\s+data arrival time", done.stdout)
    assert arrival is not None, done.stdout
    latest = found.at(flat.ports["s_o"])
    assert latest == pytest.approx(float(arrival[1]), rel=1e-4)
    assert latest > 0.2


def test_triplication_is_counted_and_its_loss_noticed(tmp_path: Path) -> None:
    sources = register_sources()
    kept = write_design(tmp_path / "kept", **sources)
    design = synthesise(kept, LIBRARY, "chip", flatten=True, cache=tmp_path / "cache")
    assert check_storage(Structure(design, LIBRARY), {}) == 24
    merged = {name: text.replace("(* keep_hierarchy = 1 *)", "") for name, text in sources.items()}
    assert merged != sources
    lost = write_design(tmp_path / "lost", **merged)
    design = synthesise(lost, LIBRARY, "chip", flatten=True, cache=tmp_path / "cache")
    with pytest.raises(CheckFailed, match="8 flip-flops in the netlist, expected 24"):
        check_storage(Structure(design, LIBRARY), {})


def test_the_register_bits_of_the_network_are_demanded(tmp_path: Path) -> None:
    folder = write_design(tmp_path / "rtl", **register_sources())
    design = synthesise(folder, LIBRARY, "chip", cache=tmp_path / "cache")
    assert check_storage(Structure(design, LIBRARY), {"u_word": word_of(8)}) == 24
    with pytest.raises(CheckFailed, match="8 register bits in the RTL, the network demands 9"):
        check_storage(Structure(design, LIBRARY), {"u_word": word_of(9)})


def word_of(bits: int, storage: Storage = "triplicated") -> Block:
    return Block("u_word", "tmr_register", holds=(Words("data", bits),), storage=storage)


PLAIN = """
module plain_word (input clk_i, input [7:0] d_i, output reg [7:0] q_o);
  always @(posedge clk_i) q_o <= d_i;
endmodule
"""
PLAIN_CHIP = """
module chip (input clk_i, input [7:0] d_i, output [7:0] q_o);
  plain_word u_word (.clk_i(clk_i), .d_i(d_i), .q_o(q_o));
endmodule
"""
STRAY = {
    "a flip-flop": ("posedge clk_i", "module chip has a flip-flop .* \\(DFF_X1\\), which is decl"),
    "a latch": ("*) if (clk_i", "module chip has a latch .* \\(DL._X1\\), which is decl"),
}


def test_plain_storage_is_counted_where_it_is_declared(tmp_path: Path) -> None:
    folder = write_design(tmp_path / "rtl", plain_word=PLAIN, chip=PLAIN_CHIP)
    structure = Structure(synthesise(folder, LIBRARY, "chip", cache=tmp_path / "cache"), LIBRARY)
    plain = replace(word_of(8, "plain"), module="plain_word")
    assert check_storage(structure, {"u_word": plain}) == 8
    with pytest.raises(CheckFailed, match="8 flip-flops in the netlist, expected 9"):
        check_storage(structure, {"u_word": replace(plain, holds=(Words("data", 9),))})
    with pytest.raises(CheckFailed, match=r"u_word .*module plain_word has a flip-flop"):
        check_storage(structure, {})


@pytest.mark.parametrize("sort", STRAY)
def test_storage_that_nobody_declared_is_refused(tmp_path: Path, sort: str) -> None:
    when, message = STRAY[sort]
    stray = f"  reg stray_q; always @({when}) stray_q = d_i[0];\n  assign stray_o = stray_q;\n"
    text = REGISTERS.replace("output e_o", "output e_o, output stray_o")
    text = text.replace("endmodule", f"{stray}endmodule")
    folder = write_design(tmp_path / "rtl", **(register_sources() | {"chip": text}))
    design = synthesise(folder, LIBRARY, "chip", cache=tmp_path / "cache")
    with pytest.raises(CheckFailed, match=f"the chip: {message}"):
        check_storage(Structure(design, LIBRARY), {"u_word": word_of(8)})


def test_a_register_holds_its_reset_value_and_follows_its_input(tmp_path: Path) -> None:
    folder = write_design(tmp_path / "rtl", **register_sources())
    design = synthesise(folder, LIBRARY, "chip", cache=tmp_path / "cache")
    flat = Flattener(design, LIBRARY).flatten("chip")
    data = np.random.default_rng(1).integers(0, 256, 100)
    high = pack(np.ones((100, 1), int), 1)
    values = evaluate(flat, {"en_i": high, "rst_ni": high, "d_i": pack(data[:, None], 8)}, 100)
    assert unpack(values[flat.ports["q_o"]], 8, 100)[:, 0].tolist() == [0x5A, *data[:-1]]
    assert not values[flat.ports["e_o"]].any()
    idle = evaluate(flat, {"rst_ni": high, "d_i": pack(data[:, None], 8)}, 100)
    assert set(unpack(idle[flat.ports["q_o"]], 8, 100)[:, 0]) == {0x5A}


def test_rtl_that_does_not_elaborate_is_one_line(tmp_path: Path) -> None:
    folder = write_design(tmp_path / "rtl", chip="module chip; absent u (); endmodule\n")
    with pytest.raises(BadInput, match=r"Yosys stopped: .*absent"):
        synthesise(folder, LIBRARY, "chip", cache=tmp_path / "cache")
    with pytest.raises(BadInput, match=r"filelist\.f"):
        synthesise(tmp_path / "nowhere", LIBRARY, "chip")
