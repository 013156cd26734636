"""What every weight set that was trained has beside it."""

from typing import Any, Protocol

from asicae.network.weights import Weights


class TrainedSet(Protocol):
    """A weight set and what was trained with it."""

    @property
    def weights(self) -> Weights:
        """Of the encoder, with the keep mask of its number of links."""

    @property
    def decoder(self) -> Any:
        """From ``training.decoder.build_decoder``."""
