"""What algorithms have in common whose frames are made of latents, by a network and its weights."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from asicae.chip.golden import ChipOutput
from asicae.concentrator.algorithms.base import (
    Charges,
    ConcentratorAlgorithm,
    F,
    LatentsOf,
    S,
    Send,
    Source,
)
from asicae.concentrator.charge_maps import MapOf
from asicae.concentrator.frames import Bytes, Frames
from asicae.foundation.errors import BadInput
from asicae.network.encoder import Encoder


class NetworkAlgorithm(ConcentratorAlgorithm[S, F, Source]):
    """Frames of latents; charge maps are made by the decoder that was trained with the weights."""

    @abstractmethod
    def values_of(self, encoder: Encoder) -> Mapping[str, Any]:
        """Settings that a network and its weights decide, by name."""

    @abstractmethod
    def latent_shape(self, settings: S) -> tuple[int, int]:
        """Number of latents, and bits of each."""

    @abstractmethod
    def latents(self, fields: F) -> ChipOutput:
        """Latents and sums in n frames, which a trained decoder reads."""

    @abstractmethod
    def encoded(self, calq: Charges, latents_of: LatentsOf, settings: S) -> Source:
        """What the fields of CALQ int32[n, 48] are selected from, with an encoder."""

    def sender(self, settings: S, latents_of: LatentsOf | None = None) -> Send:
        """Frames of what the encoder gives.

        Raises:
            BadInput: without an encoder.
        """
        if latents_of is None:
            the = f"the {self.label.lower()}"
            raise BadInput(f"{the} needs a network; its frames are made of latents")

        def send(calq: Charges, counters: Bytes, threads: int | None) -> Frames:
            source = self.encoded(calq, latents_of, settings)
            return self.frames_of(source, counters, settings, threads)

        return send

    def candidates(self, links: int, calq: Charges) -> list[S]:
        """None: what takes part in a comparison was trained."""
        del links, calq
        return []

    def maps(self, settings: S) -> dict[str, MapOf]:
        """None."""
        del settings
        return {}

    def default_map(self, settings: S) -> None:
        """None."""
        del settings


AnyNetworkAlgorithm = NetworkAlgorithm[Any, Any, Any]
