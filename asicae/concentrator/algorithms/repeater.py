"""Repeater: every cell as 4E3M code, 5 + 48 x 7 = 341 bits in 11 links.

With cal = 0x800 and drop_lsb = 1 (low density) or 3 (high density) the codes are those that came
from the front end: then nothing is lost. Source: github.com/cmantill/ECONT_Emulator.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.concentrator.bits import BitReader, field_bits, pack_words
from asicae.concentrator.frames import Bytes, Frames, fixed_frames, require_fixed
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.transmitted import Transmitted, cells_and_sum
from asicae.module.codes import decode_charge, encode_charge
from asicae.module.geometry import N_CELLS


@dataclass(frozen=True, eq=False)
class Repeater:
    """Fields of n frames: ``header`` uint8[n] (5 bits), ``codes`` uint8[n, 48] (4E3M)."""

    header: Bytes
    codes: Bytes


def select(calq: npt.NDArray[np.int32], counter: Bytes, settings: ConcentratorSettings) -> Repeater:
    """Fields of CALQ int32[n, 48] and bunch-crossing counters uint8[n], 0..31."""
    return Repeater(counter, encode_charge(calq, settings.drop_lsb))


def pack(fields: Repeater, settings: ConcentratorSettings) -> Frames:
    """Frames of the fields: rows of 22 words."""
    parts = (field_bits(fields.header, 5), field_bits(fields.codes, 7))
    return fixed_frames(pack_words(parts, settings.frame_words))


def unpack(frames: Frames, settings: ConcentratorSettings) -> Repeater:
    """Fields of the frames.

    Raises:
        BadInput: naming the first frame of another length or with padding that is not zero.
    """
    require_fixed(frames, settings.frame_words)
    reader = BitReader(frames.words)
    header, codes = reader.field(5), reader.fields(7, N_CELLS)
    fields = Repeater(header.astype(np.uint8), codes.astype(np.uint8))
    frames.require_padding(pack(fields, settings))
    return fields


def transmitted(fields: Repeater, settings: ConcentratorSettings) -> Transmitted:
    """Charge of every cell of n frames, in CALQ units; no sum is sent."""
    charges = decode_charge(fields.codes, settings.drop_lsb)
    return cells_and_sum(charges, np.ones(charges.shape, dtype=bool))
