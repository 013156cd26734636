"""Golden as an engine: the definition, in NumPy."""

from pathlib import Path

from asicae.chip import golden
from asicae.chip.golden import ChipOutput
from asicae.network.encoder import Encoder
from asicae.simulation.engines.engine import Charges, Engine, OpenEngine


class Golden(Engine):
    """``chip.golden``, by which all others are measured."""

    name = "numpy"
    compared = False

    def open(self, encoder: Encoder, rtl_folder: Path | None = None) -> OpenEngine:
        """See ``Engine.open``; nothing is built, nothing can fail."""
        return _OpenGolden(encoder)


class _OpenGolden(OpenEngine):
    def __init__(self, encoder: Encoder) -> None:
        network, weights = encoder.network, encoder.weights
        self._network, self._weights = network, weights

    def encode_checked(self, calq: Charges, workers: int) -> ChipOutput:
        return golden.run_checked(Encoder(self._network, self._weights), calq, workers)
