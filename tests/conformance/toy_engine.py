"""The smallest engine that there can be: whole numbers of Python, one event at a time.

It is what a new engine takes: this file, and a row of ``ENGINES``, which the tests add.
"""

from pathlib import Path

import numpy as np

from asicae.chip.golden import ChipOutput
from asicae.module.codes import encode_5e4m
from asicae.network.encoder import Encoder
from asicae.simulation.engines.engine import Charges, Engine, OpenEngine
from tests.judges import exact_reference


class WholeNumbers(Engine):
    """Holds every network, and needs nothing."""

    name = "toy"
    threaded = False

    def open(self, encoder: Encoder, rtl_folder: Path | None) -> OpenEngine:
        return _OpenWholeNumbers(encoder)


class _OpenWholeNumbers(OpenEngine):
    def __init__(self, encoder: Encoder) -> None:
        network, weights = encoder.network, encoder.weights
        self.network, self.weights = network, weights

    def encode_checked(self, calq: Charges, workers: int) -> ChipOutput:
        words = (1 << self.network.latent_type.width) - 1
        latents = np.zeros((len(calq), self.network.latents), dtype=np.uint16)
        sums = np.zeros(len(calq), dtype=np.uint16)
        for event, charges in enumerate(calq.tolist()):
            codes = exact_reference.codes(charges, self.network.input)
            raw = exact_reference.latents(Encoder(self.network, self.weights), codes)
            latents[event] = [value & words for value in raw]
            sums[event] = encode_5e4m(np.array([sum(charges)]))[0]
        return ChipOutput(latents & self.weights.keep, sums)
