"""What golden answers to an example of the exactness matrix, and how answers are compared."""

from collections.abc import Sequence

import numpy as np

from asicae.chip.image import unpack
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.golden import encode
from asicae.network.weights import Weights
from tests.conformance.exactness.stimulus import Example
from tests.support.rtl_harness import values

Latents = list[np.ndarray]
"""Raw latents (events, latents) of every variant."""


def golden(variants: Sequence[Network], example: Example) -> Latents:
    """What golden answers."""
    return [
        encode(Encoder(network, weights_of(network, example)), codes_of(network, example))
        for network in variants
    ]


def weights_of(network: Network, example: Example) -> Weights:
    """The weight image as this variant reads it."""
    return unpack(network, example.image.to_bytes(network.image_bytes, "little"))


def codes_of(network: Network, example: Example) -> np.ndarray:
    """The codes (events, 48) as this variant reads them, raw."""
    kind = network.input
    return np.array([values(row, kind.width, N_CELLS, kind.signed) for row in example.rows])


def mismatches(found: Latents, expected: Latents) -> int:
    """Words that differ."""
    pairs = zip(found, expected, strict=True)
    return sum(int((one != other).sum()) for one, other in pairs)
