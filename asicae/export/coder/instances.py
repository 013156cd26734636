"""Instances of blocks in a top: their parameters, and what their words are connected to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from asicae.chip.blocks import Block, Sized, Words
from asicae.chip.design import Port
from asicae.export.top import literal

CHUNK_BITS: Final = 256
"""Of a literal on one line; longer ones are concatenations."""
Connection = tuple[str, str]


@dataclass(frozen=True)
class Instance:
    """An instance as the template prints it: parameters and connections as pairs of texts."""

    module: str
    name: str
    parameters: tuple[tuple[str, str], ...]
    connections: tuple[Connection, ...]


def connected(block: Block, connections: Iterable[Connection]) -> Instance:
    """The instance of a block."""
    parameters = tuple((name, _literal(value)) for name, value in block.parameters.items())
    return Instance(block.module, block.instance, parameters, tuple(connections))


def connections_of(block: Block, ports: Sequence[Port]) -> list[Connection]:
    """Its words: each has a wire, or the port of the top that has its name."""
    names = {port.words.name: port.name for port in ports}
    return [
        (port, _joined(words, names)) for port, words in {**block.inputs, **block.outputs}.items()
    ]


def given_wires(blocks: Iterable[Block], ports: Sequence[Port]) -> list[Words]:
    """Words that blocks give to others rather than to the ports of the top."""
    known = {port.words.name for port in ports}
    words = (w for block in blocks for port in block.outputs.values() for w in port)
    return [w for w in words if w.name not in known]


def _joined(words: tuple[Words, ...], names: dict[str, str]) -> str:
    # Of a concatenation in Verilog the first part has the highest bits.
    listed = [names.get(part.name, part.name) for part in reversed(words)]
    return listed[0] if len(listed) == 1 else f"{{{', '.join(listed)}}}"


def _literal(value: int | Sized) -> str:
    """A number; a long one in parts, the highest first."""
    if isinstance(value, int) or value.width <= CHUNK_BITS:
        return literal(value)
    places = range(0, value.width, CHUNK_BITS)
    parts = [
        literal(Sized(value.value >> low & ((1 << width) - 1), width))
        for low in places
        for width in (min(CHUNK_BITS, value.width - low),)
    ]
    return "{\n        " + ",\n        ".join(reversed(parts)) + "\n      }"
