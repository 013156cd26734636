"""Autoencoder frames: bunch-crossing counter, module sum, and the latent bits that were kept.

The latents form one word OUT_{n-1} .. OUT_0, each most significant bit first. The keep mask selects
bits of it, the survivors close up, and the last ``frame_latent_bits`` of them go into the frame,
filled up with zeros in front when they are fewer.

Source: github.com/cmantill/ECONT_Emulator.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.chip.golden import ChipOutput
from asicae.concentrator.bits import BitReader, field_bits, join_bits, pack_words
from asicae.concentrator.frames import Bytes, Frames, fixed_frames, require_fixed
from asicae.concentrator.links import frame_latent_bits
from asicae.concentrator.possible import MOST_CHARGE, require_sums
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.transmitted import Transmitted, cells_and_sum, no_cells
from asicae.foundation.errors import BadInput
from asicae.module.codes import decode_5e4m, encode_5e4m

Masks = npt.NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Autoencoder:
    """Fields of n frames.

    Attributes:
        header: uint8[n], 5 bits.
        sums: uint16[n], 5E4M code of the module sum.
        latents: uint16[n, latents], bit patterns; bits that are not in the frame are 0.
    """

    header: Bytes
    sums: npt.NDArray[np.uint16]
    latents: Masks


def select(encoded: ChipOutput, counter: Bytes, settings: ConcentratorSettings) -> Autoencoder:
    """Fields of what the encoder gave for n events and their counters uint8[n], 0..31.

    Raises:
        BadInput: latents of another number or width than the settings have.
    """
    latents = encoded.latents
    expected, width = len(settings.keep_auto_encoder_bits), settings.latent_width
    if latents.shape[1] != expected:
        raise BadInput(f"{latents.shape[1]} latents, the keep mask has {expected}")
    if latents.size and int(latents.max()) >> width:
        raise BadInput(f"latent {int(latents.max())}, {width} bits allow 0 to {(1 << width) - 1}")
    return Autoencoder(counter, encoded.sums, latents & sent_bits(settings))


def pack(fields: Autoencoder, settings: ConcentratorSettings) -> Frames:
    """Frames of the fields: rows of 2 words a link."""
    places = _places(settings)
    word = field_bits(fields.latents[:, ::-1], settings.latent_width)
    spare = frame_latent_bits(settings.links) - len(places)
    parts = (
        field_bits(fields.header, 5),
        field_bits(fields.sums, 9),
        np.zeros((len(word), spare), dtype=np.uint8),
        word[:, places],
    )
    return fixed_frames(pack_words(parts, settings.frame_words))


def unpack(frames: Frames, settings: ConcentratorSettings) -> Autoencoder:
    """Fields of the frames.

    Raises:
        BadInput: naming the first frame of another length, with padding that is not zero, or a sum
            above that of any module.
    """
    require_fixed(frames, settings.frame_words)
    reader = BitReader(frames.words)
    header, sums = reader.field(5).astype(np.uint8), reader.field(9)
    places, width = _places(settings), settings.latent_width
    reader.bits(frame_latent_bits(settings.links) - len(places))
    latents = len(settings.keep_auto_encoder_bits)
    word = np.zeros((len(frames), latents * width), dtype=np.uint8)
    word[:, places] = reader.bits(len(places))
    backwards = join_bits(word.reshape(len(frames), latents, width))
    fields = Autoencoder(header, sums, np.ascontiguousarray(backwards[:, ::-1]))
    frames.require_padding(pack(fields, settings))
    require_sums(frames, sums, 0, MOST_CHARGE, encode_5e4m)
    return fields


def transmitted(fields: Autoencoder, settings: ConcentratorSettings) -> Transmitted:
    """The module sum of n frames, in CALQ units; cells are for a trained decoder to find."""
    del settings
    return cells_and_sum(*no_cells(len(fields.sums)), decode_5e4m(fields.sums))


def sent_bits(settings: ConcentratorSettings) -> Masks:
    """Bits of every latent that are in the frame, uint16[latents]."""
    width, latents = settings.latent_width, len(settings.keep_auto_encoder_bits)
    word = np.zeros((1, latents * width), dtype=np.uint8)
    word[0, _places(settings)] = 1
    return join_bits(word.reshape(1, latents, width))[0, ::-1]


def _places(settings: ConcentratorSettings) -> npt.NDArray[np.intp]:
    """Where in the word OUT_{n-1} .. OUT_0 the bits of the frame come from."""
    masks = np.array([settings.keep_auto_encoder_bits[::-1]], dtype=np.uint16)
    kept = np.flatnonzero(field_bits(masks, settings.latent_width)[0])
    return kept[-frame_latent_bits(settings.links) :]
