"""Best Choice: the n largest cells, n fixed by the number of links, and a module sum.

Sources: github.com/hgc-tpg/hgcal-tpg-fe and github.com/cmantill/ECONT_Emulator (layout, numbers of
cells, dropped bits in cells and sum). Tie-break, order of the cells and codes of empty cells are
definitions of the kit, because the public emulators differ; see docs/frames.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import StrictBool

from asicae.concentrator.algorithms.base import Charges
from asicae.concentrator.algorithms.classical import LargestCellsAlgorithm
from asicae.concentrator.bits import BitReader, field_bits, pack_words
from asicae.concentrator.frames import (
    CELL_BITS,
    FEWEST_IN_BITMAP,
    Bytes,
    Frames,
    cells_of,
    fixed_frames,
    require_cells,
    require_fixed,
    short_header,
)
from asicae.concentrator.largest import Ties, first_of_network, largest
from asicae.concentrator.possible import charge_bounds, most_unsent, require_sums
from asicae.concentrator.settings import ConcentratorSettings, DroppedBits
from asicae.concentrator.transmitted import Transmitted, cells_and_sum
from asicae.module.codes import CALQ_MAX, decode_5e3m, decode_charge, encode_5e3m, encode_charge
from asicae.module.geometry import N_CELLS

CELLS: Final = (1, 4, 6, 9, 14, 18, 23, 28, 32, 37, 41, 46, 48)
"""Cells that are sent at 1 to 13 links."""


class BestChoiceSettings(ConcentratorSettings):
    """Settings of Best Choice.

    Attributes:
        drop_lsb: bits dropped before a 4E3M code, 0..4.
        use_sum: the module sum covers all cells (true) or those not sent.
        ties: which of equal charges goes first: the lowest cell, or the one that the sorting
            network of the public emulator puts first.
    """

    drop_lsb: DroppedBits = 0
    use_sum: StrictBool = True
    ties: Ties = Ties.LOWEST

    @property
    def cells(self) -> int:
        """Number of cells in a frame."""
        return CELLS[self.links - 1]


@dataclass(frozen=True, eq=False)
class BestChoiceFields:
    """Fields of n frames with k cells each.

    Attributes:
        header: uint8[n], 4 bits.
        sums: uint8[n], 5E3M code of the module sum in units of 2**drop_lsb.
        cells: uint8[n, k], cells in AE order, ascending.
        codes: uint8[n, k], their 4E3M codes.
    """

    header: Bytes
    sums: Bytes
    cells: Bytes
    codes: Bytes


class BestChoice(LargestCellsAlgorithm[BestChoiceSettings, BestChoiceFields]):
    """Sends as many of the largest cells as fit."""

    name = "best_choice"
    label = "Best Choice"
    settings_type = BestChoiceSettings
    fields_type = BestChoiceFields

    def select(
        self, source: Charges, counter: Bytes, settings: BestChoiceSettings
    ) -> BestChoiceFields:
        """The largest cells and the sum."""
        values = source >> settings.drop_lsb
        first = largest if settings.ties is Ties.LOWEST else first_of_network
        chosen = first(values, settings.cells)
        cells = cells_of(chosen, settings.cells)
        sums = values.sum(axis=1, dtype=np.int64)
        if not settings.use_sum:
            sums -= np.where(chosen, values, 0).sum(axis=1, dtype=np.int64)
        codes = encode_charge(values[chosen].reshape(cells.shape), 0)
        return BestChoiceFields(short_header(counter), encode_5e3m(sums), cells, codes)

    def pack(self, fields: BestChoiceFields, settings: BestChoiceSettings) -> Frames:
        """Rows of 2 words a link."""
        rows, number = fields.cells.shape
        if number < FEWEST_IN_BITMAP:
            places = field_bits(fields.cells, CELL_BITS)
        else:
            places = np.zeros((rows, N_CELLS), dtype=np.uint8)
            np.put_along_axis(places, fields.cells.astype(np.int64), 1, axis=1)
        parts = (
            field_bits(fields.header, 4),
            field_bits(fields.sums, 8),
            places,
            field_bits(fields.codes, 7),
        )
        return fixed_frames(pack_words(parts, settings.frame_words))

    def unpack(self, frames: Frames, settings: BestChoiceSettings) -> BestChoiceFields:
        """Fields of the frames.

        Raises:
            BadInput: naming the first frame of another length, with an address out of range or out
                of order, a map of another number of cells, padding that is not zero, cells that are
                not the largest, or a sum that these settings do not allow.
        """
        require_fixed(frames, settings.frame_words)
        number = settings.cells
        reader = BitReader(frames.words)
        header, sums = reader.field(4), reader.field(8)
        if number < FEWEST_IN_BITMAP:
            cells = reader.fields(CELL_BITS, number).astype(np.uint8)
            require_cells(frames, cells)
        else:
            chosen = reader.bits(N_CELLS).astype(bool)
            found = np.count_nonzero(chosen, axis=1)
            frames.refuse(
                found != number,
                lambda row: f"the map holds {found[row]} cells, allowed is {number}",
            )
            cells = cells_of(chosen, number)
        codes = reader.fields(7, number).astype(np.uint8)
        fields = BestChoiceFields(header.astype(np.uint8), sums.astype(np.uint8), cells, codes)
        frames.require_padding(self.pack(fields, settings))
        _require_possible(frames, fields, settings)
        return fields

    def transmitted(self, fields: BestChoiceFields, settings: BestChoiceSettings) -> Transmitted:
        """Charge of the chosen cells of n frames and the module sum."""
        charges = np.zeros((len(fields.cells), N_CELLS), dtype=np.int64)
        sent = np.zeros(charges.shape, dtype=bool)
        places = fields.cells.astype(np.int64)
        values = decode_charge(fields.codes, settings.drop_lsb).astype(np.int64)
        np.put_along_axis(charges, places, values, axis=1)
        np.put_along_axis(sent, places, True, axis=1)
        module_sum = decode_5e3m(fields.sums) << settings.drop_lsb
        return cells_and_sum(charges, sent, module_sum, settings.use_sum)


def _require_possible(
    frames: Frames, fields: BestChoiceFields, settings: BestChoiceSettings
) -> None:
    """Stop at the first frame whose cells are not the largest, or whose sum is off."""
    cells, codes = fields.cells, fields.codes
    # Charges after dropped bits: the sums are made of them too.
    first, last = charge_bounds(0)
    low, high = first[codes], np.minimum(last, CALQ_MAX >> settings.drop_lsb)[codes]
    limit = np.full((len(cells), N_CELLS), CALQ_MAX + 1, dtype=np.int32)
    np.put_along_axis(limit, cells.astype(np.intp), high, axis=1)
    most = most_unsent(limit, settings.ties)
    frames.refuse(
        np.any(most < 0, axis=0),
        lambda row: (
            f"cells {cells[row].tolist()} with codes {codes[row].tolist()}: "
            f"cell {int(np.argmax(most[:, row] < 0))} would go before one of charge 0"
        ),
    )
    silent = most.sum(axis=0, dtype=np.int64)
    if settings.use_sum:
        least = low.sum(axis=1, dtype=np.int64)
        most_sum = high.sum(axis=1, dtype=np.int64) + silent
        require_sums(frames, fields.sums, least, most_sum, encode_5e3m)
    else:
        require_sums(frames, fields.sums, 0, silent, encode_5e3m)
