"""Whether the metal of a routed block joins what the netlist joins, and nothing else.

By geometry alone: shapes of one layer that touch are joined, a via joins its shapes, and so does a
cell those of one of its pins. What the router says of its own work is not asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.validation import short
from asicae.layout.def_file import Layout, Segment, Via, terminals_of
from asicae.layout.geometry import Field, Point, Rect, around, placed
from asicae.layout.lef import Lef, Shapes
from asicae.layout.netlist import OUTSIDE, Netlist

_WITHIN = "metal within a cell"
_SQUARE_PITCHES = 10


@dataclass(frozen=True)
class Faults:
    """What is wrong with a routed block.

    Attributes:
        open_nets: nets whose pins are not joined, or that have wires beside.
        shorts: pairs of nets that touch; the second may be power, or metal within a cell.
    """

    open_nets: tuple[str, ...]
    shorts: tuple[tuple[str, str], ...]


class Faulty(CheckFailed):
    """The metal of a block is not its netlist."""


def check_netlist(layout: Layout, netlist: Netlist) -> None:
    """Make sure that a layout is of this netlist: its cells, its ports, and what its nets are for.

    Raises:
        CheckFailed: it is not.
    """
    cells = {name: component.cell for name, component in layout.components.items()}
    ports = {name: port.net for name, port in layout.ports.items()}
    nets = {name: frozenset(net.terminals) for name, net in layout.nets.items()}
    for what, found, expected in (
        ("cells", cells, netlist.cells),
        ("nets", nets, {name: frozenset(t) for name, t in netlist.nets.items()}),
        ("ports", ports, dict(netlist.by_cell.get(OUTSIDE, ()))),
    ):
        if found != expected:
            names = sorted(set(found.items()) ^ set(expected.items()), key=str)
            raise CheckFailed(f"{netlist.name}: {what} differ from the netlist: {names[0][0]}")


def faults(layout: Layout, lef: Lef) -> Faults:
    """Look at all metal of a routed block."""
    metal = Metal(layout, lef)
    return Faults(tuple(metal.pieces()), tuple(sorted(metal.shorts())))


class Metal:
    """All shapes of a block: whose each is, and what is joined.

    Attributes:
        field: the shapes.
        net: of each; of power and of metal within cells a name that no net has.
        made_by: the wire or via that each is of; None for metal of cells and ports.
    """

    def __init__(self, layout: Layout, lef: Lef) -> None:
        self.layout, self.lef = layout, lef
        self.field = Field(_SQUARE_PITCHES * max(1, min(layer.pitch for layer in lef.layers)))
        self.net: list[str] = []
        self.made_by: list[Segment | Via | None] = []
        self.root: list[int] = []
        self._cells()
        for port in layout.ports.values():
            self._take(port.net, ((port.layer, port.rect),))
        self._wires()

    def _take(self, net: str, shapes: Shapes, made_by: Segment | Via | None = None) -> None:
        """Shapes that are joined among themselves."""
        first = len(self.net)
        for layer, rect in shapes:
            self.field.add(layer, rect)
            self.net.append(net)
            self.made_by.append(made_by)
            self.root.append(first)

    def _cells(self) -> None:
        terminals = terminals_of(self.layout.nets)
        for name, component in self.layout.components.items():
            if component.cell not in self.lef.macros:
                raise BadInput(f"{component.cell}: the LEF has no such cell")
            macro = self.lef.macros[component.cell]

            def here(shapes: Shapes, at: Point, turn: str, size: tuple[int, int]) -> Shapes:
                return tuple(
                    (layer, placed(rect, *size, turn).moved(*at)) for layer, rect in shapes
                )

            how = (component.place, component.orientation, (macro.width, macro.height))
            for pin in macro.pins.values():
                net = terminals.get((name, pin.name), f"{name}/{pin.name}")
                if (name, pin.name) in terminals and not pin.shapes:
                    raise BadInput(f"{component.cell}: pin {pin.name} has no metal in the LEF")
                self._take(pin.name if pin.supply else net, here(pin.shapes, *how))
            self._take(_WITHIN, here(macro.obstructions, *how))

    def _wires(self) -> None:
        for name, net in self.layout.nets.items():
            for segment in net.segments:
                self._take(name, (wire(segment, self.lef),), segment)
            for via in net.vias:
                self._take(name, via_shapes(via, self.layout, self.lef), via)

    def _find(self, number: int) -> int:
        while self.root[number] != number:
            self.root[number] = self.root[self.root[number]]
            number = self.root[number]
        return number

    def contacts(self) -> Iterator[tuple[int, int]]:
        """Pairs of shapes that touch, of which one at least was routed."""
        for number, (layer, rect) in enumerate(self.field.rects):
            if self.made_by[number] is not None:
                for other in self.field.touching(layer, rect):
                    if other != number:
                        yield number, other

    def pieces(self) -> dict[str, list[list[int]]]:
        """Numbers of shapes that are joined, of nets whose pins and wires are not one piece."""
        for number, other in self.contacts():
            if self.net[number] == self.net[other]:
                self.root[self._find(number)] = self._find(other)
        found: dict[str, dict[int, list[int]]] = {name: {} for name in self.layout.nets}
        for number, name in enumerate(self.net):
            if name in found:
                found[name].setdefault(self._find(number), []).append(number)
        return {name: list(p.values()) for name, p in sorted(found.items()) if len(p) != 1}

    def shorts(self) -> set[tuple[str, str]]:
        """Pairs of nets that touch."""
        found = set()
        for number, other in self.contacts():
            if self.net[number] != self.net[other]:
                pair = sorted((self.net[number], self.net[other]))
                found.add((pair[0], pair[1]))
        return found


def wire(segment: Segment, lef: Lef) -> tuple[str, Rect]:
    """Layer and metal of a wire.

    Raises:
        BadInput: no wires run on such a layer.
    """
    rect = around([segment.begin, segment.end])
    half = (segment.width or lef.layer(segment.layer).width) // 2
    along = 0 if segment.width else half
    x, y = (along, half) if segment.begin.y == segment.end.y else (half, along)
    return segment.layer, Rect(rect.left - x, rect.bottom - y, rect.right + x, rect.top + y)


def via_shapes(via: Via, layout: Layout, lef: Lef) -> Shapes:
    """Metal of a via, and the cut between.

    Raises:
        BadInput: neither the layout nor the LEF describes it.
    """
    shapes = layout.vias.get(via.name) or lef.vias.get(via.name)
    if shapes is None:
        raise BadInput(f"via {short(via.name)} is not described")
    return tuple((layer, rect.moved(*via.place)) for layer, rect in shapes)
