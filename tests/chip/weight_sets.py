"""A weight set of the small preset, and the one line that refuses a file."""

from pathlib import Path

import numpy as np
import pytest

from asicae.chip.weight_files.files import read_weights
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.weights import Weights

SMALL = Network.preset("small")
FULL = (1 << SMALL.latent_type.width) - 1


def small_weights() -> Weights:
    masks = np.full(SMALL.latents, FULL, dtype=np.uint16)
    masks[3] = 0b101
    return Weights.checked(SMALL, Weights.random(SMALL, 1).arrays, masks)


def refusal(path: Path, network: Network = SMALL) -> str:
    """The one line that refuses a file, behind its name."""
    with pytest.raises(BadInput) as caught:
        read_weights(path, network)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and len(message) < len(str(path)) + 300
    assert message.isprintable()
    return message.removeprefix(f"{path}: ")
