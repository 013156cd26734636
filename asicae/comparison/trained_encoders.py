"""A network with its weight sets and decoders, as one more algorithm beside those without one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from asicae.chip import golden
from asicae.comparison.choice import Chosen, Floats
from asicae.comparison.contenders import Contender
from asicae.comparison.links_record import EncoderOrigin
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import AUTOENCODER
from asicae.concentrator.charge_maps import DECODER
from asicae.concentrator.frames import Frames
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.readout.readouts import Readouts
from asicae.training.decoder import decode_latents


class TrainedSet(Protocol):
    """A weight set and what was trained with it."""

    @property
    def weights(self) -> Weights:
        """Of the encoder, with the keep mask of its number of links."""

    @property
    def decoder(self) -> Any:
        """From ``training.decoder.build_decoder``."""


@dataclass(frozen=True, eq=False)
class TrainedEncoders:
    """The autoencoder at each number of links that it was trained for.

    Attributes:
        network: of all weight sets.
        sets: by the number of links, one or more.
        origin: what they were trained on, where somebody wants to know.
    """

    network: Network
    sets: Mapping[int, TrainedSet]
    origin: EncoderOrigin | None = None

    @property
    def contenders(self) -> list[Contender]:
        """One a weight set, by links."""
        return [Contender(AUTOENCODER.name, links) for links in sorted(self.sets)]

    def at_most(self, links: int) -> Contender:
        """With the most links that are not more than these; with the fewest where all are."""
        fitting = [n for n in self.sets if n <= links]
        return Contender(AUTOENCODER.name, max(fitting) if fitting else min(self.sets))

    def chosen(self, contender: Contender) -> Chosen:
        """The keep mask of the weight set, and its decoder."""
        decided = AUTOENCODER.values_of(self._encoder(contender.links))
        return Chosen(AUTOENCODER.settings(links=contender.links, **decided), DECODER)

    def sent_and_decoded(self, contender: Contender, test: Readouts) -> tuple[Frames, Floats]:
        """Frames, and the maps float64[n, 48] that the decoder makes of their fields."""
        settings = self.chosen(contender).settings
        frames = codec.encode_latents(
            golden.run(self._encoder(contender.links), test.calq), settings
        )
        sent = AUTOENCODER.latents(codec.decode(frames, settings))
        decoder = self.sets[contender.links].decoder
        return frames, decode_latents(decoder, self.network, sent.latents, sent.sums, test)

    def _encoder(self, links: int) -> Encoder:
        return Encoder(self.network, self.sets[links].weights)


def trained_for(encoders: Iterable[TrainedEncoders], links: int) -> TrainedEncoders | None:
    """Those that were trained on modules of the class of so many links, else on all modules."""
    by_class = {each.origin.module_class: each for each in encoders if each.origin}
    return by_class.get(links) or by_class.get(None)
