"""What a run trained, weight sets with their decoders, as algorithms beside those without any."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from asicae.chip import golden
from asicae.comparison.choice import Chosen, Floats
from asicae.comparison.contenders import Contender
from asicae.comparison.links_record import EncoderOrigin
from asicae.comparison.trained_hybrids import TrainedHybrid
from asicae.comparison.trained_set import TrainedSet
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import AUTOENCODER
from asicae.concentrator.charge_maps import DECODER
from asicae.concentrator.frames import Frames
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.readout.readouts import Readouts


@dataclass(frozen=True, eq=False)
class TrainedEncoders:
    """The autoencoder at each number of links that it was trained for, and Hybrid Choice beside it.

    Attributes:
        network: of all weight sets.
        sets: by the number of links, one or more.
        origin: what they were trained on, where somebody wants to know.
        hybrids: by the number of links, where there are any.
    """

    network: Network
    sets: Mapping[int, TrainedSet]
    origin: EncoderOrigin | None = None
    hybrids: Mapping[int, TrainedHybrid] = field(default_factory=dict)

    @property
    def contenders(self) -> list[Contender]:
        """One a weight set, by links."""
        return [Contender(AUTOENCODER.name, links) for links in sorted(self.sets)]

    def at_most(self, links: int) -> Contender:
        """With the most links that are not more than these; with the fewest where all are."""
        return Contender(AUTOENCODER.name, most_below(self.sets, links))

    def chosen(self, contender: Contender) -> Chosen:
        """The keep mask of the weight set, and its decoder."""
        decided = AUTOENCODER.values_of(self._encoder(contender.links))
        return Chosen(AUTOENCODER.settings(links=contender.links, **decided), DECODER)

    def sent_and_decoded(self, contender: Contender, test: Readouts) -> tuple[Frames, Floats]:
        """Frames, and the maps float64[n, 48] that the decoder makes of their fields."""
        # TensorFlow takes seconds to load, which whoever compares no encoder need not wait.
        from asicae.training.decoder import decode_latents

        settings = self.chosen(contender).settings
        frames = codec.encode_latents(
            golden.run(self._encoder(contender.links), test.calq), settings
        )
        sent = AUTOENCODER.latents(codec.decode(frames, settings))
        decoder = self.sets[contender.links].decoder
        return frames, decode_latents(decoder, self.network, sent.latents, sent.sums, test)

    def _encoder(self, links: int) -> Encoder:
        return Encoder(self.network, self.sets[links].weights)


def most_below(numbers: Iterable[int], links: int) -> int:
    """The largest of the numbers of links that is not above ``links``, else the smallest."""
    known = sorted(numbers)
    return max((n for n in known if n <= links), default=known[0])


def by_class(
    encoders: Iterable[TrainedEncoders], classes: Iterable[int], seed: int
) -> dict[int, TrainedEncoders]:
    """For modules of each class, by its links, those that were trained on it, else on all modules.

    ``seed`` is that of the events that they are judged on.

    Raises:
        BadInput: two were trained on the same modules; a class has none, though there are some;
            one was trained on the events of its class that it would be judged on.
    """
    known: dict[int | None, TrainedEncoders] = {}
    for each in encoders:
        if each.origin is None:
            continue
        of = each.origin.module_class
        if of in known:
            modules = "modules of all classes" if of is None else f"class {of}"
            raise BadInput(f"runs: two are trained on {modules}, allowed is one")
        known[of] = each
    found = {}
    for links in classes if known else ():
        encoder = known.get(links) or known.get(None)
        if encoder is None:
            raise BadInput(
                f"runs: none is trained on modules of {links} links, allowed is one for all"
            )
        trained = encoder.origin
        if trained is not None and (trained.module_class, trained.seed) == (links, seed):
            raise BadInput(
                f"runs: one is trained on events of class {links} and seed {seed}, on which it "
                "would be judged; allowed is another seed"
            )
        found[links] = encoder
    return found


def origins(encoders: Mapping[int, TrainedEncoders]) -> tuple[EncoderOrigin, ...]:
    """What the encoders of classes were trained on, each once."""
    return tuple(dict.fromkeys(each.origin for each in encoders.values() if each.origin))


def hybrid_origins(encoders: Mapping[int, TrainedEncoders]) -> tuple[EncoderOrigin, ...]:
    """Likewise of Hybrid Choice, one for each of its networks."""
    return tuple(
        dict.fromkeys(
            each.origin.model_copy(update={"network": hybrid.network.identifier})
            for each in encoders.values()
            if each.origin
            for hybrid in each.hybrids.values()
        )
    )
