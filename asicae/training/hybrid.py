"""The network of Hybrid Choice, and the decoder that is trained with it.

The network sees the cells that a busy frame does not send. The decoder knows those that it does,
the latents, and where the frame came from, and says where the rest of the sum belongs.
"""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.chip.normaliser import normalise
from asicae.concentrator.algorithms.base import ChargesAndLatents
from asicae.concentrator.algorithms.hybrid_choice import HybridChoiceSettings
from asicae.concentrator.algorithms.table import HYBRID_CHOICE
from asicae.concentrator.largest import largest
from asicae.concentrator.links import bits_in, mask_of
from asicae.concentrator.transmitted import Transmitted
from asicae.foundation.errors import BadInput
from asicae.module.geometry import SYMMETRIES
from asicae.network.description import Network
from asicae.readout.readouts import Readouts, concatenate
from asicae.training.checkpoint import Checkpoint
from asicae.training.decoder import build_decoder
from asicae.training.encoder import images
from asicae.training.fit import Trainer
from asicae.training.learned_spreading import INPUTS, image_of, inputs_of
from asicae.training.samples import Samples
from asicae.training.settings import TrainSettings
from asicae.training.trained import Trained


def frames_for(network: Network, links: int, busy_hits: int) -> HybridChoiceSettings:
    """Settings of frames with the latents of a network.

    Raises:
        BadInput: not even one bit of each latent fits.
    """
    room = HYBRID_CHOICE.settings(links=links).latent_word.room
    keep = mask_of(bits_in(room, network, links), network)
    return HYBRID_CHOICE.settings(
        links=links,
        busy_hits=busy_hits,
        keep_auto_encoder_bits=tuple(keep.tolist()),
        latent_width=network.latent_type.width,
    )


def in_every_orientation(readouts: Readouts) -> Readouts:
    """The modules as they are, turned and mirrored: what can be told apart is hardly theirs.

    Six times the events of a training cost less than the simulation of as many.
    """
    turned = [readouts.calq[:, cells] for cells in SYMMETRIES]
    return concatenate([dataclasses.replace(readouts, calq=calq) for calq in turned])


class HybridTrainer(Trainer):
    """The decoder knows what arrives in a frame, and cells that were sent stay as they are."""

    def bits(self, links: int) -> int:
        """Bits of each latent in a frame.

        Raises:
            BadInput: a link count that the latents do not fit.
        """
        return bits_in(HYBRID_CHOICE.settings(links=links).latent_word.room, self.network, links)

    def _new_decoder(self, seed: int) -> Any:
        return build_decoder(self.network, self.settings.hidden, seed, number=INPUTS)

    def image(self, logits: Any, conditions: Any) -> Any:
        """The cells that were sent, and the rest where the decoder puts it."""
        return image_of(logits, conditions)


def hybrid_samples(network: Network, readouts: Readouts, frames: HybridChoiceSettings) -> Samples:
    """What the network sees of the crossings that are busy, and what the decoder is told of them.

    Raises:
        BadInput: none is busy.
    """
    busy = readouts.select(frames.busy_rows(readouts.calq))
    if not len(busy):
        raise BadInput(
            f"training: none of {len(readouts)} events has {frames.busy_hits} hits, one or more are"
            " needed"
        )
    charges = busy.calq.astype(np.float64)
    return Samples(
        images(network, seen_codes(network, busy, frames)),
        inputs_of(_known(busy, frames), busy),
        (charges / charges.sum(axis=1, keepdims=True)).astype(np.float32),
    )


def seen_codes(
    network: Network, readouts: Readouts, frames: HybridChoiceSettings
) -> npt.NDArray[np.integer[Any]]:
    """Codes [n,48] of busy crossings, 0 in the cells that their frames send."""
    codes = normalise(readouts.calq, network.input)
    codes[largest(readouts.calq, frames.busy_cells)] = 0
    return codes


def train_hybrid(
    network: Network,
    training: Readouts,
    validation: Readouts,
    settings: TrainSettings,
    links: int,
    busy_hits: int,
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Train the network and its decoder for one link count, on crossings with so many hits.

    Args:
        network: what to train.
        training: at least one batch of busy crossings; each is taken in every orientation.
        validation: events on which the epochs are compared.
        settings: how.
        links: at which there is Hybrid Choice.
        busy_hits: of a busy crossing.
        checkpoint: see ``Trainer.fit``.

    Raises:
        BadInput: too few busy crossings; a network that QKeras cannot express, or that does not fit
            the frames.
    """
    frames = frames_for(network, links, busy_hits)
    busy = training.select(frames.busy_rows(training.calq))
    return HybridTrainer(network, settings).fit(
        hybrid_samples(network, in_every_orientation(busy), frames),
        hybrid_samples(network, validation, frames),
        links,
        epochs=settings.epochs,
        rate=settings.learning_rate,
        checkpoint=checkpoint,
    )


def _known(readouts: Readouts, frames: HybridChoiceSettings) -> Transmitted:
    """What busy frames say beside their latents."""
    rows = len(readouts)
    latents = np.zeros((rows, frames.latents), dtype=np.uint16)
    source = ChargesAndLatents(readouts.calq, latents)
    fields = HYBRID_CHOICE.select(source, np.zeros(rows, dtype=np.uint8), frames)
    return HYBRID_CHOICE.transmitted(fields, frames)
