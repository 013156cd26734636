"""Threshold Sum: all cells at or above their thresholds, and a module sum.

The length of a frame follows the number of cells; a buffer (``buffer``) evens it out and truncates
what does not fit, which the type of the frame shows. Types: 000 no cell, 010 a list of 1 to 7
addresses, 100 a 48-bit map, 110 and 111 truncated: sum of all cells only.

Sources: github.com/cmantill/ECONT_Emulator (layout, types, order of cells, dropped bits). Zero
padding after a map is a definition of the kit; see docs/frames.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.algorithms.best_choice import FEWEST_IN_BITMAP, require_cells
from asicae.concentrator.bits import WORD_BITS, BitReader, field_bits, pack_words
from asicae.concentrator.buffer import FULL, RESERVED, possible_fates
from asicae.concentrator.frames import Bytes, Frames, cells_of
from asicae.concentrator.possible import MOST_CHARGE, require_sums, require_threshold_sum
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.transmitted import Transmitted, cells_and_sum
from asicae.module.codes import CALQ_MAX, decode_5e3m, decode_charge, encode_5e3m, encode_charge
from asicae.module.geometry import N_CELLS

NONE, LOW, HIGH = 0b000, 0b010, 0b100
_TYPES = np.array([NONE, LOW, HIGH, FULL, RESERVED], dtype=np.uint8)
MOST_WORDS = 25
_LIST_WORDS = 6  # 3 + 7 * (6 + 7) bits after the first word
_MAP_WORDS = 24  # 48 + 48 * 7 bits after the first word


def _frame_words() -> Bytes:
    number = np.arange(N_CELLS + 1)
    listed = np.where(number == 0, 16, 19 + 13 * number)
    bits = np.where(number < FEWEST_IN_BITMAP, listed, 64 + 7 * number)
    return (-(-bits // WORD_BITS)).astype(np.uint8)


FRAME_WORDS: Final = _frame_words()
"""Words of a frame with 0..48 cells, uint8[49]; never falls from one number to the next."""


@dataclass(frozen=True, eq=False)
class ThresholdSum:
    """Fields of n frames.

    Attributes:
        header: uint8[n], 5 bits.
        types: uint8[n], 3 bits.
        sums: uint8[n], 5E3M code of the module sum.
        sent: bool[n, 48], the cells in the frame.
        codes: uint8[n, 48], their 4E3M codes, 0 elsewhere.
    """

    header: Bytes
    types: Bytes
    sums: Bytes
    sent: npt.NDArray[np.bool_]
    codes: Bytes


def select(
    calq: npt.NDArray[np.int32], counter: Bytes, settings: ConcentratorSettings
) -> ThresholdSum:
    """Fields of CALQ int32[n, 48] and bunch-crossing counters uint8[n], before the buffer."""
    sent = calq >= np.array(settings.threshold, dtype=np.int32)
    number = np.count_nonzero(sent, axis=1)
    types = np.where(number == 0, NONE, np.where(number < FEWEST_IN_BITMAP, LOW, HIGH))
    summed = calq if settings.use_sum else np.where(sent, 0, calq)
    sums = encode_5e3m(summed.sum(axis=1, dtype=np.int64))
    codes = np.where(sent, encode_charge(calq, settings.drop_lsb), 0)
    return ThresholdSum(counter, types.astype(np.uint8), sums, sent, codes.astype(np.uint8))


def truncate(calq: npt.NDArray[np.int32], counter: Bytes, fates: Bytes) -> ThresholdSum:
    """Fields of truncated frames: type and sum of all cells."""
    sums = encode_5e3m(calq.sum(axis=1, dtype=np.int64))
    empty = np.zeros(calq.shape, dtype=np.uint8)
    return ThresholdSum(counter, fates, sums, empty.astype(bool), empty)


def pack(fields: ThresholdSum, settings: ConcentratorSettings) -> Frames:
    """Frames of the fields: rows of 25 words, of which 1 to 25 belong to the frame."""
    del settings  # the layout is the same at every number of links
    words = np.zeros((len(fields.header), MOST_WORDS), dtype=np.uint16)
    words[:, 0] = (
        fields.header.astype(np.uint16) << 11 | fields.types.astype(np.uint16) << 8 | fields.sums
    )
    number = np.count_nonzero(fields.sent, axis=1)
    for cells in range(1, FEWEST_IN_BITMAP):
        rows = np.flatnonzero((fields.types == LOW) & (number == cells))
        if rows.size:
            words[rows, 1 : 1 + _LIST_WORDS] = _listed(fields, rows, cells)
    rows = np.flatnonzero(fields.types == HIGH)
    if rows.size:
        words[rows, 1:] = _mapped(fields, rows, number[rows])
    return Frames(words, FRAME_WORDS[number])


def unpack(frames: Frames, settings: ConcentratorSettings) -> ThresholdSum:
    """Fields of the frames.

    Raises:
        BadInput: naming the first frame of an impossible type or number of cells, of a length that
            does not fit, with an address out of range or out of order, padding that is not zero, or
            cells and a sum that these settings do not allow.
    """
    frames.require_width(MOST_WORDS)
    first = frames.words[:, 0]
    types = (first >> 8 & 7).astype(np.uint8)
    frames.refuse(
        ~np.isin(types, _TYPES),
        lambda row: f"type {types[row]:03b}, allowed are 000, 010, 100, 110 and 111",
    )
    sent = np.zeros((len(frames), N_CELLS), dtype=bool)
    codes = np.zeros((len(frames), N_CELLS), dtype=np.uint8)
    number = np.where(types == LOW, frames.words[:, 1] >> 13, 0)
    frames.refuse((types == LOW) & (number == 0), lambda row: "a list of 0 cells, allowed is 1..7")
    for cells in range(1, FEWEST_IN_BITMAP):
        rows = np.flatnonzero(number == cells)
        if rows.size:
            places, listed = _read_lists(frames.part(rows), cells)
            sent[rows[:, None], places] = True
            codes[rows[:, None], places] = listed
    rows = np.flatnonzero(types == HIGH)
    if rows.size:
        sent[rows], codes[rows] = _read_maps(frames.part(rows))
    sums = (first & 0xFF).astype(np.uint8)
    fields = ThresholdSum((first >> 11).astype(np.uint8), types, sums, sent, codes)
    canonical = pack(fields, settings)
    frames.require_words(canonical.counts)
    frames.require_padding(canonical)
    _require_possible(frames, fields, settings)
    return fields


def _require_possible(frames: Frames, fields: ThresholdSum, settings: ConcentratorSettings) -> None:
    lost = fields.types >= FULL
    allowed = possible_fates(settings, MOST_WORDS)
    frames.refuse(
        lost & ~np.isin(fields.types, allowed),
        lambda row: f"type {fields.types[row]:03b}, which the buffer of these settings never gives",
    )
    if not settings.endless_buffer:
        most = settings.buffer_words
        frames.refuse(
            ~lost & (frames.counts > most),
            lambda row: f"{frames.counts[row]} words, the buffer takes frames of up to {most}",
        )
    require_sums(frames.part(lost), fields.sums[lost], 0, MOST_CHARGE, encode_5e3m)
    rows = np.flatnonzero(~lost)
    require_threshold_sum(
        frames.part(rows), fields.sums[rows], fields.sent[rows], fields.codes[rows], settings
    )


def transmitted(fields: ThresholdSum, settings: ConcentratorSettings) -> Transmitted:
    """Charge of the cells in n frames and the module sum, in CALQ units.

    ``sum_of_all`` is true for truncated frames, and for all with ``use_sum``.
    """
    charges = decode_charge(fields.codes, settings.drop_lsb)
    truncated = fields.types >= FULL
    most = np.where(truncated, CALQ_MAX, max(max(settings.threshold) - 1, 0))
    sums, of_all = decode_5e3m(fields.sums), truncated | settings.use_sum
    return cells_and_sum(charges, fields.sent, sums, of_all, truncated, most)


def _listed(
    fields: ThresholdSum, rows: npt.NDArray[np.intp], number: int
) -> npt.NDArray[np.uint16]:
    sent = fields.sent[rows]
    parts = (
        field_bits(np.full(len(rows), number), 3),
        field_bits(cells_of(sent, number), 6),
        field_bits(fields.codes[rows][sent].reshape(-1, number), 7),
    )
    return pack_words(parts, _LIST_WORDS)


def _mapped(
    fields: ThresholdSum, rows: npt.NDArray[np.intp], number: npt.NDArray[np.intp]
) -> npt.NDArray[np.uint16]:
    """Map and codes; the codes move to the front of 48 places, the rest of which is padding."""
    sent = fields.sent[rows]
    front = np.zeros(sent.shape, dtype=np.uint8)
    front[np.arange(N_CELLS) < number[:, None]] = fields.codes[rows][sent]
    return pack_words((sent.astype(np.uint8), field_bits(front, 7)), _MAP_WORDS)


def _read_lists(frames: Frames, number: int) -> tuple[Bytes, Bytes]:
    """Cells and codes, uint8[n, number] each, of frames of type 010."""
    reader = BitReader(frames.words[:, 1 : 1 + _LIST_WORDS])
    reader.bits(3)
    places = reader.fields(6, number).astype(np.uint8)
    require_cells(frames, places)
    return places, reader.fields(7, number).astype(np.uint8)


def _read_maps(frames: Frames) -> tuple[npt.NDArray[np.bool_], Bytes]:
    """Mask bool[n, 48] and codes uint8[n, 48] of frames of type 100."""
    reader = BitReader(frames.words[:, 1:])
    sent = reader.bits(N_CELLS).astype(bool)
    number = np.count_nonzero(sent, axis=1)
    frames.refuse(
        number < FEWEST_IN_BITMAP,
        lambda row: f"the map holds {number[row]} cells, allowed is 8..48",
    )
    codes = np.zeros(sent.shape, dtype=np.uint8)
    front = reader.fields(7, N_CELLS).astype(np.uint8)
    codes[sent] = front[np.arange(N_CELLS) < number[:, None]]
    return sent, codes
