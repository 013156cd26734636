"""Modules of the RTL that one cell of a library can be: Verilog that puts the cell in their place.

A module that a library has no cell for stays what its Verilog says.
"""

from collections.abc import Collection

from asicae.chip.triplication import CLOCK_GATE_MODULE
from asicae.estimation.adder_cells import FULL_ADDER, adder_verilog
from asicae.estimation.technology import Cell, Technology


def leaf_verilog(technology: Technology, modules: Collection[str]) -> str:
    """Verilog of those of ``modules`` for which there is a cell, with empty modules of the cells;
    nothing where there is none.
    """
    known = {CLOCK_GATE_MODULE: _gate_verilog, FULL_ADDER: adder_verilog}
    return "".join(text(technology) for module, text in known.items() if module in modules)


def _gate_verilog(technology: Technology) -> str:
    cell = clock_gate(technology)
    if cell is None or cell.clock_gate is None:
        return ""
    gate = cell.clock_gate
    pins = {gate.clock: "clk_i", gate.enable: "en_i", gate.output: "clk_o"}
    pins |= {gate.test: "1'b0"} if gate.test else {}
    ports = ", ".join(f"{cell.pins[pin].direction} \\{pin} " for pin in pins)
    connections = ", ".join(f".\\{pin} ({net})" for pin, net in pins.items())
    return (
        f"(* blackbox *) module \\{cell.name} ({ports}); endmodule\n"
        "(* keep_hierarchy = 1 *) (* keep = 1 *)\n"
        f"module {CLOCK_GATE_MODULE} (input clk_i, input en_i, output clk_o);\n"
        f"  \\{cell.name} u_cell ({connections});\n"
        "endmodule\n"
    )


def clock_gate(technology: Technology) -> Cell | None:
    """The smallest clock gate of a library for registers of the rising edge, without a test pin
    where there is one; None where there is none.
    """
    found = [
        (cell.clock_gate.test is not None, cell.area, cell.name)
        for cell in technology.cells.values()
        if cell.clock_gate is not None and cell.clock_gate.function is not None
    ]
    return technology.cell(min(found)[2]) if found else None
