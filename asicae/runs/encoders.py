"""The network of a run and its weight sets."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asicae.network.description import Network
from asicae.network.weights import Weights

NETWORK = "network.json"
WEIGHTS = "weights/*.npz"
SET_NAME: Final = "[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
"""Names that users give to weight sets, as a regular expression."""


def load_network(run: Path) -> Network:
    """The description that a run is about.

    Raises:
        BadInput: see ``Network.load``.
    """
    return Network.load(run / NETWORK)


def weights_file(name: str) -> str:
    """Where a weight set lies in a run folder."""
    return f"weights/{name}.npz"


def load_weights(run: Path, network: Network, names: Sequence[str]) -> list[tuple[str, Weights]]:
    """Weight sets of a run by their names.

    Raises:
        BadInput: see ``Weights.load``.
    """
    return [(name, Weights.load(run / weights_file(name), network)) for name in names]
