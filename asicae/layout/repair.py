"""Small faults of the router, put right: gaps in a net, vias that touch another one.

qrouter moves a via off the tracks where it would come too near to its neighbour, and does not
always draw the piece of wire that then is missing: a few nanometres between via and pin. Or the
via touches what is on the other side; the technology has others for the same two layers, whose
metal lies across. Whether all is well then is for ``check`` to find.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from asicae.layout.check import Metal
from asicae.layout.def_file import Layout, Segment, Via
from asicae.layout.geometry import Point, Rect
from asicae.layout.lef import Lef


@dataclass(frozen=True)
class _Gap:
    """Between two shapes of a net: how wide, and the wire that closes it."""

    width: int
    pieces: tuple[int, int]
    wire: Segment


def close_gaps(layout: Layout, lef: Lef) -> int:
    """Join the pieces of nets that lie within a pitch, shortest gaps first; how many."""
    metal = Metal(layout, lef)
    closed = 0
    for name, pieces in metal.pieces().items():
        piece = {number: n for n, numbers in enumerate(pieces) for number in numbers}
        root = list(range(len(pieces)))
        for gap in sorted(_gaps(metal, lef, piece), key=lambda gap: (gap.width, gap.wire.layer)):
            first, second = (_find(root, n) for n in gap.pieces)
            if first != second:
                root[first] = second
                layout.nets[name].segments.append(gap.wire)
                closed += 1
    return closed


def swap_vias(layout: Layout, lef: Lef) -> int:
    """Put other vias in the place of those that touch another net; how many."""
    metal = Metal(layout, lef)
    shapes = {**lef.vias, **layout.vias}
    swapped = 0
    for number, other in list(metal.contacts()):
        via, name = metal.made_by[number], metal.net[number]
        if name == metal.net[other] or not isinstance(via, Via):
            continue
        vias = layout.nets[name].vias
        layers = {layer for layer, _ in shapes[via.name]}
        for candidate in sorted(n for n in shapes if {la for la, _ in shapes[n]} == layers):
            moved = [(layer, rect.moved(*via.place)) for layer, rect in shapes[candidate]]
            if via in vias and not _meets_others(metal, name, moved):
                vias[vias.index(via)] = replace(via, name=candidate)
                swapped += 1
    return swapped


def _meets_others(metal: Metal, net: str, shapes: Iterable[tuple[str, Rect]]) -> bool:
    near = (n for layer, rect in shapes for n in metal.field.touching(layer, rect))
    return any(metal.net[number] != net for number in near)


def _find(root: list[int], number: int) -> int:
    while root[number] != number:
        number = root[number]
    return number


def _gaps(metal: Metal, lef: Lef, piece: dict[int, int]) -> Iterator[_Gap]:
    """All small gaps between pieces of one net."""
    layers = {layer.name: layer for layer in lef.layers}
    for number, own in piece.items():
        name, rect = metal.field.rects[number]
        if name not in layers:
            continue
        reach = layers[name].pitch
        near = Rect(rect.left - reach, rect.bottom - reach, rect.right + reach, rect.top + reach)
        for other in metal.field.touching(name, near):
            if piece.get(other, own) > own:
                found = _between(rect, metal.field.rects[other][1], name, layers[name].width)
                if found is not None:
                    yield _Gap(found.length, (own, piece[other]), found)


def _between(a: Rect, b: Rect, layer: str, width: int) -> Segment | None:
    """A wire from one shape straight to the other, as wide as both see of each other."""
    left, right = max(a.left, b.left), min(a.right, b.right)
    bottom, top = max(a.bottom, b.bottom), min(a.top, b.top)
    if left < right and bottom > top:
        x, wide = (left + right) // 2, max(width, (right - left) // 2 * 2)
        return Segment(layer, Point(x, top), Point(x, bottom), wide)
    if bottom < top and left > right:
        y, wide = (bottom + top) // 2, max(width, (top - bottom) // 2 * 2)
        return Segment(layer, Point(right, y), Point(left, y), wide)
    return None
