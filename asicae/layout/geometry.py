"""Rectangles of a layout, in database units of its library.

All are closed: shapes that touch are joined, as metal is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from asicae.foundation.errors import BadInput

ORIENTATIONS = ("N", "S", "FN", "FS")
"""Of a cell in a row, as LEF and DEF name them: as drawn, turned by half, mirrored at the vertical
and at the horizontal axis."""


MAX_SQUARES = 1_000_000
"""That one shape may cover: more than the longest wire of a block, less than what never ends."""


class Point(NamedTuple):
    """A place."""

    x: int
    y: int


class Rect(NamedTuple):
    """Lower left and upper right corner."""

    left: int
    bottom: int
    right: int
    top: int

    def moved(self, x: int, y: int) -> "Rect":
        """It, somewhere else."""
        return Rect(self.left + x, self.bottom + y, self.right + x, self.top + y)

    def touches(self, other: "Rect") -> bool:
        """Whether they have a point in common."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.bottom <= other.top
            and other.bottom <= self.top
        )

    def overlaps(self, other: "Rect") -> bool:
        """Whether they have an area in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    @property
    def area(self) -> int:
        """Of it."""
        return (self.right - self.left) * (self.top - self.bottom)


def around(points: Iterable[Point]) -> Rect:
    """The smallest rectangle that has all of the points."""
    xs, ys = zip(*points, strict=True)
    return Rect(min(xs), min(ys), max(xs), max(ys))


def placed(rect: Rect, width: int, height: int, orientation: str) -> Rect:
    """A rectangle of a cell of this size, whose lower left is (0, 0) however it is turned."""
    left, bottom, right, top = rect
    if orientation in ("S", "FN"):
        left, right = width - right, width - left
    if orientation in ("S", "FS"):
        bottom, top = height - top, height - bottom
    return Rect(left, bottom, right, top)


def rectangles(corners: Sequence[Point]) -> list[Rect]:
    """A polygon with sides along the axes as rectangles that lie above each other.

    Raises:
        ValueError: a side is slanted.
    """
    sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    if any(a.x != b.x and a.y != b.y for a, b in sides):
        raise ValueError("a side of a polygon is slanted")
    levels = sorted({corner.y for corner in corners})
    found = []
    for bottom, top in pairwise(levels):
        crossings = sorted(
            a.x for a, b in sides if a.x == b.x and min(a.y, b.y) <= bottom < max(a.y, b.y)
        )
        pairs = zip(crossings[::2], crossings[1::2], strict=True)
        found += [Rect(left, bottom, right, top) for left, right in pairs]
    return found


class Field:
    """Rectangles by layer, found again by place: squares of ``side`` units.

    Raises:
        BadInput: a rectangle that covers more of them than any that is meant.
    """

    def __init__(self, side: int) -> None:
        self._side = side
        self._squares: dict[tuple[str, int, int], list[int]] = defaultdict(list)
        self.rects: list[tuple[str, Rect]] = []

    def add(self, layer: str, rect: Rect) -> int:
        """Take one in; its number."""
        number = len(self.rects)
        self.rects.append((layer, rect))
        for square in self._under(layer, rect):
            self._squares[square].append(number)
        return number

    def touching(self, layer: str, rect: Rect) -> set[int]:
        """Numbers of those on a layer that touch a rectangle."""
        near = {n for square in self._under(layer, rect) for n in self._squares.get(square, ())}
        return {n for n in near if self.rects[n][1].touches(rect)}

    def _under(self, layer: str, rect: Rect) -> Iterator[tuple[str, int, int]]:
        columns = range(rect.left // self._side, rect.right // self._side + 1)
        rows = range(rect.bottom // self._side, rect.top // self._side + 1)
        if len(columns) * len(rows) > MAX_SQUARES:
            raise BadInput(f"a shape on {layer} is {len(columns)} x {len(rows)} times {self._side}")
        return ((layer, x, y) for x in columns for y in rows)
