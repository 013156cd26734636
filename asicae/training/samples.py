"""Readouts as the tensors that training consumes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.chip.normaliser import module_sum, normalise
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.training.decoder import decoder_conditions
from asicae.training.encoder import images

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Samples:
    """n events: ``image`` [n,h,w,c] and ``conditions`` [n,5] in, ``target`` [n,48] of unit sum."""

    image: Floats
    conditions: Floats
    target: Floats

    def __len__(self) -> int:
        return len(self.image)


def samples(network: Network, readouts: Readouts, reference: Readouts | None = None) -> Samples:
    """What the encoder sees of ``readouts``, and the image that the decoder should give back.

    Args:
        network: for the normaliser's width and the arrangement.
        readouts: what enters the concentrator.
        reference: the same events with the true charges where these differ (dead cells);
            ``readouts`` unless given. Events whose reference sums to zero are left out.

    Raises:
        BadInput: another number of events, no event with charge.
    """
    truth = readouts if reference is None else reference
    if len(truth) != len(readouts):
        raise BadInput(f"reference: {len(truth)} events, expected {len(readouts)}")
    kept = truth.calq.sum(axis=1) > 0
    if not kept.any():
        raise BadInput(f"training: none of {len(readouts)} events has charge, at least one must")
    inputs, charges = readouts.select(kept), truth.calq[kept].astype(np.float64)
    return Samples(
        images(network, normalise(inputs.calq, network.input)),
        decoder_conditions(inputs, module_sum(inputs.calq)),
        (charges / charges.sum(axis=1, keepdims=True)).astype(np.float32),
    )
