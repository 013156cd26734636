"""The netlist of one unique module of the chip: cells, ports and the nets between them."""

from dataclasses import dataclass
from functools import cached_property

from asicae.estimation.mapping import base_name
from asicae.estimation.netlist import FIRST_NET, Flat, Flattener
from asicae.estimation.structure import Structure
from asicae.estimation.synthesis import Synthesis
from asicae.estimation.technology import Technology
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short

Terminal = tuple[str, str]
"""Cell and pin; PIN and port for what leads out of the block, as DEF writes it."""
OUTSIDE = "PIN"
ROUTABLE_CELLS = 2000
"""Up to about here the router's metal comes out whole; larger blocks are tried when named."""


@dataclass(frozen=True)
class Netlist:
    """A block without hierarchy.

    Attributes:
        name: of the module in the source.
        cells: library cell of each instance.
        ports: direction (INPUT, OUTPUT) of each bit of a port.
        nets: what each net joins; at least two terminals.
        tied_pins: pins with a constant for which the library has no cell; left to the power grid.
    """

    name: str
    cells: dict[str, str]
    ports: dict[str, str]
    nets: dict[str, tuple[Terminal, ...]]
    tied_pins: int = 0

    @cached_property
    def by_cell(self) -> dict[str, list[tuple[str, str]]]:
        """Pins that are used of each cell (or of OUTSIDE), with their nets."""
        found: dict[str, list[tuple[str, str]]] = {}
        for net, terminals in self.nets.items():
            for cell, pin in terminals:
                found.setdefault(cell, []).append((pin, net))
        return found


def choose(design: Synthesis, technology: Technology, block: str, instance: str | None) -> str:
    """The unique module to lay out: that of an instance, else one of the name ``block``.

    Without an instance: the largest of at most ``ROUTABLE_CELLS``, else the smallest.

    ``instance``: names of instances from the top to it, with dots between.

    Raises:
        BadInput: the chip has no such module, no such instance, or it is of another module.
    """
    if instance is not None:
        found = _below(design, instance)
        if base_name(found) != block:
            raise BadInput(
                f"--instance: {short(instance)} is a {base_name(found)}, allowed is a {block}"
            )
        return found
    size = Structure(design, technology).size
    candidates = [module for module in design.modules if base_name(module) == block]
    if not candidates:
        known = ", ".join(sorted({base_name(module) for module in design.modules}))
        raise BadInput(f"--block: found {short(block)}, allowed are {known}")
    by_size = sorted(candidates, key=lambda module: (size(module).cells, module))
    routable = [module for module in by_size if size(module).cells <= ROUTABLE_CELLS]
    return routable[-1] if routable else by_size[0]


def _below(design: Synthesis, instance: str) -> str:
    """Module of an instance."""
    module, way = design.top, instance
    while way:
        children = design.children(module)
        # Names of generated instances have dots themselves.
        name = next((n for n in sorted(children) if f"{way}.".startswith(f"{n}.")), None)
        if name is None:
            some = ", ".join(sorted(children)[:8])
            raise BadInput(f"--instance: no {short(way)} in {base_name(module)}, there are {some}")
        module, way = children[name], way[len(name) + 1 :]
    return module


def netlist_of(design: Synthesis, technology: Technology, module: str) -> Netlist:
    """Flatten a mapped module.

    Cells are numbered by kind, nets that are no port are numbered through.

    Raises:
        BadInput: nothing to place.
    """
    name = base_name(module)
    flat = Flattener(design, technology).flatten(module)
    joined: dict[int, list[Terminal]] = {}
    cells: dict[str, str] = {}
    tied = 0
    for kind, matrix in flat.cells.items():
        for number, row in enumerate(matrix.tolist()):
            cell = f"{kind}_{number}"
            cells[cell] = kind
            for pin, net in zip(flat.pins(kind), row, strict=True):
                tied += 0 <= net < FIRST_NET
                if net >= FIRST_NET:
                    joined.setdefault(net, []).append((cell, pin))
    if not cells:
        raise BadInput(f"{name}: has no cells, nothing can be placed")
    ports, names = _ports(flat, joined)
    nets = {
        names.get(net, f"n{net}"): tuple(terminals)
        for net, terminals in sorted(joined.items())
        if len(terminals) > 1
    }
    return Netlist(name, cells, ports, nets, tied)


def _ports(flat: Flat, joined: dict[int, list[Terminal]]) -> tuple[dict[str, str], dict[int, str]]:
    """Directions by bit, and nets that have the name of a port; each port joins its net."""
    ports: dict[str, str] = {}
    names: dict[int, str] = {}
    for port, bits in flat.ports.items():
        for index, net in enumerate(bits.tolist()):
            bit = f"{port}[{index}]" if len(bits) > 1 else port
            # A port without a cell behind it needs no pin.
            if net in joined:
                ports[bit] = "INPUT" if port in flat.inputs else "OUTPUT"
                joined[net].append((OUTSIDE, bit))
                names.setdefault(net, bit)
    return ports, names
