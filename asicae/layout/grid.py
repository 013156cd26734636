"""Where wires of a block may run, and where its cells and ports lie relative to that.

The router knows one pitch a direction, the smallest of all layers; a layer of a wider pitch uses
each second, third, ... of its tracks. Cells are drawn so that their pins lie on tracks which begin
half a pitch from their corner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from asicae.foundation.errors import BadInput
from asicae.layout.def_file import Tracks
from asicae.layout.geometry import Rect
from asicae.layout.lef import Layer, Lef

ROUTING_LAYERS = 6
"""Of those that the technology has; a chip keeps the upper ones for power and clock."""
_LEAST_LAYERS = 3


@dataclass(frozen=True)
class Grid:
    """Pitches in database units.

    Attributes:
        layers: on which wires run, from below.
        x: from one vertical track to the next.
        y: from one horizontal track to the next.
    """

    layers: tuple[Layer, ...]
    x: int
    y: int

    @classmethod
    def of(cls, lef: Lef, layers: int = ROUTING_LAYERS) -> "Grid":
        """That of a technology.

        Raises:
            BadInput: fewer layers than routing takes, or two that lie side by side run alike.
        """
        used = tuple(lef.layers[:layers])
        if len(used) < _LEAST_LAYERS:
            raise BadInput(f"the LEF has {len(used)} routing layers, needed are {_LEAST_LAYERS}")
        if any(a.vertical == b.vertical for a, b in pairwise(used)):
            raise BadInput("the LEF has routing layers of one direction side by side")
        x, y = (min(layer.pitch for layer in used if layer.vertical is v) for v in (True, False))
        return cls(used, x, y)

    def pitch(self, layer: Layer) -> int:
        """From one track of a layer to the next."""
        smallest = self.x if layer.vertical else self.y
        return smallest * -(-layer.pitch // smallest)

    def tracks(self, die: Rect) -> list[Tracks]:
        """Those of all layers on a die, which begins with a track in both directions."""
        found = []
        for layer in self.layers:
            first, last = (die.left, die.right) if layer.vertical else (die.bottom, die.top)
            step = self.pitch(layer)
            count = (last - first) // step + 1
            found.append(Tracks(layer.name, layer.vertical, first, count, step))
        return found

    def of_direction(self, vertical: bool) -> Layer:
        """The second or third layer from below: the one on which ports of a direction lie."""
        return next(layer for layer in self.layers[1:] if layer.vertical is vertical)


def spread(wanted: Sequence[float], step: int, first: int, last: int) -> list[int]:
    """Different tracks for ports of one side, each as near to where it is wanted as can be.

    ``first`` and ``last``: tracks, numbered by their place over ``step``, that may be taken; more
    are, on both ends, if they do not suffice. Two tracks lie between neighbours where there is
    room, so that wires and vias of one do not block the other.
    """
    count = len(wanted)
    gap = 2 if (last - first) // 2 + 1 >= count else 1
    lack = max(0, (count - 1) * gap - (last - first))
    first, last = first - lack // 2, last + (lack + 1) // 2
    order = sorted(range(count), key=lambda i: wanted[i])
    tracks: dict[int, int] = {}
    before = first - gap
    for rank, index in enumerate(order):
        highest = last - gap * (count - 1 - rank)
        before = min(max(round(wanted[index] / step), before + gap), highest)
        tracks[index] = before
    return [tracks[index] for index in range(count)]
