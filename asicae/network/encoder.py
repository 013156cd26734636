"""An encoder: all that decides what is computed, the frozen network and what was loaded into it."""

from dataclasses import dataclass
from pathlib import Path

from asicae.network.description import Network
from asicae.network.weights import Weights


@dataclass(frozen=True)
class Encoder:
    """A network with one weight set of its own (``Weights.checked`` compared their shapes)."""

    network: Network
    weights: Weights

    @classmethod
    def load(cls, network: Network, path: Path) -> "Encoder":
        """An encoder with the weight set of a file; see ``Weights.load``.

        Raises:
            BadInput: unreadable, or it does not fit ``network``.
        """
        return cls(network, Weights.load(path, network))

    @classmethod
    def random(cls, network: Network, seed: int) -> "Encoder":
        """An encoder whose weights are drawn evenly from the whole range of their types."""
        return cls(network, Weights.random(network, seed))
