"""Where the encoders of a training come from, and how they become integers again."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.training.encoder import build_encoder
from asicae.training.lowering import lower
from asicae.training.own_model import build_own, lower_own


@dataclass(frozen=True)
class EncoderMaker:
    """Makes encoders of a network.

    Attributes:
        network: what is trained.
        own: the function of the user that builds the encoder, ``module:function``; without it the
            network says how it is built.
    """

    network: Network
    own: str | None = None

    def build(self, seed: int) -> Any:
        """A QKeras model, images to latents, at its initialisation.

        Raises:
            BadInput: see ``build_encoder`` and ``build_own``.
        """
        if self.own is None:
            return build_encoder(self.network, seed)
        return build_own(self.own, self.network, seed)

    def lower(self, encoder: Any, keep: npt.NDArray[np.uint16]) -> Weights:
        """Its weight set in raw integers.

        Raises:
            BadInput: see ``lower`` and ``lower_own``.
        """
        if self.own is None:
            return lower(encoder, self.network, keep)
        return lower_own(self.own, encoder, self.network, keep)
