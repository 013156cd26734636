"""Design exchange format: a block that is placed, and one that is routed.

LEF/DEF 5.7 Language Reference (Cadence, 2009); of it what a router of standard cells writes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_text
from asicae.foundation.validation import one_line, short
from asicae.layout.geometry import ORIENTATIONS, Point, Rect, around
from asicae.layout.lef import Shapes
from asicae.layout.netlist import Terminal

MAX_BYTES = 64 << 20
_TOKEN = re.compile(r'#[^\n]*|"[^"]*"|[^\s]+')
_MAX_COORDINATE = 2**31
_SECTIONS = ("VIAS", "COMPONENTS", "PINS", "BLOCKAGES", "SPECIALNETS", "NETS")


@dataclass(frozen=True)
class Component:
    """A placed cell: its lower left corner and how it is turned."""

    cell: str
    place: Point
    orientation: str


@dataclass(frozen=True)
class Port:
    """What leads out of the block: net, direction, layer and metal."""

    net: str
    direction: str
    layer: str
    rect: Rect


@dataclass(frozen=True)
class Segment:
    """A straight wire between two places.

    Attributes:
        layer: on which it runs.
        begin: a place on its middle.
        end: another one.
        width: its own, of a wire that ends where its last place is; None for a wire of the width
            of its layer, which goes on for half of that.
    """

    layer: str
    begin: Point
    end: Point
    width: int | None = None

    @property
    def length(self) -> int:
        """From place to place."""
        return abs(self.end.x - self.begin.x) + abs(self.end.y - self.begin.y)


@dataclass(frozen=True)
class Via:
    """A via by name, where it is, and the layer from which it is reached."""

    name: str
    place: Point
    layer: str


@dataclass
class Net:
    """What it is to join, and what it is made of."""

    terminals: tuple[Terminal, ...]
    segments: list[Segment] = field(default_factory=list)
    vias: list[Via] = field(default_factory=list)


@dataclass
class Layout:
    """A block; lengths in database units.

    Attributes:
        name: of the block.
        units: database units in a micrometre.
        die: what it covers.
        components: by instance.
        ports: by bit.
        nets: by name.
        vias: shapes of those that the file describes itself.
    """

    name: str
    units: int
    die: Rect
    components: dict[str, Component] = field(default_factory=dict)
    ports: dict[str, Port] = field(default_factory=dict)
    nets: dict[str, Net] = field(default_factory=dict)
    vias: dict[str, Shapes] = field(default_factory=dict)


@dataclass(frozen=True)
class Tracks:
    """Where wires of a layer may run: one at ``first``, then ``count`` in all, each a step on."""

    layer: str
    vertical: bool
    first: int
    count: int
    step: int


def def_text(layout: Layout, tracks: Sequence[Tracks] = ()) -> str:
    """A block as text; with ``tracks`` as routers want it."""
    die = layout.die
    lines = [
        *("VERSION 5.6 ;", "NAMESCASESENSITIVE ON ;", 'DIVIDERCHAR "/" ;', 'BUSBITCHARS "[]" ;'),
        f"DESIGN {layout.name} ;",
        f"UNITS DISTANCE MICRONS {layout.units} ;",
        f"DIEAREA ( {die.left} {die.bottom} ) ( {die.right} {die.top} ) ;",
    ]
    for row in tracks:
        axis = "X" if row.vertical else "Y"
        lines.append(
            f"TRACKS {axis} {row.first} DO {row.count} STEP {row.step} LAYER {row.layer} ;"
        )
    if layout.vias:
        lines.append(f"VIAS {len(layout.vias)} ;")
        for name, shapes in layout.vias.items():
            lines += [f"- {name}", *(f"  + RECT {layer} {_corners(r)}" for layer, r in shapes), ";"]
        lines.append("END VIAS")
    lines.append(f"COMPONENTS {len(layout.components)} ;")
    for name, cell in layout.components.items():
        lines.append(f"- {name} {cell.cell} + PLACED {_place(cell.place)} {cell.orientation} ;")
    lines += ["END COMPONENTS", f"PINS {len(layout.ports)} ;"]
    for name, port in layout.ports.items():
        corner = Point(port.rect.left, port.rect.bottom)
        size = port.rect.moved(-corner.x, -corner.y)
        lines += [
            f"- {name} + NET {port.net} + DIRECTION {port.direction}",
            f"  + LAYER {port.layer} {_corners(size)} + PLACED {_place(corner)} N ;",
        ]
    # qrouter finds a net again by its name at the end of a line.
    lines += ["END PINS", f"NETS {len(layout.nets)} ;"]
    for name, net in layout.nets.items():
        lines += [f"- {name}", *(f"  ( {cell} {pin} )" for cell, pin in net.terminals)]
        lines += [*_routed(net), "  ;"]
    lines.append("END NETS")
    wide = {name: _widened(net) for name, net in layout.nets.items()}
    if any(wide.values()):
        lines.append(f"SPECIALNETS {sum(map(bool, wide.values()))} ;")
        for name, paths in wide.items():
            lines += [f"- {name}", *paths, "  ;"] if paths else []
        lines.append("END SPECIALNETS")
    return "\n".join([*lines, "END DESIGN", ""])


def _place(point: Point) -> str:
    return f"( {point.x} {point.y} )"


def _corners(rect: Rect) -> str:
    return f"( {rect.left} {rect.bottom} ) ( {rect.right} {rect.top} )"


def _routed(net: Net) -> list[str]:
    """Wires of the width of their layer, and vias."""
    paths = [
        f"{s.layer} {_place(s.begin)} {_place(s.end)}" for s in net.segments if s.width is None
    ]
    paths += [f"{via.layer} {_place(via.place)} {via.name}" for via in net.vias]
    return _new(paths)


def _widened(net: Net) -> list[str]:
    """Wires of their own width."""
    return _new(
        f"{s.layer} {s.width} {_place(s.begin)} {_place(s.end)}"
        for s in net.segments
        if s.width is not None
    )


def _new(paths: Iterable[str]) -> list[str]:
    return [f"  {'NEW' if n else '+ ROUTED'} {path}" for n, path in enumerate(paths)]


def read_def(path: Path) -> Layout:
    """A block from a file.

    Raises:
        BadInput: unreadable, or not what is supported; names the file.
    """
    try:
        return _Reader(read_text(path, MAX_BYTES)).design()
    except StopIteration:
        raise BadInput(f"{path}: ends within a statement") from None
    except (ValueError, IndexError) as error:
        raise BadInput(f"{path}: {one_line(str(error), 160)}") from None


class _Reader:
    """Reads one text."""

    def __init__(self, text: str) -> None:
        self.tokens = (t for t in _TOKEN.findall(text) if not t.startswith("#"))

    def rest(self) -> list[str]:
        """Words up to the semicolon."""
        found = []
        while (word := next(self.tokens)) != ";":
            found.append(word)
        return found

    def entries(self, section: str) -> Iterator[list[str]]:
        """Entries of a section, each from behind its hyphen."""
        self.rest()
        while (word := next(self.tokens)) == "-":
            yield self.rest()
        if word != "END" or next(self.tokens) != section:
            raise ValueError(f"{section}: found {short(word)}, allowed are '-' and END {section}")

    def design(self) -> Layout:
        """The whole text."""
        said: dict[str, list[str]] = {}
        found: dict[str, dict[str, list[str]]] = {name: {} for name in _SECTIONS}
        while (word := next(self.tokens)) != "END":
            if word in _SECTIONS:
                entries = list(self.entries(word))
                found[word] = {entry[0]: entry[1:] for entry in entries if entry}
                if len(found[word]) != len(entries):
                    raise ValueError(f"{word}: a name stands there twice")
            else:
                said[word] = self.rest()
        for key in ("DESIGN", "UNITS", "DIEAREA"):
            if not said.get(key):
                raise ValueError(f"has no {key}")
        corners = _points(said["DIEAREA"])
        if len(corners) != 2:
            raise ValueError("DIEAREA: allowed are two corners")
        layout = Layout(said["DESIGN"][0], _whole(said["UNITS"][-1]), around(corners))
        layout.vias = {name: tuple(_via(words)) for name, words in found["VIAS"].items()}
        layout.components = {n: _component(n, words) for n, words in found["COMPONENTS"].items()}
        layout.ports = {name: _port(name, words) for name, words in found["PINS"].items()}
        layout.nets = {name: _net(name, words) for name, words in found["NETS"].items()}
        for name, words in found["SPECIALNETS"].items():
            if name not in layout.nets:
                raise ValueError(f"SPECIALNETS: {short(name)} is none of NETS")
            _wires(name, layout.nets[name], words, own_width=True)
        return layout


def _properties(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Parts that begin with a plus, by their first word."""
    part: list[str] = []
    for word in [*words, "+"]:
        if word != "+":
            part.append(word)
            continue
        if part:
            yield part[0], part[1:]
        part = []


def _points(words: Sequence[str]) -> list[Point]:
    """Places in brackets; ``*`` repeats what came before, a third number is an extension."""
    found: list[Point] = []
    inside: list[str] | None = None
    for word in words:
        if word == "(":
            inside = []
        elif word == ")":
            if inside is None or len(inside) not in (2, 3):
                raise ValueError("a place has two numbers")
            if "*" in inside[:2] and not found:
                raise ValueError("a place repeats one before, and there is none")
            x, y = (
                found[-1][axis] if text == "*" else _whole(text)
                for axis, text in enumerate(inside[:2])
            )
            found.append(Point(x, y))
            inside = None
        elif inside is not None:
            inside.append(word)
    if inside is not None:
        raise ValueError("a bracket stays open")
    return found


def _whole(text: str) -> int:
    value = int(text)
    if abs(value) >= _MAX_COORDINATE:
        raise ValueError(f"{text} is too large for a place")
    return value


def _via(words: Sequence[str]) -> Iterator[tuple[str, Rect]]:
    for key, rest in _properties(words):
        if key != "RECT":
            raise ValueError(f"VIAS: {key} is not supported")
        low, high = _points(rest)
        yield rest[0], around([low, high])


def _component(name: str, words: Sequence[str]) -> Component:
    for key, rest in _properties(words[1:]):
        if key in ("PLACED", "FIXED"):
            if rest[-1] not in ORIENTATIONS:
                raise ValueError(f"{name}: orientation {short(rest[-1])}")
            return Component(words[0], _points(rest)[0], rest[-1])
    raise ValueError(f"{name}: is not placed")


def _port(name: str, words: Sequence[str]) -> Port:
    said = dict(_properties(words))
    for key in ("NET", "LAYER", "PLACED"):
        if key not in said:
            raise ValueError(f"pin {name}: has no {key}")
    low, high = _points(said["LAYER"])
    place = _points(said["PLACED"])[0]
    if said["PLACED"][-1] != "N":
        raise ValueError(f"pin {name}: turned pins are not supported")
    rect = around([low, high]).moved(*place)
    return Port(said["NET"][0], said.get("DIRECTION", [""])[0], said["LAYER"][0], rect)


def _net(name: str, words: Sequence[str]) -> Net:
    plus = words.index("+") if "+" in words else len(words)
    terminals = [word for word in words[:plus] if word not in ("(", ")")]
    if len(terminals) % 2:
        raise ValueError(f"net {name}: a terminal has two words")
    net = Net(tuple(zip(terminals[::2], terminals[1::2], strict=True)))
    _wires(name, net, words[plus:])
    return net


def _wires(name: str, net: Net, words: Sequence[str], own_width: bool = False) -> None:
    """The paths of a net; of their own width each says it behind its layer."""
    for key, rest in _properties(words):
        if key in ("ROUTED", "FIXED", "COVER"):
            path: list[str] = []
            for word in [*rest, "NEW"]:
                if word == "NEW":
                    _path(name, net, path, own_width)
                    path = []
                else:
                    path.append(word)


def _path(name: str, net: Net, words: Sequence[str], own_width: bool) -> None:
    """One path of a net: a layer, then places and vias in the order in which they are reached."""
    if len(words) < 2:
        raise ValueError(f"net {name}: a path without a layer and a place")
    layer, here = words[0], None
    width = _whole(words[1]) if own_width else None
    rest = iter(words[1 + own_width :])
    for word in rest:
        if word == "(":
            inside = [word]
            while inside[-1] != ")":
                inside.append(next(rest))
            known: list[str] = [] if here is None else ["(", str(here.x), str(here.y), ")"]
            place = _points([*known, *inside])[-1]
            if here is not None:
                if place.x != here.x and place.y != here.y:
                    raise ValueError(f"net {name}: a wire is slanted")
                net.segments.append(Segment(layer, here, place, width))
            here = place
        elif word == "TAPER":
            continue
        elif word in ("MASK", "RECT", "VIRTUAL", "STYLE", "TAPERRULE"):
            raise ValueError(f"net {name}: {word} is not supported")
        elif here is None:
            raise ValueError(f"net {name}: a via before the first place")
        elif word not in ORIENTATIONS:
            net.vias.append(Via(word, here, layer))


def terminals_of(nets: Mapping[str, Net]) -> dict[Terminal, str]:
    """Net of each terminal."""
    return {terminal: name for name, net in nets.items() for terminal in net.terminals}
