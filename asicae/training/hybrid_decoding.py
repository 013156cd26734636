"""Charges of frames of Hybrid Choice, by the decoder that was trained with their network.

Apart from the training, so that whoever decodes does not depend on how it is done.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.concentrator.algorithms.hybrid_choice import HybridChoiceFields
from asicae.concentrator.charge_maps import Decode
from asicae.concentrator.spreading import spread
from asicae.concentrator.transmitted import Transmitted
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.training.decoder import logits_of
from asicae.training.learned_spreading import inputs_of, weights_of


def decode_busy(
    decoder: Any,
    network: Network,
    latents: npt.ArrayLike,
    known: Transmitted,
    readouts: Readouts,
) -> npt.NDArray[np.float64]:
    """Charges float64[n,48] (AE order, CALQ units) of busy frames.

    Args:
        decoder: that was trained with the weights.
        network: whose latents these are.
        latents: [n,latents] bit patterns as in the frames.
        known: what else the frames say.
        readouts: for the place of the modules.
    """
    logits = logits_of(decoder, network, latents, inputs_of(known, readouts))
    return spread(known, weights_of(logits, known))


def decode_frames(
    decoder: Any,
    network: Network,
    fields: HybridChoiceFields,
    known: Transmitted,
    readouts: Readouts,
    quiet: Decode,
) -> npt.NDArray[np.float64]:
    """Charges float64[n,48] (AE order, CALQ units) of frames, quiet ones by ``quiet``."""
    charges = quiet(known, readouts)
    busy = fields.busy
    if busy.any():
        charges[busy] = decode_busy(
            decoder, network, fields.latents[busy], known.part(busy), readouts.select(busy)
        )
    return charges
