"""Frozen graphs of TensorFlow, written without it: the wire format of their messages by hand."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

TYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "bool": 10}


def varint(number: int) -> bytes:
    """A number in seven bits a byte."""
    number &= (1 << 64) - 1
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def entry(number: int, value: int | bytes | str) -> bytes:
    """One field of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def shape_of(sizes: Iterable[int]) -> bytes:
    return b"".join(entry(2, entry(1, size)) for size in sizes)


def tensor(values: Any, sizes: Sequence[int] | None = None) -> bytes:
    """A tensor; ``sizes`` as it says that it has."""
    array = np.asarray(values)
    shape = entry(2, shape_of(array.shape if sizes is None else sizes))
    return entry(1, TYPES[str(array.dtype)]) + shape + entry(4, array.tobytes())


def numbers(values: Iterable[int]) -> bytes:
    """A setting that is a list of whole numbers."""
    return entry(1, entry(3, b"".join(map(varint, values))))


def node(name: str, op: str, inputs: Iterable[str] = (), **attrs: bytes) -> bytes:
    """One node of a graph."""
    settings = (entry(5, entry(1, key) + entry(2, value)) for key, value in attrs.items())
    named = entry(1, name) + entry(2, op) + b"".join(entry(3, each) for each in inputs)
    return entry(1, named + b"".join(settings))


@dataclass
class Drawing:
    """A graph that grows; every method adds a node and returns its name."""

    content: bytearray = field(default_factory=bytearray)
    count: int = 0

    def add(self, op: str, *inputs: str | float, name: str = "", **attrs: bytes) -> str:
        """A node; numbers among its inputs become constants."""
        names = [self.constant(np.float32(x)) if not isinstance(x, str) else x for x in inputs]
        self.count += 1
        name = name or f"{op}_{self.count}"
        self.content += node(name, op, names, **attrs)
        return name

    def constant(self, values: Any, name: str = "") -> str:
        return self.add("Const", name=name, value=entry(8, tensor(values)))

    def placeholder(self, *sizes: int) -> str:
        shape = entry(7, shape_of([-1, *sizes]))
        return self.add("Placeholder", name="codes", dtype=entry(6, 1), shape=shape)

    def bits(self, x: str, bits: int, integer: int, *, symmetric: int = 0, name: str = "") -> str:
        """``quantized_bits`` of QKeras 0.9, operation by operation."""
        m, m_i = 2.0 ** (bits - 1), 2.0**integer
        p = self.add("RealDiv", self.add("Mul", x, m), m_i)
        rounded = self.add("Round", p)
        through = self.add("StopGradient", self.add("AddV2", self.add("Neg", p), rounded))
        clipped = self.add("Minimum", self.add("AddV2", p, through), m - 1)
        clipped = self.add("Maximum", clipped, symmetric - m)
        q = self.add("RealDiv", self.add("Mul", clipped, m_i), m)
        step = self.add("StopGradient", self.add("AddV2", self.add("Neg", x), q))
        return self.add("AddV2", x, step, name=name)

    def dense(self, x: str, kernel: Any, bias: Any, name: str = "dense") -> str:
        """``QDense`` with weights of fixed<6,1>."""
        weights = self.bits(self.constant(np.float32(kernel)), 6, 0)
        product = self.add("MatMul", x, weights, name=f"{name}/MatMul")
        return self.add(
            "BiasAdd", product, self.bits(self.constant(np.float32(bias)), 6, 0),
            name=f"{name}/BiasAdd",
        )  # fmt: skip


def singles(values: Iterable[float]) -> bytes:
    """Values of a tensor, each in a field of its own."""
    return b"".join(varint(5 << 3 | 5) + struct.pack("<f", x) for x in values)
