"""What leaves the chip: golden latents under the keep mask."""

import numpy as np
import pytest

from asicae.chip import golden
from asicae.concentrator.links import keep_mask, latent_bits
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights

ECON_T = Network.preset("econ-t")


def test_keep_masks_send_the_most_significant_bits() -> None:
    assert [latent_bits(ECON_T, n) for n in range(1, 6)] == [1, 3, 5, 7, 9]
    weights = Weights.random(ECON_T, 5)
    calq = np.random.default_rng(6).integers(0, 2000, size=(50, 48))
    full = golden.run(Encoder(ECON_T, weights), calq).latents
    masked = Weights.checked(ECON_T, weights.arrays, keep_mask(ECON_T, 2))
    assert np.array_equal(golden.run(Encoder(ECON_T, masked), calq).latents, full >> 6 << 6)
    with pytest.raises(BadInput, match="1 to 5"):
        keep_mask(ECON_T, 6)
