"""Lengths of a routed block."""

from collections import defaultdict
from collections.abc import Iterable

from asicae.estimation.technology import Technology
from asicae.layout.def_file import Layout, Net, Segment
from asicae.layout.geometry import Rect
from asicae.layout.lef import Lef
from asicae.layout.netlist import OUTSIDE, Netlist
from asicae.layout.record import NetWire

_HORIZONTAL, _VERTICAL = False, True


def wire_by_layer(nets: Iterable[Net]) -> dict[str, int]:
    """Length of wires by layer, in database units.

    What a net has twice at a place counts once; metal that only widens a wire does not count.
    """
    total: dict[str, int] = defaultdict(int)
    for net in nets:
        lines: dict[tuple[str, bool, int], list[tuple[int, int]]] = defaultdict(list)
        for segment in net.segments:
            if segment.width is None and segment.length:
                lines[_line(segment)].append(_interval(segment))
        for (layer, _, _), intervals in lines.items():
            total[layer] += _covered(intervals)
    return dict(sorted(total.items()))


def _line(segment: Segment) -> tuple[str, bool, int]:
    if segment.begin.x == segment.end.x:
        return segment.layer, _VERTICAL, segment.begin.x
    return segment.layer, _HORIZONTAL, segment.begin.y


def _interval(segment: Segment) -> tuple[int, int]:
    axis = 1 if segment.begin.x == segment.end.x else 0
    low, high = sorted((segment.begin[axis], segment.end[axis]))
    return low, high


def _covered(intervals: list[tuple[int, int]]) -> int:
    total, reached = 0, min(low for low, _ in intervals)
    for low, high in sorted(intervals):
        total += max(0, high - max(low, reached))
        reached = max(reached, high)
    return total


def driven_pins(netlist: Netlist, technology: Technology) -> dict[str, int]:
    """How many pins of cells each net drives."""
    inputs = {kind: frozenset(technology.cell(kind).inputs) for kind in netlist.cells.values()}
    return {
        name: sum(c != OUTSIDE and pin in inputs[netlist.cells[c]] for c, pin in terminals)
        for name, terminals in netlist.nets.items()
    }


def net_wires(layout: Layout, pins: dict[str, int]) -> dict[str, NetWire]:
    """What each net takes."""
    return {
        name: NetWire(
            pins=pins[name],
            wire_um=round(sum(wire_by_layer([net]).values()) / layout.units, 4),
            vias=len(net.vias),
        )
        for name, net in layout.nets.items()
    }


def core(layout: Layout, lef: Lef) -> Rect:
    """What the rows of cells cover together."""
    rects = []
    for component in layout.components.values():
        macro = lef.macros[component.cell]
        left, bottom = component.place
        rects.append(Rect(left, bottom, left + macro.width, bottom + macro.height))
    return Rect(
        min(rect.left for rect in rects),
        min(rect.bottom for rect in rects),
        max(rect.right for rect in rects),
        max(rect.top for rect in rects),
    )


def um(layout: Layout, rect: Rect) -> tuple[float, float]:
    """Width and height of a rectangle, um."""
    return (rect.right - rect.left) / layout.units, (rect.top - rect.bottom) / layout.units
