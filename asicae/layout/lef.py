"""Library exchange format: layers, vias and the outlines of cells, as routing needs them.

LEF/DEF 5.7 Language Reference (Cadence, 2009). Lengths become whole numbers of database units.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_text
from asicae.foundation.validation import one_line, short
from asicae.layout.geometry import Point, Rect, around, rectangles

Shapes = tuple[tuple[str, Rect], ...]
"""Rectangles, each with the name of its layer."""
_TOKEN = re.compile(r'#[^\n]*|"[^"]*"|[^\s;]+|;')
_DEFAULT_UNITS = 100  # of a file that says none
_MOST_UNITS = 100_000
_SUPPLY = {"POWER", "GROUND"}
_TWO = ("RESISTANCE", "CAPACITANCE")
"""Of these the second word says which."""


@dataclass(frozen=True)
class Layer:
    """A layer on which wires run; lengths in database units.

    Attributes:
        name: of it.
        vertical: whether wires prefer to.
        pitch: from wire to wire.
        width: of a wire.
        resistance: ohm a square.
        capacitance: fF/um2 to what lies below.
    """

    name: str
    vertical: bool
    pitch: int
    width: int
    resistance: float
    capacitance: float


@dataclass(frozen=True)
class MacroPin:
    """A pin of a cell."""

    name: str
    direction: str
    use: str
    shapes: Shapes

    @property
    def supply(self) -> bool:
        """Whether it carries power or ground."""
        return self.use in _SUPPLY


@dataclass(frozen=True)
class Macro:
    """A cell; its shapes are seen from its lower left corner."""

    name: str
    width: int
    height: int
    pins: dict[str, MacroPin]
    obstructions: Shapes


@dataclass
class Lef:
    """What one or several files say together.

    Attributes:
        units: database units in a micrometre.
        grid: manufacturing grid, in database units.
        layers: on which wires run, from below.
        cuts: layers between them, from below.
        vias: shapes of each, by name, around its place.
        macros: cells by name.
    """

    units: int = _DEFAULT_UNITS
    grid: int = 1
    layers: list[Layer] = field(default_factory=list)
    cuts: list[str] = field(default_factory=list)
    vias: dict[str, Shapes] = field(default_factory=dict)
    macros: dict[str, Macro] = field(default_factory=dict)

    def layer(self, name: str) -> Layer:
        """A layer by name.

        Raises:
            BadInput: no wires run on such a layer.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise BadInput(f"no routing layer {short(name)}")


def read_lef(*paths: Path) -> Lef:
    """Technology and cells, from one file or from several in their order.

    Raises:
        BadInput: unreadable, or not what a LEF file has; names the file.
    """
    lef = Lef()
    for path in paths:
        try:
            _Reader(read_text(path), lef).file()
        except _Ended:
            raise BadInput(f"{path}: ends within a statement") from None
        except (ValueError, IndexError) as error:
            raise BadInput(f"{path}: {one_line(str(error), 160)}") from None
    if not lef.layers:
        raise BadInput(f"{paths[0]}: describes no layer for wires")
    return lef


class _Ended(Exception):
    """The text is over."""


class _Reader:
    """Reads one text into ``lef``."""

    def __init__(self, text: str, lef: Lef) -> None:
        self.lef = lef
        self.tokens = _TOKEN.findall(text)
        self.at = 0

    def next(self) -> str:
        """The next word that is no comment."""
        while self.at < len(self.tokens):
            token: str = self.tokens[self.at]
            self.at += 1
            if not token.startswith("#"):
                return token
        raise _Ended

    def rest(self) -> list[str]:
        """Words up to the semicolon."""
        return list(iter(self.next, ";"))

    def file(self) -> None:
        """The whole text."""
        blocks = {"UNITS": self.units, "LAYER": self.layer, "VIA": self.via, "MACRO": self.macro}
        while self.at < len(self.tokens):
            try:
                word = self.next()
            except _Ended:
                return
            if word in blocks:
                blocks[word]()
            elif word == "MANUFACTURINGGRID":
                self.lef.grid = self.length(self.rest()[0])
            elif word in ("SITE", "VIARULE", "NONDEFAULTRULE"):
                self.skip(self.next())
            elif word in ("PROPERTYDEFINITIONS", "SPACING"):
                self.skip(word)
            elif word == "BEGINEXT":
                list(iter(self.next, "ENDEXT"))
            elif word == "END":
                if self.next() != "LIBRARY":
                    raise ValueError("END of something that has not begun")
                return
            else:
                self.rest()

    def skip(self, name: str) -> None:
        """A block that is not needed."""
        before = ""
        while True:
            word = self.next()
            if before == "END" and word == name:
                return
            before = word

    def statements(
        self, end: str | None, alone: Collection[str] = ()
    ) -> Iterator[tuple[str, list[str]]]:
        """Statements of a block: first word and the rest, up to ``END`` with this name.

        ``END`` stands without a name where it is None. Words ``alone`` have no semicolon: the
        caller reads on.
        """
        while True:
            word = self.next()
            if word == "END":
                if end is not None and (name := self.next()) != end:
                    raise ValueError(f"END {short(name)}, allowed here is END {end}")
                return
            yield word, [] if word in alone else self.rest()

    def units(self) -> None:
        """``UNITS``: how long a database unit is."""
        for word, rest in self.statements("UNITS"):
            if [word, *rest[:1]] == ["DATABASE", "MICRONS"]:
                units = int(_number(rest[1]))
                if not 1 <= units <= _MOST_UNITS:
                    raise ValueError(f"DATABASE MICRONS is {units}, allowed are 1 to {_MOST_UNITS}")
                if self.lef.layers and units != self.lef.units:
                    raise ValueError(f"DATABASE MICRONS is {units}, was {self.lef.units} before")
                self.lef.units = units

    def length(self, text: str) -> int:
        """Micrometres as database units."""
        value = _number(text) * self.lef.units
        if abs(value) >= 2**31 or value != value.to_integral_value():
            raise ValueError(f"{short(text)} um is no whole number of database units")
        return int(value)

    def lengths(self, words: list[str]) -> list[int]:
        """Several of them, without the brackets around."""
        return [self.length(word) for word in words if word not in ("(", ")")]

    def layer(self) -> None:
        """``LAYER``: those for wires and those between them."""
        name = self.next()
        said: dict[str, list[str]] = {}
        for word, rest in self.statements(name):
            said.setdefault(" ".join([word, *rest[:1]]) if word in _TWO else word, rest)
        kind = said.get("TYPE", [""])[0]
        if kind == "CUT":
            self.lef.cuts.append(name)
        if kind != "ROUTING":
            return
        missing = [key for key in ("DIRECTION", "PITCH", "WIDTH") if not said.get(key)]
        if missing:
            raise ValueError(f"LAYER {name}: has no {missing[0]}")
        vertical = said["DIRECTION"][0] == "VERTICAL"
        # Two pitches are those of columns and of rows.
        pitches = self.lengths(said["PITCH"])
        self.lef.layers.append(
            Layer(
                name,
                vertical,
                pitches[0] if vertical else pitches[-1],
                self.length(said["WIDTH"][0]),
                float((said.get("RESISTANCE RPERSQ") or ["0"])[-1]),
                1000 * float((said.get("CAPACITANCE CPERSQDIST") or ["0"])[-1]),
            )
        )

    def via(self) -> None:
        """``VIA``."""
        name = self.next()
        shapes: list[tuple[str, Rect]] = []
        layer = ""
        for word, rest in self.statements(name, ("DEFAULT", "TOPOFSTACKONLY")):
            if word == "LAYER":
                layer = rest[0]
            elif word in ("RECT", "POLYGON"):
                shapes += [(layer, rect) for rect in self.shape(word, rest)]
        self.lef.vias[name] = tuple(shapes)

    def shape(self, kind: str, words: list[str]) -> list[Rect]:
        """``RECT`` or ``POLYGON``."""
        if "ITERATE" in words:
            raise ValueError("ITERATE: shapes that are repeated are not supported")
        if words[:1] == ["MASK"]:
            words = words[2:]
        numbers = self.lengths(words)
        if len(numbers) < 4 or len(numbers) % 2 or (kind == "RECT" and len(numbers) != 4):
            raise ValueError(f"{kind} with {len(numbers)} numbers")
        points = [Point(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
        return rectangles(points) if kind == "POLYGON" else [around(points)]

    def macro(self) -> None:
        """``MACRO``: a cell."""
        name = self.next()
        size = origin = (0, 0)
        pins: dict[str, MacroPin] = {}
        obstructions: Shapes = ()
        for word, rest in self.statements(name, ("PIN", "OBS", "DENSITY")):
            if word == "PIN":
                pin = self.pin(self.next())
                pins[pin.name] = pin
            elif word in ("OBS", "DENSITY"):
                found = self.geometries()
                obstructions += found if word == "OBS" else ()
            elif word == "SIZE":
                size = (self.length(rest[0]), self.length(rest[2]))
            elif word == "ORIGIN":
                origin = (self.length(rest[0]), self.length(rest[1]))
        if min(size) <= 0:
            raise ValueError(f"MACRO {name}: has no SIZE")
        moved = {p: replace(pin, shapes=_moved(pin.shapes, origin)) for p, pin in pins.items()}
        self.lef.macros[name] = Macro(name, *size, moved, _moved(obstructions, origin))

    def pin(self, name: str) -> MacroPin:
        """``PIN`` of a cell."""
        said = {"DIRECTION": "INPUT", "USE": "SIGNAL"}
        shapes: Shapes = ()
        for word, rest in self.statements(name, ("PORT",)):
            if word == "PORT":
                shapes += self.geometries()
            elif word in said:
                said[word] = rest[0].upper()
        return MacroPin(name, said["DIRECTION"], said["USE"], shapes)

    def geometries(self) -> Shapes:
        """What ``PORT`` or ``OBS`` has, up to its END."""
        shapes: list[tuple[str, Rect]] = []
        layer = ""
        for word, rest in self.statements(None):
            if word == "LAYER":
                layer = rest[0]
            elif word in ("RECT", "POLYGON"):
                shapes += [(layer, rect) for rect in self.shape(word, rest)]
            elif word in ("PATH", "VIA"):
                raise ValueError(f"{word} in a cell is not supported")
        return tuple(shapes)


def _number(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{short(text)} is no number") from None
    if not value.is_finite():
        raise ValueError(f"{short(text)} is no finite number")
    return value


def _moved(shapes: Shapes, origin: tuple[int, int]) -> Shapes:
    return tuple((layer, rect.moved(*origin)) for layer, rect in shapes)
