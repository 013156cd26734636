"""The verilated engine: the exported RTL, one event a clock, on several chips at once."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from asicae.chip.golden import ChipOutput
from asicae.chip.microarchitectures import NAIVE
from asicae.export.design_record import recorded
from asicae.network.encoder import Encoder
from asicae.simulation.builds import verilator
from asicae.simulation.builds.toolchain import COMPILER, compiler
from asicae.simulation.engines.chip import Chip
from asicae.simulation.engines.chip_library import chip_library
from asicae.simulation.engines.engine import Charges, Engine, Look, OpenEngine

MIN_EVENTS_PER_CHIP = 4096
"""Fewer are not worth another chip and its load."""


class VerilatedChips(OpenEngine):
    """The chip of a network with one weight set, ready to encode many events.

    Compiled at first use and found in the cache from then on. Weights are loaded through a
    backdoor, and the chip's own CRC is compared with that of the image (``Chip.load``).
    """

    def __init__(
        self,
        encoder: Encoder,
        rtl_folder: Path | None = None,
        cache: Path | None = None,
    ) -> None:
        network, weights = encoder.network, encoder.weights
        self.network = network
        self.weights = weights
        self._configuration = NAIVE if rtl_folder is None else recorded(rtl_folder)
        self._library = chip_library(network, rtl_folder, cache, self._configuration)
        self._chips = [self._loaded()]

    def encode_checked(self, calq: Charges, workers: int) -> ChipOutput:
        """``encode`` of checked charges, shared between up to ``workers`` chips.

        Raises:
            CheckFailed: a chip does not keep its latency, or reports an upset.
        """
        parts = np.array_split(calq, self._use(len(calq), workers))
        if len(parts) == 1:
            return self._chips[0].stream(parts[0])
        with ThreadPoolExecutor(len(parts)) as pool:
            found = list(pool.map(Chip.stream, self._chips, parts))
        latents, sums = zip(*((part.latents, part.sums) for part in found), strict=True)
        return ChipOutput(np.concatenate(latents), np.concatenate(sums))

    def _use(self, events: int, workers: int) -> int:
        """How many chips share the events; they exist afterwards."""
        chips = max(1, min(workers, events // MIN_EVENTS_PER_CHIP))
        while len(self._chips) < chips:
            self._chips.append(self._loaded())
        return chips

    def _loaded(self) -> Chip:
        chip = Chip(self.network, self._library, self._configuration)
        chip.load(self.weights)
        return chip


def verilated(
    encoder: Encoder,
    rtl_folder: Path | None = None,
    cache: Path | None = None,
) -> VerilatedChips:
    """The chip with these weights; the RTL is that of an exported folder, if one is given.

    Raises:
        MissingTool: Verilator, a C++ compiler, make or perl is absent.
        BadInput: Verilator is too old, or ``rtl_folder`` is no export.
        CheckFailed: the build fails, or the chip's CRC of the weights is wrong.
    """
    return VerilatedChips(encoder, rtl_folder, cache)


class Verilated(Engine):
    """The exported RTL; holds every network."""

    name = "verilated"
    share = 1.0

    def open(self, encoder: Encoder, rtl_folder: Path | None = None) -> VerilatedChips:
        """See ``Engine.open``."""
        return verilated(encoder, rtl_folder)

    def needs(self) -> Mapping[str, Look]:
        """Verilator, a C++ compiler, make and perl."""
        return {**COMPILER, **verilator.NEEDS}

    def built_with(self) -> str:
        """Verilator and the compiler; make and perl change nothing."""
        return f"Verilator {verilator.version()}, {compiler().version}"
