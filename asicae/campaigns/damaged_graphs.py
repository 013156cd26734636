"""Frozen graphs of TensorFlow with one constant damaged: its shape, its type or one of its numbers.

Damage of bytes seldom leaves a message that can be read; this one always does.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from asicae.network.importing.frozen.graph import TYPES, Graph, GraphNode
from asicae.network.importing.frozen.wire import Messages

_NUMBERS: Final = {np.dtype(name): number for number, name in TYPES.items()}
"""TensorFlow's number of a type."""
Damage = Callable[[Any, random.Random], Any]
_WEIRD: Final = (float("nan"), float("inf"), -float("inf"), 0, 1, -1, 2.0**31, 1e30, 2.0**-140)


def varint(number: int) -> bytes:
    """A number in seven bits a byte."""
    number &= (1 << 64) - 1
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def entry(number: int, value: int | bytes | str | memoryview) -> bytes:
    """One field of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else bytes(value)
    return varint(number << 3 | 2) + varint(len(content)) + content


def shape_of(sizes: Iterable[int]) -> bytes:
    """A shape, -1 for a size that is open."""
    return b"".join(entry(2, entry(1, size)) for size in sizes)


def tensor(values: Any, sizes: Sequence[int] | None = None) -> bytes:
    """A tensor; ``sizes`` as it says that it has."""
    array = np.asarray(values)
    shape = entry(2, shape_of(array.shape if sizes is None else sizes))
    return entry(1, _NUMBERS[array.dtype]) + shape + entry(4, array.tobytes())


def node(name: str, op: str, inputs: Iterable[str] = (), **attrs: bytes) -> bytes:
    """One node of a graph."""
    settings = (entry(5, entry(1, key) + entry(2, value)) for key, value in attrs.items())
    named = entry(1, name) + entry(2, op) + b"".join(entry(3, each) for each in inputs)
    return entry(1, named + b"".join(settings))


def _ones(array: Any, generator: random.Random) -> Any:
    return array.reshape(*[1] * generator.choice((1, 2, 3, 5)), *array.shape)


def _empty(array: Any, generator: random.Random) -> Any:
    del generator
    return np.zeros((*array.shape[:-1], 0), dtype=array.dtype)


def _turned(array: Any, generator: random.Random) -> Any:
    return array.reshape(generator.choice((array.shape[::-1], (array.size,))))


def _doubled(array: Any, generator: random.Random) -> Any:
    return np.stack([array, array], axis=generator.choice((0, -1)))


def _retyped(array: Any, generator: random.Random) -> Any:
    with np.errstate(all="ignore"):
        return array.astype(generator.choice([each for each in _NUMBERS if each != array.dtype]))


def _renumbered(array: Any, generator: random.Random) -> Any:
    kind = generator.choice((array.dtype, np.dtype("f4")))
    with np.errstate(all="ignore"):
        wrong = array.astype(kind)
        number = np.asarray(generator.choice(_WEIRD)).astype(kind)
    wrong.reshape(-1)[generator.randrange(wrong.size)] = number
    return wrong


FORMS: Final[tuple[Damage, ...]] = (_ones, _empty, _turned, _doubled, _retyped, _retyped)
"""Damages of shape and type."""
ALL: Final = (*FORMS, _renumbered)


def constants(data: bytes) -> list[str]:
    """Names of the constants of a sound graph, in file order."""
    graph = Graph.read(data, "graph")
    return [each.name for each in graph.nodes.values() if each.op == "Const"]


def damaged_constant(
    data: bytes, name: str, generator: random.Random, damages: Sequence[Damage] = ALL
) -> bytes:
    """A sound graph with another tensor in the constant of that name."""
    graph = Graph.read(data, "graph")
    wrong = generator.choice(damages)(graph.constant(graph.node(name)), generator)
    made, names = bytearray(), iter(graph.nodes)
    for number, value in Messages("graph").fields(memoryview(data)):
        is_chosen = number == 1 and next(names) == name
        made += _constant(graph.node(name), wrong) if is_chosen else entry(number, value)
    return bytes(made)


def _constant(old: GraphNode, values: Any) -> bytes:
    kind = entry(6, _NUMBERS[values.dtype])
    return node(old.name, old.op, old.inputs, dtype=kind, value=entry(8, tensor(values)))
