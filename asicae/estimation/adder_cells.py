"""Full-adder cells of a library, put one to one where the RTL instantiates its full adder.

ABC maps to cells of one output only, and would dissolve an adder tree into gates: more area, and
unequal delays that make glitches.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from asicae.estimation.technology import Cell, Technology

FULL_ADDER = "full_adder"
"""The module of the RTL, in a file of that name: ports a_i, b_i, c_i, sum_o and carry_o."""


@dataclass(frozen=True)
class AdderCell:
    """A cell with a sum and a carry of three inputs, which stand in the order of the library."""

    name: str
    inputs: tuple[str, ...]
    sum: str
    carry: str


def _truth(function: Callable[[int], bool]) -> tuple[bool, ...]:
    return tuple(function(sum(bits)) for bits in product((0, 1), repeat=3))


_SUM = _truth(lambda ones: ones % 2 == 1)
_CARRY = _truth(lambda ones: ones >= 2)


def full_adder(technology: Technology) -> AdderCell | None:
    """The smallest full adder of a library, known by its functions; None where there is none."""
    found = [(cell.area, cell.name, adder) for cell in _usable(technology) if (adder := _as(cell))]
    return min(found, key=lambda item: item[:2])[2] if found else None


def _usable(technology: Technology) -> list[Cell]:
    return [cell for cell in technology.cells.values() if cell.storage is None and cell.mapped]


def _as(cell: Cell) -> AdderCell | None:
    if len(cell.inputs) != 3 or len(cell.outputs) != 2:
        return None
    truths = {}
    for pin in cell.outputs:
        function = cell.pins[pin].function
        if function is None or not set(function.names) <= set(cell.inputs):
            return None
        truths[function.truth(cell.inputs)] = pin
    if set(truths) != {_SUM, _CARRY}:
        return None
    return AdderCell(cell.name, cell.inputs, truths[_SUM], truths[_CARRY])


def adder_verilog(technology: Technology) -> str:
    """Verilog of the RTL's full adder, WIDTH cells side by side, and of the cell as a black box;
    nothing where the library has none.
    """
    adder = full_adder(technology)
    if adder is None:
        return ""
    inputs = ", ".join(f"input \\{pin} " for pin in adder.inputs)
    wires = [*zip(adder.inputs, ("a_i", "b_i", "c_i"), strict=True)]
    wires += [(adder.sum, "sum_o"), (adder.carry, "carry_o")]
    pins = ", ".join(f".\\{pin} ({wire})" for pin, wire in wires)
    return f"""(* blackbox *)
module \\{adder.name} ({inputs}, output \\{adder.sum} , output \\{adder.carry} );
endmodule
module {FULL_ADDER} #(parameter integer WIDTH = 1) (
  input wire [WIDTH-1:0] a_i, input wire [WIDTH-1:0] b_i, input wire [WIDTH-1:0] c_i,
  output wire [WIDTH-1:0] sum_o, output wire [WIDTH-1:0] carry_o
);
  \\{adder.name} u_cell [WIDTH-1:0] ({pins});
endmodule
"""
