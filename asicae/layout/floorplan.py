"""A placement on the tracks of a die: pins of cells lie on tracks, ports at the edges."""

from dataclasses import dataclass

from asicae.layout.def_file import Component, Layout, Net, Port
from asicae.layout.geometry import Point, Rect
from asicae.layout.grid import Grid, spread
from asicae.layout.lef import Lef
from asicae.layout.netlist import OUTSIDE, Netlist
from asicae.layout.placement import Place, Placement, macro_of

MARGIN_PITCHES = 4
"""From the cells to the edges: room for a via and a bend."""
_LEFT, _RIGHT, _BOTTOM, _TOP = -1, -2, -3, -4
"""Sides, by the numbers that the placer gives them."""
_UPRIGHT = (_LEFT, _RIGHT)


def floorplan(placement: Placement, netlist: Netlist, lef: Lef, grid: Grid) -> Layout:
    """A block without wires; the corner of its die is (0, 0), which is on a track.

    Raises:
        BadInput: the LEF lacks a cell.
    """
    boxes = [place.box for place in placement.cells.values()]
    corner = Point(min(box.left for box in boxes), min(box.bottom for box in boxes))
    margin = Point(MARGIN_PITCHES * grid.x + grid.x // 2, MARGIN_PITCHES * grid.y + grid.y // 2)
    move = Point(margin.x - corner.x, margin.y - corner.y)
    across = _Edges(placement, (_BOTTOM, _TOP), grid.x, margin.x, move.x)
    along = _Edges(placement, _UPRIGHT, grid.y, margin.y, move.y)
    x = across.spread(max(box.right for box in boxes) + move.x)
    y = along.spread(max(box.top for box in boxes) + move.y)
    die = Rect(0, 0, across.end, along.end)
    components = {
        name: Component(
            macro_of(lef, netlist.cells[name]).name,
            Point(place.box.left + move.x + across.grown, place.box.bottom + move.y + along.grown),
            place.orientation,
        )
        for name, place in sorted(placement.cells.items())
    }
    layout = Layout(netlist.name, lef.units, die, components)
    layout.nets = {name: Net(terminals) for name, terminals in netlist.nets.items()}
    nets = dict(netlist.by_cell.get(OUTSIDE, ()))
    for port, place in placement.ports.items():
        layer, rect = _port(grid, die, place.row, {**x, **y}[port])
        layout.ports[port] = Port(nets[port], netlist.ports[port], layer, rect)
    return layout


@dataclass
class _Edges:
    """The ports of two opposite sides in one direction.

    Attributes:
        pitch: from track to track.
        margin: in front of the first cell.
        move: of what the placer put somewhere.
        grown: how much the die grew in front, if there are more ports than tracks.
        end: of the die.
    """

    placement: Placement
    sides: tuple[int, int]
    pitch: int
    margin: int
    move: int
    grown: int = 0
    end: int = 0

    def spread(self, last: int) -> dict[str, int]:
        """Where each port is, on a track; ``last``: where the cells end."""
        first_track, last_track = -(-self.margin // self.pitch), last // self.pitch
        found: dict[str, int] = {}
        for side in self.sides:
            members = {n: p for n, p in self.placement.ports.items() if p.row == side}
            wanted = [self._middle(place) for place in members.values()]
            tracks = spread(wanted, self.pitch, first_track, last_track)
            found |= dict(zip(members, tracks, strict=True))
        lowest = min([1, *found.values()])
        highest = max([-(-last // self.pitch), *found.values()])
        self.grown = (1 - lowest) * self.pitch
        self.end = (highest + MARGIN_PITCHES) * self.pitch + self.grown
        return {name: track * self.pitch + self.grown for name, track in found.items()}

    def _middle(self, place: Place) -> float:
        box = place.box
        ends = (box.bottom, box.top) if self.sides == _UPRIGHT else (box.left, box.right)
        return sum(ends) / 2 + self.move


def _port(grid: Grid, die: Rect, side: int, middle: int) -> tuple[str, Rect]:
    """Layer and metal of a port: from the edge to half a width behind the second track."""
    upright = side in _UPRIGHT
    layer = grid.of_direction(vertical=not upright)
    half = layer.width // 2
    low, high, deep = middle - half, middle + half, 2 * (grid.x if upright else grid.y) + half
    rect = {
        _LEFT: Rect(0, low, deep, high),
        _RIGHT: Rect(die.right - deep, low, die.right, high),
        _BOTTOM: Rect(low, 0, high, deep),
        _TOP: Rect(low, die.top - deep, high, die.top),
    }[side]
    return layer.name, rect
