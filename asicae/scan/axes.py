"""Axes of a grid: ``NAME=VALUE,VALUE``, where NAME is of the description or of how it is built.

==============================  ==================================================================
``LAYER.FIELD``                 a field of a layer, ``conv.filters``, ``dense.weight``
``FIELD``                       the same of every layer that has it
``[LAYER.]weight_bits``         width of a type, integer bits as they are; ``bias_bits``,
                                ``output_bits`` and, of the network, ``input_bits`` likewise
``latents``                     outputs of the last layer
``input``, ``arrangement``      of the network
``microarchitecture``           a named way to build it, from which the following differ
``barrier``, ``bank``, ...      the fields of a configuration; ``tmr`` are its voters
==============================  ==================================================================
"""

import copy
import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from asicae.chip.configuration import Configuration
from asicae.chip.microarchitectures import DEFAULT, KEY, MICROARCHITECTURES, configuration_of
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short, validated
from asicae.network.description import Network
from asicae.network.fixed_point import MAX_WIDTH, FixedPoint
from asicae.network.ops.base import Layer

MAX_VALUES: Final = 64
"""Of an axis."""
BITS: Final = "_bits"
TYPES: Final = ("weight", "bias", "output")
"""Fields of a layer that are types."""
LATENTS: Final = "latents"
CHIP_WORDS: Final = {"tmr": "voters"}
"""What users call a field of a configuration, where it is not its name."""
ON_OFF: Final = {"on": True, "off": False}
_SPLIT = re.compile(r",(?![^<]*>)")
_RANGE = re.compile(r"(\d{1,5})\.\.(\d{1,5})")


@dataclass(frozen=True)
class Axis:
    """A name and the values, as they are written, that it takes."""

    name: str
    values: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Axis":
        """An axis from ``NAME=VALUE,VALUE``; ``4..8`` are the whole numbers from 4 to 8.

        Raises:
            BadInput: no such form, a value twice, none or more than ``MAX_VALUES``.
        """
        name, equals, rest = text.partition("=")
        values = [v.strip() for part in _SPLIT.split(rest) for v in _expanded(part.strip())]
        if not equals or not name or "" in values:
            raise BadInput(f"--vary: found {short(text)}, allowed is NAME=VALUE,VALUE")
        if len(set(values)) != len(values):
            raise BadInput(f"--vary {name}: a value is there twice")
        if len(values) > MAX_VALUES:
            raise BadInput(f"--vary {name}: {len(values)} values, allowed are {MAX_VALUES}")
        return cls(name.strip(), tuple(values))

    @property
    def of_chip(self) -> bool:
        """Whether it says how the chip is built, and not what it computes."""
        return self.name in chip_names()


def _expanded(part: str) -> list[str]:
    found = _RANGE.fullmatch(part)
    if not found:
        return [part]
    low, high = map(int, found.groups())
    # One more than allowed is enough to be told.
    return [str(value) for value in range(low, min(high, low + MAX_VALUES) + 1)]


def checked_axes(texts: Iterable[str], network: Network) -> tuple[Axis, ...]:
    """Axes that a network has, each of whose values is possible by itself.

    Raises:
        BadInput: an axis that there is not or twice, or a value that none can have; names what is
            allowed and nearest.
    """
    axes = tuple(Axis.parse(text) for text in texts)
    names = [axis.name for axis in axes]
    for axis in axes:
        if names.count(axis.name) > 1:
            raise BadInput(f"--vary {axis.name}: is there twice")
        for value in axis.values:
            if axis.of_chip:
                _check_choice(axis.name, value)
            else:
                _check_field(network, axis.name, value)
    return axes


def chip_names() -> dict[str, str]:
    """Names of axes that say how the chip is built -> field of a configuration, or ``KEY``."""
    fields = dict.fromkeys(Configuration.model_fields)
    words = {field: word for word, field in CHIP_WORDS.items()}
    return {KEY: KEY} | {words.get(field, field): field for field in fields}


def choice(name: str, value: str) -> Any:
    """The value of a field of a configuration."""
    annotation = Configuration.model_fields[chip_names()[name]].annotation
    if annotation is bool:
        return ON_OFF.get(value, value)
    return int(value) if value.isdigit() else value


def _check_choice(name: str, value: str) -> None:
    if name == KEY:
        if value not in MICROARCHITECTURES:
            raise _unknown(name, value, MICROARCHITECTURES)
        return
    field, annotation = (
        chip_names()[name],
        Configuration.model_fields[chip_names()[name]].annotation,
    )
    found = choice(name, value)
    if annotation is bool:
        if not isinstance(found, bool):
            raise _unknown(name, value, ON_OFF)
        return
    if annotation is str:
        return  # a name in a table, which the point is looked up in
    from asicae.chip.configuration import choices

    if found not in choices(field):
        raise _unknown(name, value, map(str, choices(field)))


def _unknown(name: str, value: str, allowed: Iterable[str]) -> BadInput:
    words = list(allowed)
    near = _nearest(value, words)
    return BadInput(f"--vary {name}: found {short(value)}, allowed are {', '.join(words)}{near}")


def _nearest(word: str, words: Iterable[str]) -> str:
    found = difflib.get_close_matches(word, list(words), 1, 0.5)
    return f"; nearest is {found[0]}" if found else ""


def varied(network: Network, values: Mapping[str, str]) -> Network:
    """``network`` with other values of its fields.

    Raises:
        BadInput: they do not go together.
    """
    content = network.model_dump(mode="json")
    for name, value in values.items():
        for change in _changes(network, name):
            change(content, value)
    return validated(Network, content, "description")


def configured(
    name: str | None, given: Mapping[str, Any], values: Mapping[str, str]
) -> Configuration:
    """How a point is built: a name and what is given beside it, and the values of axes.

    Raises:
        BadInput: they do not go together.
    """
    own = {chip_names()[key]: choice(key, value) for key, value in values.items() if key != KEY}
    return configuration_of(values.get(KEY, name or DEFAULT), dict(given) | own)


Change = Callable[[dict[str, Any], str], None]


def _changes(network: Network, name: str) -> list[Change]:
    """What an axis changes in the description.

    Raises:
        BadInput: nothing; names the axes that there are, and the nearest.
    """
    known = _names(network)
    if name not in known:
        near = _nearest(name, [*known, *chip_names()])
        allowed = ", ".join([*known, *chip_names()])
        raise BadInput(f"--vary: found axis {short(name)}{near}; allowed are {allowed}")
    return known[name]


def _names(network: Network) -> dict[str, list[Change]]:
    """The axes of a description."""
    found: dict[str, list[Change]] = {
        "input": [_set(("input",), FixedPoint)],
        f"input{BITS}": [_width(("input",), network.input)],
        "arrangement": [_set(("arrangement",), str)],
    }
    for number, layer in enumerate(network.layers):
        place = ("layers", number)
        for field in type(layer).model_fields:
            if field in ("name", "kind", "inputs"):
                continue
            change = _set((*place, field), type(getattr(layer, field)))
            for name in (f"{layer.name}.{field}", field):
                found.setdefault(name, []).append(change)
        for field in (own for own in TYPES if own in type(layer).model_fields):
            change = _width((*place, field), getattr(layer, field))
            for name in (f"{layer.name}.{field}{BITS}", f"{field}{BITS}"):
                found.setdefault(name, []).append(change)
    last = network.layers[-1]
    sizes = [field for field in ("units", "filters") if field in type(last).model_fields]
    found[LATENTS] = [_set(("layers", len(network.layers) - 1, field), int) for field in sizes[:1]]
    return found


Place = tuple[str | int, ...]


def _put(content: Any, place: Place, value: Any) -> None:
    for key in place[:-1]:
        content = content[key]
    content[place[-1]] = value


def _set(place: Place, kind: type) -> Change:
    def change(content: dict[str, Any], value: str) -> None:
        _put(content, place, _parsed(value, kind))

    return change


def _parsed(value: str, kind: type) -> Any:
    """A value as JSON has it."""
    if kind is bool:
        return ON_OFF.get(value, value)
    if kind is tuple and re.fullmatch(r"\d+x\d+", value):
        return [int(side) for side in value.split("x")]
    return int(value) if kind is int and value.isdigit() else value


def _width(place: Place, kind: FixedPoint) -> Change:
    def change(content: dict[str, Any], value: str) -> None:
        width = int(value) if value.isdigit() and len(value) < 4 else 0
        if not 1 <= width <= MAX_WIDTH:
            nearest = min(max(width, 1), MAX_WIDTH)
            raise BadInput(
                f"{short(value)} bits, allowed are 1 to {MAX_WIDTH}; nearest is {nearest}"
            )
        _put(content, place, str(replace(kind, width=width)))

    return change


def _check_field(network: Network, name: str, value: str) -> None:
    """Make sure that the layers and types with this one value are possible, if not together."""
    changes = _changes(network, name)
    content = copy.deepcopy(network.model_dump(mode="json"))
    try:
        for change in changes:
            change(content, value)
    except BadInput as error:
        raise BadInput(f"--vary {name}: {error}") from None
    source = f"--vary {name}"
    for layer, changed in zip(network.layers, content["layers"], strict=True):
        kind: type[Layer] = type(layer)
        validated(kind, changed, source)
    try:
        FixedPoint.parse(content["input"])
    except ValueError as error:
        raise BadInput(f"{source}: {error}") from None
    if name == "arrangement":
        validated(Network, content, source)
