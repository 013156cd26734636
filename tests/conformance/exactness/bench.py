"""All variants of a network side by side: golden, RTL, C++ and unlimited integers."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from asicae.network.description import Network
from asicae.network.encoder import Encoder
from tests.conformance.exactness.cpp import Cpp
from tests.conformance.exactness.golden import Latents, codes_of, golden, mismatches, weights_of
from tests.conformance.exactness.rtl import Rtl
from tests.conformance.exactness.stimulus import Example
from tests.judges import exact_reference


class Execution(Protocol):
    """What computes ``variants`` on an example."""

    variants: tuple[Network, ...]

    def run(self, example: Example) -> Latents: ...


@dataclass
class Tally:
    """What one class of the matrix compared."""

    combinations: Counter[str]
    """Variants that an execution can express, by its name."""
    examples: int = 0
    words: Counter[str] = field(default_factory=Counter)
    mismatches: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def record(self) -> dict[str, object]:
        """The figures as JSON holds them."""
        return {
            "combinations": dict(self.combinations),
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


class Matrix:
    """The variants of a network and all their executions; ``verilog`` as ``Rtl`` takes it."""

    def __init__(self, folder: Path, variants: Sequence[Network], verilog: str = "") -> None:
        started = time.monotonic()
        self.variants = tuple(variants)
        self.executions: dict[str, Execution] = {
            "rtl": Rtl(self.variants, folder / "rtl", verilog),
            "emulator": Cpp(self.variants, folder / "emulator", None),
            "ac": Cpp(self.variants, folder / "ac", "ac"),
            "ap": Cpp(self.variants, folder / "ap", "ap"),
        }
        counts = {name: len(execution.variants) for name, execution in self.executions.items()}
        self.tally = Tally(Counter(reference=len(self.variants), **counts))
        self.examples: list[Example] = []
        self.tally.seconds += time.monotonic() - started

    def reference(self, example: Example) -> Latents:
        """What unlimited integers give; counts on the way what the layers went through."""
        latents = []
        for network in self.variants:
            weights, codes = weights_of(network, example), codes_of(network, example).tolist()
            traces = [exact_reference.trace(Encoder(network, weights), row) for row in codes]
            for layer in (layer for trace in traces for layer in trace):
                self.tally.reached += layer.reached()
            latents.append(np.array([trace[-1].outputs for trace in traces]))
        return latents

    def check(self, example: Example) -> None:
        """All executions and unlimited integers must give the words of golden."""
        started = time.monotonic()
        expected = golden(self.variants, example)
        by_name = {
            network.name: part for network, part in zip(self.variants, expected, strict=True)
        }
        add = self.tally.add
        wrong = {"reference": add("golden_vs_reference", self.reference(example), expected)}
        for name, execution in self.executions.items():
            own = [by_name[network.name] for network in execution.variants]
            wrong[name] = add(f"golden_vs_{name}", execution.run(example), own)
        self.tally.examples += 1
        self.examples.append(example)
        self.tally.seconds += time.monotonic() - started
        assert not any(wrong.values()), wrong
