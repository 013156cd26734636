"""Repeater: every cell as 4E3M code, 5 + 48 x 7 = 341 bits in 11 links.

With cal = 0x800 and drop_lsb = 1 (low density) or 3 (high density) the codes are those that came
from the front end: then nothing is lost. Source: github.com/cmantill/ECONT_Emulator.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from asicae.concentrator.algorithms.base import Charges
from asicae.concentrator.algorithms.classical import ClassicalAlgorithm
from asicae.concentrator.bits import BitReader, field_bits, pack_words
from asicae.concentrator.charge_maps import AS_SENT, MapOf
from asicae.concentrator.frames import Bytes, Frames, fixed_frames, require_fixed
from asicae.concentrator.settings import ConcentratorSettings, DroppedBits
from asicae.concentrator.spreading import as_sent
from asicae.concentrator.transmitted import Transmitted, cells_and_sum
from asicae.module.codes import decode_charge, encode_charge
from asicae.module.geometry import N_CELLS

LINKS: Final = 11


class RepeaterSettings(ConcentratorSettings):
    """Settings of the Repeater.

    Attributes:
        drop_lsb: bits dropped before a 4E3M code, 0..4.
    """

    drop_lsb: DroppedBits = 0

    @property
    def link_counts(self) -> tuple[int, ...]:
        """All cells need 11 links."""
        return (LINKS,)


@dataclass(frozen=True, eq=False)
class RepeaterFields:
    """Fields of n frames: ``header`` uint8[n] (5 bits), ``codes`` uint8[n, 48] (4E3M)."""

    header: Bytes
    codes: Bytes


class Repeater(ClassicalAlgorithm[RepeaterSettings, RepeaterFields]):
    """Sends everything."""

    name = "repeater"
    label = "Repeater"
    settings_type = RepeaterSettings
    fields_type = RepeaterFields
    sends_cells = True
    is_reference = True

    def select(self, source: Charges, counter: Bytes, settings: RepeaterSettings) -> RepeaterFields:
        """Codes of all cells."""
        return RepeaterFields(counter, encode_charge(source, settings.drop_lsb))

    def pack(self, fields: RepeaterFields, settings: RepeaterSettings) -> Frames:
        """Rows of 22 words."""
        parts = (field_bits(fields.header, 5), field_bits(fields.codes, 7))
        return fixed_frames(pack_words(parts, settings.frame_words))

    def unpack(self, frames: Frames, settings: RepeaterSettings) -> RepeaterFields:
        """Fields of the frames.

        Raises:
            BadInput: naming the first frame of another length or with padding that is not zero.
        """
        require_fixed(frames, settings.frame_words)
        reader = BitReader(frames.words)
        header, codes = reader.field(5), reader.fields(7, N_CELLS)
        fields = RepeaterFields(header.astype(np.uint8), codes.astype(np.uint8))
        frames.require_padding(self.pack(fields, settings))
        return fields

    def transmitted(self, fields: RepeaterFields, settings: RepeaterSettings) -> Transmitted:
        """Charge of every cell of n frames; no sum is sent."""
        charges = decode_charge(fields.codes, settings.drop_lsb)
        return cells_and_sum(charges, np.ones(charges.shape, dtype=bool))

    def maps(self, settings: RepeaterSettings) -> dict[str, MapOf]:
        """There is nothing to decide."""
        del settings
        return {AS_SENT: as_sent}

    def default_map(self, settings: RepeaterSettings) -> str:
        """The only one."""
        del settings
        return AS_SENT
