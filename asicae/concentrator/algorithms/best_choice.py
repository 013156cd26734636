"""Best Choice: the n largest cells, n fixed by the number of links, and a module sum.

Sources: github.com/hgc-tpg/hgcal-tpg-fe and github.com/cmantill/ECONT_Emulator (layout, numbers of
cells, dropped bits in cells and sum). Tie-break, order of the cells and codes of empty cells are
definitions of the kit, because the public emulators differ; see docs/frames.md.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.concentrator.bits import BitReader, field_bits, pack_words
from asicae.concentrator.frames import (
    Bytes,
    Frames,
    cells_of,
    fixed_frames,
    require_fixed,
    short_header,
)
from asicae.concentrator.possible import require_best_choice
from asicae.concentrator.settings import BEST_CHOICE_CELLS, ConcentratorSettings
from asicae.concentrator.transmitted import Transmitted, cells_and_sum
from asicae.module.codes import decode_5e3m, decode_charge, encode_5e3m, encode_charge
from asicae.module.geometry import N_CELLS

FEWEST_IN_BITMAP = 8
"""From this number of cells on a 48-bit map replaces the list of addresses."""
_CELL_BITS = 6


@dataclass(frozen=True, eq=False)
class BestChoice:
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


def select(
    calq: npt.NDArray[np.int32], counter: Bytes, settings: ConcentratorSettings
) -> BestChoice:
    """Fields of CALQ int32[n, 48] and bunch-crossing counters uint8[n], 0..31."""
    number = BEST_CHOICE_CELLS[settings.links - 1]
    values = calq >> settings.drop_lsb
    chosen = _largest(values, number)
    cells = cells_of(chosen, number)
    sums = values.sum(axis=1, dtype=np.int64)
    if not settings.use_sum:
        sums -= np.where(chosen, values, 0).sum(axis=1, dtype=np.int64)
    codes = encode_charge(values[chosen].reshape(cells.shape), 0)
    return BestChoice(short_header(counter), encode_5e3m(sums), cells, codes)


def pack(fields: BestChoice, settings: ConcentratorSettings) -> Frames:
    """Frames of the fields: rows of 2 words a link."""
    rows, number = fields.cells.shape
    if number < FEWEST_IN_BITMAP:
        places = field_bits(fields.cells, _CELL_BITS)
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


def unpack(frames: Frames, settings: ConcentratorSettings) -> BestChoice:
    """Fields of the frames.

    Raises:
        BadInput: naming the first frame of another length, with an address out of range or out of
            order, a map of another number of cells, padding that is not zero, cells that are not
            the largest, or a sum that these settings do not allow.
    """
    require_fixed(frames, settings.frame_words)
    number = BEST_CHOICE_CELLS[settings.links - 1]
    reader = BitReader(frames.words)
    header, sums = reader.field(4), reader.field(8)
    if number < FEWEST_IN_BITMAP:
        cells = reader.fields(_CELL_BITS, number).astype(np.uint8)
        require_cells(frames, cells)
    else:
        chosen = reader.bits(N_CELLS).astype(bool)
        found = np.count_nonzero(chosen, axis=1)
        frames.refuse(
            found != number, lambda row: f"the map holds {found[row]} cells, allowed is {number}"
        )
        cells = cells_of(chosen, number)
    codes = reader.fields(7, number).astype(np.uint8)
    fields = BestChoice(header.astype(np.uint8), sums.astype(np.uint8), cells, codes)
    frames.require_padding(pack(fields, settings))
    require_best_choice(frames, fields.sums, cells, codes, settings)
    return fields


def require_cells(frames: Frames, cells: Bytes) -> None:
    """Stop at the first frame whose addresses uint8[n, k] are no cells in ascending order.

    Raises:
        BadInput: naming the frame.
    """
    far = cells >= N_CELLS
    frames.refuse(
        np.any(far, axis=1), lambda row: f"address {cells[row][far[row]][0]}, allowed is 0..47"
    )
    frames.refuse(
        np.any(cells[:, 1:] <= cells[:, :-1], axis=1),
        lambda row: f"addresses {cells[row].tolist()}, allowed are ascending ones",
    )


def transmitted(fields: BestChoice, settings: ConcentratorSettings) -> Transmitted:
    """Charge of the chosen cells of n frames and the module sum, in CALQ units."""
    charges = np.zeros((len(fields.cells), N_CELLS), dtype=np.int64)
    sent = np.zeros(charges.shape, dtype=bool)
    places = fields.cells.astype(np.int64)
    np.put_along_axis(
        charges, places, decode_charge(fields.codes, settings.drop_lsb).astype(np.int64), axis=1
    )
    np.put_along_axis(sent, places, True, axis=1)
    module_sum = decode_5e3m(fields.sums) << settings.drop_lsb
    return cells_and_sum(charges, sent, module_sum, settings.use_sum)


def _largest(values: npt.NDArray[np.int32], number: int) -> npt.NDArray[np.bool_]:
    """Mask of the ``number`` largest of 48 values a row; of equal ones the lowest cell goes first.

    Value and cell in one key (28 bits) make all keys of a row different.
    """
    keys = (values << _CELL_BITS) | np.arange(N_CELLS - 1, -1, -1, dtype=np.int32)
    last = np.partition(keys, N_CELLS - number, axis=1)[:, N_CELLS - number]
    return np.asarray(keys >= last[:, None])
