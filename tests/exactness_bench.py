"""All variants of a network side by side: golden, RTL, QKeras and unlimited integers."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import exact_reference
import numpy as np
from exactness_stimulus import Example
from rtl_harness import run_vectors, values, verilate_vectors

from asicae.export.top import layers_verilog
from asicae.network.description import Network
from asicae.network.golden import encode
from asicae.network.image import unpack
from asicae.network.weights import Weights
from asicae.readout.geometry import N_CELLS

SPARE_BITS = 64  # the harness wants vectors of more than that
Latents = list[np.ndarray]
"""Raw latents (events, latents) of every variant."""


@dataclass
class Tally:
    """What one class of the matrix compared."""

    combinations: int
    qkeras_combinations: int = 0
    """Those that QKeras can express."""
    examples: int = 0
    words: Counter[str] = field(default_factory=Counter)
    mismatches: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def record(self) -> dict[str, object]:
        """The figures as JSON holds them."""
        return {
            "combinations": self.combinations,
            "qkeras_combinations": self.qkeras_combinations,
            "examples": self.examples,
            "words": dict(self.words),
            "mismatches": dict(self.mismatches),
            "reached": dict(self.reached),
            "seconds": round(self.seconds, 1),
        }

    def add(self, what: str, found: Latents, expected: Latents) -> int:
        """Count the words and the mismatches of one comparison; returns the latter."""
        wrong = mismatches(found, expected)
        self.words[what] += sum(part.size for part in expected)
        self.mismatches[what] += wrong
        return wrong


def mismatches(found: Latents, expected: Latents) -> int:
    """Words that differ."""
    pairs = zip(found, expected, strict=True)
    return sum(int((one != other).sum()) for one, other in pairs)


def widths(variants: Sequence[Network]) -> tuple[int, int, int]:
    """Bits of the codes, of codes and weight image, and of the outputs of a bench."""
    (codes,) = {N_CELLS * network.input.width for network in variants}
    (weights,) = {network.weight_bits for network in variants}
    latents = sum(network.latents * network.latent_type.width for network in variants)
    return codes, codes + weights, latents + SPARE_BITS


def bench_verilog(variants: Sequence[Network]) -> str:
    """A bench in which every variant sees the same codes and the same weight image."""
    codes, inputs, outputs = widths(variants)
    modules, instances, low = "", "", 0
    for network in variants:
        bits = network.latents * network.latent_type.width
        modules += layers_verilog(network, network.name)
        instances += (
            f"{network.name} u_{network.name} (.codes_i(in_i[{codes - 1}:0]), "
            f".weights_i(in_i[{inputs - 1}:{codes}]), .latent_o(out_o[{low}+:{bits}]));\n"
        )
        low += bits
    instances += f"assign out_o[{low}+:{SPARE_BITS}] = 0;\n"
    ports = f"input clk_i, input [{inputs - 1}:0] in_i, output [{outputs - 1}:0] out_o"
    return f"{modules}\nmodule bench ({ports});\n{instances}endmodule\n"


class Matrix:
    """The variants of a network and one bench with the layers of all of them."""

    def __init__(self, folder: Path, variants: Sequence[Network]) -> None:
        started = time.monotonic()
        self.variants = tuple(variants)
        self.tally = Tally(len(self.variants))
        self.examples: list[Example] = []
        self.code_bits, self.in_bits, self.out_bits = widths(self.variants)
        bench = bench_verilog(self.variants)
        self.executable = verilate_vectors(folder, bench, self.in_bits, self.out_bits)
        self.tally.seconds += time.monotonic() - started

    def rtl(self, example: Example) -> Latents:
        """What the RTL answers."""
        rows = [row | example.image << self.code_bits for row in example.rows]
        found = run_vectors(self.executable, rows, self.in_bits, self.out_bits)
        latents, low = [], 0
        for network in self.variants:
            kind = network.latent_type
            own = [values(row >> low, kind.width, network.latents, kind.signed) for row in found]
            latents.append(np.array(own))
            low += network.latents * kind.width
        return latents

    def reference(self, example: Example) -> Latents:
        """What unlimited integers give; counts on the way what the layers went through."""
        latents = []
        for network in self.variants:
            weights, codes = weights_of(network, example), codes_of(network, example).tolist()
            traces = [exact_reference.trace(network, weights, row) for row in codes]
            for layer in (layer for trace in traces for layer in trace):
                self.tally.reached += layer.reached()
            latents.append(np.array([trace[-1].outputs for trace in traces]))
        return latents

    def check(self, example: Example) -> None:
        """Golden, RTL and unlimited integers must give the same words."""
        started = time.monotonic()
        expected = golden(self.variants, example)
        wrong = {
            "golden_vs_rtl": self.tally.add("golden_vs_rtl", self.rtl(example), expected),
            "golden_vs_reference": self.tally.add(
                "golden_vs_reference", self.reference(example), expected
            ),
        }
        self.tally.examples += 1
        self.examples.append(example)
        self.tally.seconds += time.monotonic() - started
        assert not any(wrong.values()), wrong


def golden(variants: Sequence[Network], example: Example) -> Latents:
    """What golden answers."""
    return [
        encode(network, weights_of(network, example), codes_of(network, example))
        for network in variants
    ]


def weights_of(network: Network, example: Example) -> Weights:
    """The weight image as this variant reads it."""
    return unpack(network, example.image.to_bytes(network.image_bytes, "little"))


def codes_of(network: Network, example: Example) -> np.ndarray:
    """The codes (events, 48) as this variant reads them, raw."""
    kind = network.input
    return np.array([values(row, kind.width, N_CELLS, kind.signed) for row in example.rows])
