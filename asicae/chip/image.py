"""The weight image: the bytes that travel over I2C.

Parameter k of an array occupies ``width`` bits from ``offset + k * width`` on, least significant
bit first, in a little-endian image; arrays follow each other without gaps (ECON-T: 2144 parameters
of 6 bits, 1608 bytes).
"""

import zlib

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights


def pack(encoder: Encoder) -> bytes:
    """Weight image of ``weights``, ``network.image_bytes`` long; spare bits are zero."""
    network, weights = encoder.network, encoder.weights
    bits = [
        _to_bits(p.type.unsigned_bits(weights.arrays[p.name]).ravel(), p.type.width)
        for p in network.parameters
    ]
    return np.packbits(np.concatenate(bits), bitorder="little").tobytes()


def unpack(
    network: Network,
    image: bytes,
    keep: npt.NDArray[np.uint16] | None = None,
    source: str = "weight image",
) -> Weights:
    """Weights of an image; the inverse of ``pack``.

    ``keep`` holds one mask a latent, all ones unless given; ``source`` names the image in messages.

    Raises:
        BadInput: wrong size, spare bits that are not zero, or a mask that does not fit.
    """
    if len(image) != network.image_bytes:
        raise BadInput(
            f"{source}: {len(image)} bytes, network {network.name} has {network.image_bytes}"
        )
    bits = np.unpackbits(np.frombuffer(image, dtype=np.uint8), bitorder="little")
    if bits[network.weight_bits :].any():
        raise BadInput(f"{source}: spare bits of the last byte are set, allowed is 0")
    arrays = {
        p.name: p.type.from_bits(_from_bits(bits[p.offset : p.offset + p.bits], p.type.width))
        .reshape(p.shape)
        .astype(np.int32)
        for p in network.parameters
    }
    return Weights.checked(network, arrays, keep, source)


def crc32(image: bytes) -> int:
    """CRC-32 (as zlib) of an image, 0 to 2**32 - 1, as the chip computes it."""
    return zlib.crc32(image)


def keep_bytes(encoder: Encoder) -> bytes:
    """Bytes of the keep register: bit ``width * i + j`` keeps bit j of latent i; spares are 1."""
    network, weights = encoder.network, encoder.weights
    bits = _to_bits(weights.keep.astype(np.int64), network.latent_type.width)
    spare = np.ones(-bits.size % 8, dtype=np.uint8)
    return np.packbits(np.concatenate([bits, spare]), bitorder="little").tobytes()


def keep_from_bytes(network: Network, data: bytes) -> npt.NDArray[np.uint16]:
    """Keep masks (latents,) from the bytes of the keep register; spare bits mean nothing.

    Raises:
        BadInput: wrong number of bytes.
    """
    width, count = network.latent_type.width, network.latents
    if len(data) != -(-width * count // 8):
        raise BadInput(f"keep mask: {len(data)} bytes, expected {-(-width * count // 8)}")
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
    return _from_bits(bits[: width * count], width).astype(np.uint16)


def _to_bits(values: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.uint8]:
    return ((values[:, None] >> np.arange(width)) & 1).astype(np.uint8).ravel()


def _from_bits(bits: npt.NDArray[np.uint8], width: int) -> npt.NDArray[np.int64]:
    return bits.reshape(-1, width).astype(np.int64) @ (np.int64(1) << np.arange(width))
