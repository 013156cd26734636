"""Hybrid Choice with a network, its weights and decoder, as one more algorithm.

Quiet crossings are sent and decoded as Adaptive Choice was chosen to be. From how many hits on a
crossing is busy follows from both distances of each validation event, so that on these events it
is nowhere farther than Adaptive Choice.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from asicae.chip import golden
from asicae.comparison.choice import Chosen, Floats, never_empty
from asicae.comparison.contenders import Contender
from asicae.comparison.decode_options import DecodeOptions
from asicae.comparison.record import Tried
from asicae.comparison.trained_set import TrainedSet
from asicae.concentrator import codec
from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoice
from asicae.concentrator.algorithms.hybrid_choice import (
    NEVER_BUSY,
    HybridChoiceFields,
    HybridChoiceSettings,
)
from asicae.concentrator.algorithms.table import HYBRID_CHOICE, algorithm_of
from asicae.concentrator.charge_maps import BUSY_DECODER, Decode
from asicae.concentrator.frames import Frames
from asicae.concentrator.transmitted import Transmitted
from asicae.foundation.errors import BadInput
from asicae.metrics.distances import emd_of_many
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.readout.readouts import Readouts

QUIET: Final = AdaptiveChoice.name
"""The algorithm of quiet frames."""


@dataclass(frozen=True, eq=False)
class TrainedHybrid:
    """Hybrid Choice at one number of links.

    Attributes:
        network: of the latents.
        links: that it was trained for.
        trained: weights and decoder.
    """

    network: Network
    links: int
    trained: TrainedSet

    @property
    def contender(self) -> Contender:
        """Its name in a comparison."""
        return Contender(HYBRID_CHOICE.name, self.links)

    @property
    def quiet(self) -> Contender:
        """Whose settings and decoding quiet frames have."""
        return Contender(QUIET, self.links)

    def chosen(self, quiet: Chosen, options: DecodeOptions, validation: Readouts) -> Chosen:
        """Hits of a busy crossing, with the smallest mean distance of events with charge.

        Of equals the most hits: the fewest busy frames.

        Args:
            quiet: settings and decoding of Adaptive Choice.
            options: ways to decode.
            validation: events to choose on.

        Raises:
            BadInput: no event with charge.
        """
        events = validation.select(validation.calq.any(axis=1))
        if not len(events):
            raise BadInput("comparison: no validation event with charge, at least one is needed")
        usual = self._settings(quiet)
        each = [usual.model_copy(update={"busy_hits": n}) for n in (NEVER_BUSY, usual.busy_cells)]
        maps = [self._sent(settings, quiet.decode, options, events)[1] for settings in each]
        images = [never_empty(image, options.mean_image)[0] for image in maps]
        alone, busy = (found.values for found in emd_of_many(events.calq, images))
        hits = np.count_nonzero(events.calq, axis=1)
        tried = {
            n: float(np.where(hits >= n, busy, alone).mean())
            for n in range(NEVER_BUSY, usual.busy_cells - 1, -1)
        }
        best = usual.model_copy(update={"busy_hits": min(tried, key=lambda n: tried[n])})
        decode = quiet.decode + BUSY_DECODER
        values = HYBRID_CHOICE.chosen_values(best)
        competed = (
            Tried(values | {"busy_hits": n}, decode, round(mean, 4)) for n, mean in tried.items()
        )
        return Chosen(best, decode, tuple(competed))

    def sent_and_decoded(
        self, chosen: Chosen, options: DecodeOptions, test: Readouts
    ) -> tuple[Frames, Floats]:
        """Frames, and the maps float64[n, 48] decoded from them."""
        decode = chosen.decode.removesuffix(BUSY_DECODER)
        return self._sent(chosen.settings, decode, options, test)

    def decoded(
        self, fields: HybridChoiceFields, known: Transmitted, modules: Readouts, quiet: Decode
    ) -> Floats:
        """Charges float64[n, 48] of frames, quiet ones by ``quiet``."""
        # TensorFlow takes seconds to load, which whoever compares no encoder need not wait.
        from asicae.training.hybrid_decoding import decode_frames

        return decode_frames(self.trained.decoder, self.network, fields, known, modules, quiet)

    def _settings(self, quiet: Chosen) -> HybridChoiceSettings:
        """The usual busy frames, with the quiet ones of Adaptive Choice."""
        decided = HYBRID_CHOICE.values_of(self._encoder)
        values = algorithm_of(quiet.settings).chosen_values(quiet.settings)
        return HYBRID_CHOICE.settings(links=self.links, **values, **decided)

    def _sent(
        self, settings: Any, quiet: str, options: DecodeOptions, events: Readouts
    ) -> tuple[Frames, Floats]:
        def latents_of(calq: Any, *, hidden: Any = None) -> golden.ChipOutput:
            return golden.run(self._encoder, calq, hidden=hidden)

        send = HYBRID_CHOICE.sender(settings, latents_of)
        frames = codec.encode(events.calq, settings, send=send)
        fields = codec.decode(frames, settings)
        known = HYBRID_CHOICE.transmitted(fields, settings)
        way = options.of_cells()[quiet]
        return frames, self.decoded(fields, known, events, way)

    @property
    def _encoder(self) -> Encoder:
        return Encoder(self.network, self.trained.weights)
