"""Encoders of frames that between them have all of the hand-written Verilog that no chip of a
network has, built in each way that it has.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from asicae.campaigns.every_kind import covered_network
from asicae.chip.microarchitectures import NAIVE
from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoiceSettings
from asicae.concentrator.silicon.adaptive_choice import CoderDesign, coder_design
from asicae.concentrator.silicon.events import drawn_events, drawn_hybrid_events
from asicae.export.coder.export import export_coder
from asicae.export.coder.files import coder_sources
from asicae.export.hybrid.export import Hybrid, export_hybrid, hybrid_of
from asicae.export.hybrid.files import hybrid_sources
from asicae.module.geometry import N_CELLS
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.coder.comparison import (
    coder_library,
    compare_coder,
    compare_hybrid,
    hybrid_library,
)
from asicae.simulation.drawn import DrawnChip

LIVELY_EVENTS: Final = 60
"""Of the synthetic source, of which the weights of a hybrid leave most latents other than zero."""


class JudgedCoder(Protocol):
    """An encoder of frames that may be exported, and compared with its algorithm."""

    @property
    def sources(self) -> list[Path]:
        """Its hand-written Verilog, leaves first."""

    def export(self, folder: Path) -> Path:
        """Write it into ``folder``; the Verilog in that."""

    def compile(self, rtl: Path, cache: Path | None) -> None:
        """Fill ``cache`` with what ``compare`` runs."""

    def compare(
        self, rtl: Path, events: int, seed: int, cache: Path | None, coverage: Path | None = None
    ) -> None:
        """Stream so many drawn events through its Verilog.

        Raises:
            CheckFailed: a frame differs, or the tools refuse the Verilog.
        """


@dataclass(frozen=True)
class AdaptiveCoder:
    """The encoder of Adaptive Choice."""

    design: CoderDesign

    @property
    def sources(self) -> list[Path]:
        """As of every encoder."""
        return coder_sources(self.design)

    def export(self, folder: Path) -> Path:
        """As of every encoder."""
        return export_coder(self.design.settings, folder, self.design.latency_bx).folder / "rtl"

    def compile(self, rtl: Path, cache: Path | None) -> None:
        """As of every encoder."""
        coder_library(rtl, cache, quick=True)

    def compare(
        self, rtl: Path, events: int, seed: int, cache: Path | None, coverage: Path | None = None
    ) -> None:
        """As of every encoder."""
        calq = drawn_events(self.design.settings, events, seed)
        compare_coder(self.design, rtl, calq, seed, cache, quick=True, coverage=coverage)


@dataclass(frozen=True)
class HybridCoder:
    """The encoder of Hybrid Choice, of the network of the chips whose coverage is counted.

    Attributes:
        values: settings of the algorithm.
    """

    values: dict[str, Any]

    @cached_property
    def hybrid(self) -> Hybrid:
        """What is exported: the first bits of the latents are kept, one less than have room."""
        drawn = DrawnChip(covered_network(), NAIVE).lively(LIVELY_EVENTS).encoder
        settings = hybrid_of(self.values, drawn).design.settings
        left, width = settings.latent_word.room - 1, drawn.network.latent_type.width
        kept = [min(max(left - width * place, 0), width) for place in range(drawn.network.latents)]
        masks = np.array([(1 << bits) - 1 for bits in kept], dtype=np.uint16)
        weights = Weights.checked(drawn.network, drawn.weights.arrays, masks)
        return hybrid_of(self.values, Encoder(drawn.network, weights))

    @property
    def sources(self) -> list[Path]:
        """As of every encoder."""
        return hybrid_sources(self.hybrid.design)

    def export(self, folder: Path) -> Path:
        """As of every encoder."""
        return export_hybrid(self.hybrid, folder).folder / "rtl"

    def compile(self, rtl: Path, cache: Path | None) -> None:
        """As of every encoder."""
        hybrid_library(self.hybrid.design, rtl, cache, quick=True)

    def compare(
        self, rtl: Path, events: int, seed: int, cache: Path | None, coverage: Path | None = None
    ) -> None:
        """As of every encoder."""
        hybrid = self.hybrid
        calq = drawn_hybrid_events(hybrid.design.settings, events, seed)
        compare_hybrid(
            hybrid.design, hybrid.encoder, rtl, calq, seed, cache, quick=True, coverage=coverage
        )


def _adaptive(latency_bx: int, links: int, **values: int) -> AdaptiveCoder:
    given = {"alg_type": "adaptive_choice", "links": links, **values}
    return AdaptiveCoder(coder_design(AdaptiveChoiceSettings.model_validate(given), latency_bx))


JUDGED_CODERS: Final[dict[str, JudgedCoder]] = {
    "Adaptive Choice, pairs": _adaptive(1, 1),
    "Adaptive Choice, threshold, bits held back": _adaptive(2, 2, most_cells=6, held_back=1),
    "Adaptive Choice, all cells, threshold": _adaptive(2, 6, most_cells=N_CELLS, code_bits=1),
    "Adaptive Choice, all cells, pairs": _adaptive(1, 8, code_bits=2),
    "Hybrid Choice": HybridCoder({"alg_type": "hybrid_choice", "links": 1, "most_cells": 3}),
}
"""By what they are called; what is compiled quickly stands first."""
