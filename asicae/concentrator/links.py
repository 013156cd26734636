"""How many latent bits fit the links, and the keep mask that selects them.

A frame of N links (32 bits each) carries 5 header bits, 9 bits of module sum and
min(18 + 32 (N - 1), 146) latent bits; every latent gives its most significant bits
(ECON-T: 1, 3, 5, 7, 9 bits of each of 16 latents at 1 to 5 links).
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.network.description import Network

BITS_RECEIVED = 336
"""48 trigger cells of 7 bits enter the chip every bunch crossing."""
BITS_DECODED = 1056
"""48 CALQ of 22 bits enter the concentrator's algorithms."""
LINK_BITS = 32
AUTOENCODER_LINKS = (1, 2, 3, 4, 5)
_FIRST_LINK_BITS = 18
_MOST_BITS = 146


def frame_latent_bits(links: int) -> int:
    """Latent bits in a frame of ``links`` links (1 to 5).

    Raises:
        BadInput: the autoencoder is not defined at that number of links.
    """
    if links not in AUTOENCODER_LINKS:
        raise BadInput(f"{links} links: the autoencoder is defined at 1 to 5")
    return min(_FIRST_LINK_BITS + LINK_BITS * (links - 1), _MOST_BITS)


def latent_bits(network: Network, links: int) -> int:
    """Bits that every latent sends at ``links`` links.

    Raises:
        BadInput: not even one bit of each latent fits.
    """
    return bits_in(frame_latent_bits(links), network, links)


def bits_in(room: int, network: Network, links: int) -> int:
    """Bits that every latent sends in so many bits of a frame of ``links`` links.

    Raises:
        BadInput: not even one bit of each latent fits.
    """
    bits = min(room // network.latents, network.latent_type.width)
    if bits < 1:
        raise BadInput(f"{links} links: {network.latents} latents do not fit with one bit each")
    return bits


def keep_mask(network: Network, links: int) -> npt.NDArray[np.uint16]:
    """Mask (latents,) that keeps the most significant ``latent_bits`` of each latent."""
    return mask_of(latent_bits(network, links), network)


def mask_of(bits: int, network: Network) -> npt.NDArray[np.uint16]:
    """Mask (latents,) that keeps so many of the most significant bits of each latent."""
    mask = ((1 << bits) - 1) << (network.latent_type.width - bits)
    return np.full(network.latents, mask, dtype=np.uint16)


def compression(links: Iterable[int]) -> dict[str, int | float]:
    """Bits in, bits out and their ratios at each number of links, as metrics of a run."""
    metrics: dict[str, int | float] = {
        "compression.bits_received": BITS_RECEIVED,
        "compression.bits_decoded": BITS_DECODED,
    }
    for n in links:
        sent = LINK_BITS * n
        metrics[f"compression.bits_sent.{n}links"] = sent
        metrics[f"compression.ratio_received.{n}links"] = round(BITS_RECEIVED / sent, 4)
        metrics[f"compression.ratio_decoded.{n}links"] = round(BITS_DECODED / sent, 4)
    return metrics
