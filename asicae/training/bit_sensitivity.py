"""What each bit of a weight set is worth: how much farther from the truth events are decoded while
it is wrong.

A bit that is stored once stays wrong from its upset until the weights are loaded again. Which bits
matter says which ones to store three times where there is no room for copies of all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.chip import golden
from asicae.chip.image import pack, unpack
from asicae.foundation.errors import BadInput
from asicae.foundation.progress import track
from asicae.metrics.distances import emd
from asicae.module.geometry import Floats
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.readout.readouts import Readouts
from asicae.training.decoder import decode_latents

BITS_AT_A_TIME: Final = 64
"""Whose events are decoded together."""


@dataclass(frozen=True)
class BitSensitivity:
    """Of single wrong bits, in the order of the weight image.

    Attributes:
        network: whose weights these are.
        events: with charge, on which all is measured.
        emd: mean distance of the weight set as it is, half trigger-cell pitches.
        change: float64[bits], what a wrong bit adds to it.
        error: float64[bits], standard error of that over events, of the same events with and
            without the bit.
        touched: float64[bits], share of events of which it changes a latent.
    """

    network: Network
    events: int
    emd: float
    change: Floats
    error: Floats
    touched: Floats


def bit_sensitivity(
    weights: Weights, decoder: Any, network: Network, readouts: Readouts
) -> BitSensitivity:
    """Turn over each bit of the weight image, one at a time, and decode what leaves the chip.

    Args:
        weights: with the keep mask of the links.
        decoder: trained with them; it does not know that a bit is wrong.
        network: their description.
        readouts: events that training has not seen; those without charge do not count.

    Raises:
        BadInput: fewer than two events with charge.
    """
    charged = readouts.select(readouts.calq.any(axis=1))
    if len(charged) < 2:
        raise BadInput(f"sensitivity: {len(charged)} events with charge, 2 or more are needed")
    intact = _Intact(weights, decoder, network, charged)
    parts = [
        intact.changes(bits)
        for bits in track(_parts(network.weight_bits), "bits of the weights turned over")
    ]
    change = np.concatenate([added for added, _ in parts])
    return BitSensitivity(
        network,
        len(charged),
        float(intact.distances.mean()),
        change.mean(axis=1),
        change.std(axis=1, ddof=1) / np.sqrt(len(charged)),
        np.concatenate([touched for _, touched in parts]).mean(axis=1),
    )


def _parts(bits: int) -> list[range]:
    return [
        range(first, min(first + BITS_AT_A_TIME, bits)) for first in range(0, bits, BITS_AT_A_TIME)
    ]


class _Intact:
    """The weight set as it is, and its distances."""

    def __init__(
        self, weights: Weights, decoder: Any, network: Network, readouts: Readouts
    ) -> None:
        self._decoder, self._network, self._readouts = decoder, network, readouts
        self._encoder = Encoder(network, weights)
        self._image = pack(self._encoder)
        self._sent = golden.run(self._encoder, readouts.calq)
        self.distances = self._decoded(self._sent.latents, np.arange(len(readouts)))

    def changes(self, bits: Sequence[int]) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """What each wrong bit adds to the distance of each event, float64[bits, events], and
        whether it changes a latent of it; events of which it changes none are not decoded.
        """
        latents = np.stack(list(self._with_wrong(bits)))
        touched = (latents != self._sent.latents).any(axis=2)
        added = np.zeros(touched.shape)
        if touched.any():
            rows = np.nonzero(touched)
            added[rows] = self._decoded(latents[rows], rows[1]) - self.distances[rows[1]]
        return added, touched

    def _with_wrong(self, bits: Sequence[int]) -> Iterator[npt.NDArray[np.uint16]]:
        """Latents uint16[events, latents] with each of the bits wrong."""
        for bit in bits:
            image = bytearray(self._image)
            image[bit // 8] ^= 1 << bit % 8
            wrong = unpack(self._network, bytes(image), self._encoder.weights.keep)
            yield golden.run(Encoder(self._network, wrong), self._readouts.calq).latents

    def _decoded(self, latents: npt.NDArray[np.uint16], events: npt.NDArray[np.intp]) -> Floats:
        """Distances of what is decoded from latents [n, latents] of these events."""
        readouts, sums = self._readouts.select(events), self._sent.sums[events]
        image = decode_latents(self._decoder, self._network, latents, sums, readouts)
        return emd(readouts.calq, image).values
