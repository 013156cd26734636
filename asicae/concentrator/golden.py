"""Golden execution of the chip: CALQ in, masked latents and module sum out, in integers.

This is the "golden" of every comparison.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.concentrator.normaliser import checked_calq, module_sum, normalise
from asicae.network.description import Network
from asicae.network.golden import GoldenEncoder
from asicae.network.weights import Weights


@dataclass(frozen=True)
class Encoded:
    """What leaves the chip: latents (events, n) as bit patterns, sums (events,) as 5E4M codes."""

    latents: npt.NDArray[np.uint16]
    sums: npt.NDArray[np.uint16]


def run(network: Network, weights: Weights, calq: npt.ArrayLike) -> Encoded:
    """Encode CALQ (events, 48) in AE order.

    Raises:
        BadInput: CALQ of another shape or outside 22 bits.
    """
    charges = checked_calq(calq)
    raw = GoldenEncoder(network, weights).encode(normalise(charges, network.input.width))
    bits = network.latent_type.unsigned_bits(raw).astype(np.uint16)
    return Encoded(bits & weights.keep, module_sum(charges))
