"""Frozen graphs of TensorFlow, written without it: the wire format of their messages by hand."""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asicae.campaigns.damaged_graphs import entry, node, shape_of, tensor, varint

UNITS = 6
"""Latents of a drawn graph."""


def numbers(values: Iterable[int]) -> bytes:
    """A setting that is a list of whole numbers."""
    return entry(1, entry(3, b"".join(map(varint, values))))


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


def drawn(tail: Callable[[Drawing, str], str] | None = None) -> tuple[Drawing, Any, Any]:
    """One dense layer on 48 cells, with its kernel and bias."""
    generator = np.random.default_rng(1)
    kernel, bias = generator.normal(0, 0.5, (48, UNITS)), generator.normal(0, 0.5, UNITS)
    graph = Drawing()
    x = graph.dense(graph.bits(graph.placeholder(48), 8, 1), kernel, bias)
    (tail or (lambda g, x: g.bits(x, 9, 2, name="latent")))(graph, x)
    return graph, kernel, bias


def kept(folder: Path, content: bytes) -> Path:
    path = folder / "graph.pb"
    path.write_bytes(content)
    return path
