"""A tiny library and tiny designs whose figures a reader can check by hand."""

from pathlib import Path
from typing import Any

from asicae.estimation.synthesis import Synthesis
from asicae.foundation.assets import asset_folder

# Delay 0.010 ns + 0.001 ns/fF, transition 0.02 ns at any load, internal energy 2 fJ rising and 1 fJ
# falling; the flip-flop: 3 and 1 fJ at the clock while idle, setup 0.05 ns.
GATE = """
    cell ({name}) {{ area : {area};
      leakage_power () {{ when : "!A"; value : 10; }} leakage_power () {{ when : "A"; value : 30; }}
      {inputs}
      pin (Y) {{ direction : output; max_capacitance : 100; function : "{function}";
        timing () {{ related_pin : "{pins}"; timing_sense : {sense};
          cell_rise (d) {{ values ("0.010, 0.110"); }} cell_fall (d) {{ values ("0.010, 0.110"); }}
          rise_transition (d) {{ values ("0.02, 0.02"); }}
          fall_transition (d) {{ values ("0.02, 0.02"); }} }}
        internal_power () {{ related_pin : "A";
          rise_power (scalar) {{ values ("2.0"); }}
          fall_power (scalar) {{ values ("1.0"); }} }} }} }}
"""
INPUT = "pin ({name}) {{ direction : input; capacitance : {capacitance}; }}"


def gate(name: str, area: float, function: str, sense: str, *pins: str) -> str:
    inputs = " ".join(INPUT.format(name=pin, capacitance=2.0) for pin in pins)
    return GATE.format(
        name=name, area=area, function=function, sense=sense, inputs=inputs, pins=" ".join(pins)
    )


FLIP_FLOP = """
    cell (DFF) { area : 5.0; cell_leakage_power : 40;
      ff (IQ, IQN) { next_state : "D"; clocked_on : "CK"; }
      pin (D) { direction : input; capacitance : 1.0;
        timing () { related_pin : "CK"; timing_type : setup_rising;
          rise_constraint (scalar) { values ("0.05"); }
          fall_constraint (scalar) { values ("0.05"); } } }
      pin (CK) { direction : input; clock : true; capacitance : 1.5;
        internal_power () { when : "!D & !Q"; rise_power (scalar) { values ("3.0"); }
          fall_power (scalar) { values ("1.0"); } }
        internal_power () { when : "D & Q"; rise_power (scalar) { values ("3.0"); }
          fall_power (scalar) { values ("1.0"); } }
        internal_power () { when : "D & !Q"; rise_power (scalar) { values ("0.0"); }
          fall_power (scalar) { values ("5.0"); } }
        internal_power () { when : "!D & Q"; rise_power (scalar) { values ("0.0"); }
          fall_power (scalar) { values ("5.0"); } } }
      pin (Q) { direction : output; max_capacitance : 100; function : "IQ";
        timing () { related_pin : "CK"; timing_type : rising_edge;
          cell_rise (d) { values ("0.100, 0.200"); } cell_fall (d) { values ("0.100, 0.200"); }
          rise_transition (d) { values ("0.02, 0.02"); }
          fall_transition (d) { values ("0.02, 0.02"); } }
        internal_power () { related_pin : "CK"; rise_power (scalar) { values ("4.0"); }
          fall_power (scalar) { values ("6.0"); } } } }
"""
# Shut: 1 fJ rising and 2 falling at the clock pin; open: 4 and 5 fJ at the output; setup 0.03 ns.
CLOCK_GATE = """
    cell (GATE) { area : 3.0; cell_leakage_power : 50; clock_gating_integrated_cell : latch_posedge;
      pin (CK) { direction : input; clock_gate_clock_pin : true; capacitance : 1.5;
        internal_power () { when : "!E & !GCK"; rise_power (scalar) { values ("1.0"); }
          fall_power (scalar) { values ("2.0"); } }
        internal_power () { when : "E & !GCK"; rise_power (scalar) { values ("0.0"); }
          fall_power (scalar) { values ("9.0"); } } }
      pin (E) { direction : input; clock_gate_enable_pin : true; capacitance : 1.0;
        timing () { related_pin : "CK"; timing_type : setup_rising;
          rise_constraint (scalar) { values ("0.03"); }
          fall_constraint (scalar) { values ("0.03"); } } }
      pin (GCK) { direction : output; max_capacitance : 100; state_function : "CK & IQ";
        clock_gate_out_pin : true;
        timing () { related_pin : "CK"; timing_sense : positive_unate;
          cell_rise (scalar) { values ("0"); } cell_fall (scalar) { values ("0"); } }
        internal_power () { related_pin : "CK"; when : "E"; rise_power (scalar) { values ("4.0"); }
          fall_power (scalar) { values ("5.0"); } }
        internal_power () { related_pin : "CK"; when : "!E"; rise_power (scalar) { values ("0"); }
          fall_power (scalar) { values ("7.0"); } } } }
"""
LATCH = """
    cell (LATCH) { area : 2.0; cell_leakage_power : 30;
      latch (IQ, IQN) { data_in : "D"; enable : "!GN"; }
      pin (D) { direction : input; capacitance : 1.0; }
      pin (GN) { direction : input; clock : true; capacitance : 1.0; }
      pin (Q) { direction : output; max_capacitance : 100; function : "IQ";
        timing () { related_pin : "D"; timing_sense : positive_unate;
          cell_rise (scalar) { values ("0"); } cell_fall (scalar) { values ("0"); } } } }
"""
LIBRARY = (
    """/* a comment */ library (toy) {
    time_unit : "1ns"; voltage_unit : "1V"; leakage_power_unit : "1nW";
    capacitive_load_unit (1, ff); nom_voltage : 1.0; nom_temperature : 25; // the corner
    lu_table_template (d) { variable_1 : total_output_net_capacitance; index_1 ("0, 100"); }
"""
    + gate("INV", 1.0, "!A", "negative_unate", "A")
    + gate("BUF", 1.5, "A", "positive_unate", "A")
    + gate("NAND2", 1.4, "(A B)'", "negative_unate", "A", "B")
    + gate("XOR2", 1.6, "A ^ B", "non_unate", "A", "B")
    + FLIP_FLOP
    + CLOCK_GATE
    + LATCH
    + "}"
)


def cell(kind: str, **connections: Any) -> dict[str, Any]:
    return {"type": kind, "connections": {pin: [net] for pin, net in connections.items()}}


def design(ports: dict[str, tuple[str, list[Any]]], cells: dict[str, Any]) -> Synthesis:
    """A mapped design of one module, as Yosys would write it."""
    body = {
        "ports": {name: {"direction": way, "bits": bits} for name, (way, bits) in ports.items()},
        "cells": cells,
    }
    return Synthesis("top", {"top": body}, {})


MULTIPLIER = """
module mult (input [7:0] a_i, input signed [5:0] b_i, output signed [13:0] p_o);
  assign p_o = $signed({1'b0, a_i}) * b_i;
endmodule
"""
REGISTERS = """
module chip (input clk_i, input rst_ni, input en_i, input [7:0] d_i, output [7:0] q_o, output e_o);
  wire [23:0] votes;
  tmr_register #(.WIDTH(8), .RESET(8'h5A)) u_word (
    .clk_i(clk_i), .rst_ni({3{rst_ni}}), .d_i(en_i ? {3{d_i}} : votes), .q_o(votes), .error_o(e_o));
  assign q_o = votes[7:0];
endmodule
"""


def write_design(folder: Path, **files: str) -> Path:
    """Write Verilog files and their list."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.v").write_text(text)
    (folder / "filelist.f").write_text("".join(f"{name}.v\n" for name in files))
    return folder


def register_sources() -> dict[str, str]:
    names = ("tmr_copy", "voter", "tmr_register")
    sources = {name: (asset_folder("rtl") / f"{name}.v").read_text() for name in names}
    return sources | {"chip": REGISTERS}


ADDER = """
module adder (input [7:0] a_i, input [7:0] b_i, output [8:0] s_o);
  assign s_o = a_i + b_i;
endmodule
"""


def structural_verilog(mapped: Synthesis, name: str) -> str:
    """One mapped module without children as Verilog of scalar wires, which every tool reads."""
    body = mapped.modules[name]
    bits = {bit for port in body["ports"].values() for bit in port["bits"]}
    bits |= {b for c in body["cells"].values() for bus in c["connections"].values() for b in bus}
    text = [f"  wire n{bit};" for bit in sorted(bit for bit in bits if isinstance(bit, int))]
    ports = []
    for port, item in body["ports"].items():
        for index, bit in enumerate(item["bits"]):
            scalar = f"{port}_{index}"
            ports.append(f"{item['direction']} {scalar}")
            left, right = f"n{bit}", scalar
            if item["direction"] == "output":
                left, right = right, wire(bit)
            text.append(f"  assign {left} = {right};")
    for index, item in enumerate(body["cells"].values()):
        pins = ", ".join(f".{pin}({wire(bus[0])})" for pin, bus in item["connections"].items())
        text.append(f"  {item['type']} u{index} ({pins});")
    return f"module {name} ({', '.join(ports)});\n" + "\n".join(text) + "\nendmodule\n"


def wire(bit: Any) -> str:
    return f"n{bit}" if isinstance(bit, int) else f"1'b{bit}"
