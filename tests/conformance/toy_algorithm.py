"""The smallest algorithm that there can be: the largest cell of a module, in one link.

It is what a new algorithm takes: this file, and a row of ``ALGORITHMS``, which the tests add.
"""

from dataclasses import dataclass

import numpy as np

from asicae.concentrator.algorithms.classical import ClassicalAlgorithm
from asicae.concentrator.bits import BitReader, field_bits, pack_words
from asicae.concentrator.charge_maps import AS_SENT
from asicae.concentrator.frames import CELL_BITS, fixed_frames, require_cells, require_fixed
from asicae.concentrator.settings import ConcentratorSettings, DroppedBits
from asicae.concentrator.spreading import as_sent
from asicae.concentrator.transmitted import cells_and_sum
from asicae.module.codes import decode_charge, encode_charge
from asicae.module.geometry import N_CELLS


class LargestCellSettings(ConcentratorSettings):
    """Bits may be dropped before the code."""

    drop_lsb: DroppedBits = 0

    @property
    def link_counts(self):
        return (1,)


@dataclass(frozen=True, eq=False)
class LargestCellFields:
    """``header`` uint8[n], ``cells`` uint8[n, 1], ``codes`` uint8[n, 1]."""

    header: np.ndarray
    cells: np.ndarray
    codes: np.ndarray


class LargestCell(ClassicalAlgorithm):
    name = "largest_cell"
    label = "Largest Cell"
    settings_type = LargestCellSettings
    fields_type = LargestCellFields
    sends_cells = True

    def select(self, source, counter, settings):
        cells = source.argmax(axis=1)[:, None]
        charges = np.take_along_axis(source, cells, axis=1)
        codes = encode_charge(charges, settings.drop_lsb)
        return LargestCellFields(counter, cells.astype(np.uint8), codes)

    def pack(self, fields, settings):
        parts = (
            field_bits(fields.header, 5),
            field_bits(fields.cells, CELL_BITS),
            field_bits(fields.codes, 7),
        )
        return fixed_frames(pack_words(parts, settings.frame_words))

    def unpack(self, frames, settings):
        require_fixed(frames, settings.frame_words)
        reader = BitReader(frames.words)
        header, cells, codes = (reader.fields(width, 1) for width in (5, CELL_BITS, 7))
        fields = LargestCellFields(
            header[:, 0].astype(np.uint8), cells.astype(np.uint8), codes.astype(np.uint8)
        )
        require_cells(frames, fields.cells)
        frames.require_padding(self.pack(fields, settings))
        return fields

    def transmitted(self, fields, settings):
        charges = np.zeros((len(fields.cells), N_CELLS), dtype=np.int64)
        sent = np.zeros(charges.shape, dtype=bool)
        cells = fields.cells.astype(np.int64)
        values = decode_charge(fields.codes, settings.drop_lsb).astype(np.int64)
        np.put_along_axis(charges, cells, values, axis=1)
        np.put_along_axis(sent, cells, True, axis=1)
        return cells_and_sum(charges, sent)

    def maps(self, settings):
        return {AS_SENT: as_sent}

    def default_map(self, settings):
        return AS_SENT
