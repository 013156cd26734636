"""Icarus Verilog with OpenSTA's delays: a judge of the timed simulation.

Icarus 11 does not read the conditions of several terms that OpenSTA writes into SDF, so the delays
of the file are put into specify blocks, one module an instance: what simulates is the same.
"""

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.estimation.synthesis import Synthesis
from asicae.estimation.technology import Technology
from tests.estimation.toys import structural_verilog

MISSING = [tool for tool in ("iverilog", "sta") if shutil.which(tool) is None]
LEFT_OUT = r"(default_wire_load|rise_capacitance|fall_capacitance)\s*:[^;]*;"
"""One capacitance a pin, no wires, as in the estimate: OpenSTA would take one for each edge."""
PERIOD_NS, STEPS_PER_NS = 25, 10_000
Integers = npt.NDArray[np.integer[Any]]


def changes(
    mapped: Synthesis,
    name: str,
    library: Technology,
    inputs: dict[str, Integers],
    arrivals: dict[str, Integers],
    folder: Path,
) -> tuple[dict[str, int], dict[str, list[int]]]:
    """Changes of each wire ``n<bit>`` after the first event, and what each output settles to.

    ``inputs``: bits (events, width) by port, one event every 25 ns; bit k of a port changes
    ``arrivals[port][k]`` steps of 0.1 ps later.
    """
    delays = opensta_delays(mapped, name, library, folder)
    body = mapped.modules[name]
    kinds = [cell["type"] for cell in body["cells"].values()]
    netlist = structural_verilog(mapped, name)
    for index, kind in enumerate(kinds):
        netlist = netlist.replace(f"  {kind} u{index} (", f"  {kind}_{index} u{index} (")
    cells = [
        functional_cell(library, kind, f"{kind}_{index}", delays.get(f"u{index}", []))
        for index, kind in enumerate(kinds)
    ]
    ports = {port: len(item["bits"]) for port, item in body["ports"].items()}
    text = "".join(cells) + netlist + bench(name, ports, inputs, arrivals)
    (folder / "bench.v").write_text("`timescale 1ns/100fs\n" + text)
    subprocess.run(
        ["iverilog", "-gspecify", "-Ttyp", "-o", "bench", "bench.v"], cwd=folder, check=True
    )
    subprocess.run(["./bench"], cwd=folder, check=True, capture_output=True)
    outputs = [port for port, item in body["ports"].items() if item["direction"] == "output"]
    return read_vcd(folder / "bench.vcd", outputs)


def opensta_delays(
    mapped: Synthesis, name: str, library: Technology, folder: Path
) -> dict[str, list[tuple[str, str, str, str, str]]]:
    """Instance -> (condition, input, output, rise, fall) of every path, slowest transitions."""
    (folder / "plain.v").write_text(structural_verilog(mapped, name))
    (folder / "bare.lib").write_text(re.sub(LEFT_OUT, "", library.paths[0].read_text()))
    (folder / "run.tcl").write_text(
        f"read_liberty bare.lib\nread_verilog plain.v\nlink_design {name}\n"
        "create_clock -name clk -period 25\nset_input_delay 0 -clock clk [all_inputs]\n"
        "set_output_delay 0 -clock clk [all_outputs]\nset_input_transition 0.04 [all_inputs]\n"
        "write_sdf -digits 6 out.sdf\nexit\n"
    )
    subprocess.run(["sta", "-exit", "run.tcl"], cwd=folder, check=True, capture_output=True)
    found: dict[str, list[tuple[str, str, str, str, str]]] = {}
    value = r"\([\d.]*::([\d.]+)\)"
    path = re.compile(rf"(?:\(COND (.*)\s+)?\(IOPATH (\w+) (\w+) {value} {value}\)")
    for part in (folder / "out.sdf").read_text().split("(CELL\n")[1:]:
        instance = re.search(r"\(INSTANCE (\w+)\)", part)
        if instance is not None:
            found[instance[1]] = path.findall(part)
    return found


def delay_of(
    paths: list[tuple[str, str, str, str, str]], pin: str, state: dict[str, int], rises: bool
) -> float:
    """Delay (ns) from an input to an output that rises or falls, in a state of the inputs."""
    own = [path for path in paths if path[1] == pin]
    exact = [path for path in own if path[0] and _holds(path[0], state)]
    (found,) = exact or [path for path in own if not path[0]]
    return float(found[3] if rises else found[4])


def _holds(condition: str, state: dict[str, int]) -> bool:
    terms = re.findall(r"\((\w+) == 1'b([01])\)", condition)
    return all(state[name] == int(bit) for name, bit in terms)


def functional_cell(
    library: Technology, kind: str, name: str, paths: list[tuple[str, str, str, str, str]]
) -> str:
    """Liberty functions of these cells are Verilog expressions."""
    source = library.paths[0].read_text() if kind not in _FUNCTIONS else ""
    if source:
        start = source.index(f"cell ({kind})")
        function = re.search(r'function\s*:\s*"([^"]*)"', source[start:])
        assert function is not None
        _FUNCTIONS[kind] = function[1]
    cell = library.cell(kind)
    (output,) = cell.outputs
    ports = ", ".join([f"input {pin}" for pin in cell.inputs] + [f"output {output}"])
    specify = "".join(
        f"    {f'if ({when.strip()}) ' if when else ''}({pin} => {out}) = ({rise}, {fall});\n"
        for when, pin, out, rise, fall in paths
    )
    block = f"  specify\n{specify}  endspecify\n" if paths else ""
    return f"module {name} ({ports});\n  assign {output} = {_FUNCTIONS[kind]};\n{block}endmodule\n"


_FUNCTIONS: dict[str, str] = {}


def bench(
    name: str, ports: dict[str, int], inputs: dict[str, Integers], arrivals: dict[str, Integers]
) -> str:
    wires = [
        f"  {'reg' if port in inputs else 'wire'} [{width - 1}:0] {port};"
        for port, width in ports.items()
    ]
    pins = ", ".join(f".{p}_{i}({p}[{i}])" for p, width in ports.items() for i in range(width))
    steps = []
    for event in range(len(next(iter(inputs.values())))):
        for port, bits in inputs.items():
            steps += [
                f"    {port}[{k}] <= #{arrivals[port][k] / STEPS_PER_NS:.4f} 1'b{bit};"
                for k, bit in enumerate(bits[event])
                if event == 0 or bit != bits[event - 1][k]
            ]
        steps.append(f"    #{PERIOD_NS};")
    return "\n".join(
        [
            "module bench;",
            *wires,
            f"  {name} dut ({pins});",
            '  initial begin\n    $dumpfile("bench.vcd"); $dumpvars(1, dut);',
            *steps,
            "    $finish;\n  end\nendmodule\n",
        ]
    )


def read_vcd(path: Path, outputs: list[str]) -> tuple[dict[str, int], dict[str, list[int]]]:
    names: dict[str, list[str]] = {}
    count: Counter[str] = Counter()
    value: dict[str, str] = {}
    settled: dict[str, list[int]] = {port: [] for port in outputs}
    now, event = 0, 0
    header, _, body = path.read_text().partition("$enddefinitions $end")
    for mark, name in re.findall(r"\$var wire\s+1 (\S+) (\S+) \$end", header):
        names.setdefault(mark, []).append(name)
    marks = {name: mark for mark, group in names.items() for name in group}
    ends = {
        port: [marks[n] for n in sorted(marks, key=_bit) if re.fullmatch(rf"{port}_\d+", n)]
        for port in outputs
    }

    def settle() -> None:
        for port, bits in ends.items():
            settled[port].append(sum((value[m] == "1") << i for i, m in enumerate(bits)))

    for line in body.split("\n"):
        if line.startswith("#"):
            now = int(line[1:])
            while now // (PERIOD_NS * STEPS_PER_NS) > event:
                settle()
                event += 1
        elif line and line[0] in "01xz":
            mark = line[1:]
            if event > 0 and {line[0], value.get(mark)} == {"0", "1"}:
                count[mark] += 1
            value[mark] = line[0]
    return {name: count[mark] for mark, group in names.items() for name in group}, settled


def _bit(name: str) -> int:
    return int(name.rpartition("_")[2]) if "_" in name else -1
