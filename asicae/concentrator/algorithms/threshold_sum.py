"""Threshold Sum: all cells at or above their thresholds, and a module sum.

The length of a frame follows the number of cells; a buffer (``buffer``) evens it out and truncates
what does not fit, which the type of the frame shows. Types: 000 no cell, 010 a list of 1 to 7
addresses, 100 a 48-bit map, 110 and 111 truncated: sum of all cells only.

Sources: github.com/cmantill/ECONT_Emulator (layout, types, order of cells, dropped bits). Zero
padding after a map is a definition of the kit; see docs/frames.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, StrictBool

from asicae.concentrator.algorithms.base import Charges, LatentsOf, Read, Send
from asicae.concentrator.algorithms.classical import LargestCellsAlgorithm
from asicae.concentrator.bits import BitReader, field_bits, pack_words
from asicae.concentrator.buffer import FULL, RESERVED, Buffer, possible_fates
from asicae.concentrator.frames import (
    CELL_BITS,
    FEWEST_IN_BITMAP,
    Bytes,
    Frames,
    cells_of,
    require_cells,
)
from asicae.concentrator.possible import MOST_CHARGE, charge_bounds, require_sums
from asicae.concentrator.settings import (
    EVERY_CELL,
    ConcentratorSettings,
    DroppedBits,
    every_cell,
)
from asicae.concentrator.threshold_fit import FRAME_WORDS, ThresholdFit, lowest_threshold
from asicae.concentrator.transmitted import Transmitted, cells_and_sum
from asicae.module.codes import CALQ_MAX, decode_5e3m, decode_charge, encode_5e3m, encode_charge
from asicae.module.geometry import N_CELLS

NONE, LOW, HIGH = 0b000, 0b010, 0b100
_TYPES = np.array([NONE, LOW, HIGH, FULL, RESERVED], dtype=np.uint8)
MOST_WORDS: Final = 25
_LIST_WORDS = 6  # 3 + 7 * (6 + 7) bits after the first word
_MAP_WORDS = 24  # 48 + 48 * 7 bits after the first word
_BUFFER_WORDS_PER_LINK: Final = 24
"""Default of buff_t1: twelve crossings of traffic (48 words at the default of 2 links)."""
_LOADS: Final = (1.0, 0.9, 0.8, 0.65)
"""Shares of the links that the mean frame may take before a buffer that ends."""
_BUFFER: Final = ("buff_t1", "buff_t2", "buff_t3")

Charge = Annotated[int, Field(strict=True, ge=0, le=CALQ_MAX)]
BufferWords = Annotated[int, Field(strict=True, ge=0, le=511)]


class ThresholdSumSettings(ConcentratorSettings):
    """Settings of Threshold Sum.

    Attributes:
        threshold: smallest CALQ that is sent, per output; one number stands for all.
        drop_lsb: bits dropped before a 4E3M code, 0..4.
        use_sum: the module sum covers all cells (true) or those not sent.
        buff_t1: a frame that would fill the buffer beyond this many words is truncated; 24 words a
            link unless given.
        buff_t2: fill above which frames of at most ``buff_t3`` words are truncated; 511 is never.
        buff_t3: see ``buff_t2``.
        endless_buffer: no frame is ever truncated: for rows that are not one module's crossings.
    """

    threshold: Annotated[tuple[Charge, ...], EVERY_CELL, BeforeValidator(every_cell)] = (
        0,
    ) * N_CELLS
    drop_lsb: DroppedBits = 0
    use_sum: StrictBool = True
    buff_t1: BufferWords | None = None
    buff_t2: BufferWords = 511
    buff_t3: int = Field(default=0, strict=True, ge=0, le=31)
    endless_buffer: StrictBool = False

    @property
    def unused(self) -> Mapping[str, str]:
        """An endless buffer has no limits."""
        reason = "is not used with an endless_buffer"
        return dict.fromkeys(_BUFFER, reason) if self.endless_buffer else {}

    @property
    def buffer_words(self) -> int:
        """The buffer threshold T1 in words."""
        return _BUFFER_WORDS_PER_LINK * self.links if self.buff_t1 is None else self.buff_t1


@dataclass(frozen=True, eq=False)
class ThresholdSumFields:
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


class ThresholdSum(LargestCellsAlgorithm[ThresholdSumSettings, ThresholdSumFields]):
    """Sends all cells above a threshold."""

    name = "threshold_sum"
    label = "Threshold Sum"
    settings_type = ThresholdSumSettings
    fields_type = ThresholdSumFields
    variable_rate = True

    def select(
        self, source: Charges, counter: Bytes, settings: ThresholdSumSettings
    ) -> ThresholdSumFields:
        """Fields before the buffer."""
        sent = source >= np.array(settings.threshold, dtype=np.int32)
        number = np.count_nonzero(sent, axis=1)
        types = np.where(number == 0, NONE, np.where(number < FEWEST_IN_BITMAP, LOW, HIGH))
        summed = source if settings.use_sum else np.where(sent, 0, source)
        sums = encode_5e3m(summed.sum(axis=1, dtype=np.int64))
        codes = np.where(sent, encode_charge(source, settings.drop_lsb), 0)
        return ThresholdSumFields(
            counter, types.astype(np.uint8), sums, sent, codes.astype(np.uint8)
        )

    def pack(self, fields: ThresholdSumFields, settings: ThresholdSumSettings) -> Frames:
        """Rows of 25 words, of which 1 to 25 belong to the frame."""
        del settings  # the layout is the same at every number of links
        words = np.zeros((len(fields.header), MOST_WORDS), dtype=np.uint16)
        header, types = fields.header.astype(np.uint16), fields.types.astype(np.uint16)
        words[:, 0] = header << 11 | types << 8 | fields.sums
        number = np.count_nonzero(fields.sent, axis=1)
        for cells in range(1, FEWEST_IN_BITMAP):
            rows = np.flatnonzero((fields.types == LOW) & (number == cells))
            if rows.size:
                words[rows, 1 : 1 + _LIST_WORDS] = _listed(fields, rows, cells)
        rows = np.flatnonzero(fields.types == HIGH)
        if rows.size:
            words[rows, 1:] = _mapped(fields, rows, number[rows])
        return Frames(words, FRAME_WORDS[number])

    def unpack(self, frames: Frames, settings: ThresholdSumSettings) -> ThresholdSumFields:
        """Fields of the frames.

        Raises:
            BadInput: naming the first frame of an impossible type or number of cells, of a length
                that does not fit, with an address out of range or out of order, padding that is not
                zero, or cells and a sum that these settings do not allow.
        """
        frames.require_width(MOST_WORDS)
        first, types = frames.words[:, 0], _types(frames)
        frames.refuse(
            ~np.isin(types, _TYPES),
            lambda row: f"type {types[row]:03b}, allowed are 000, 010, 100, 110 and 111",
        )
        sent, codes = _read_cells(frames, types)
        sums = (first & 0xFF).astype(np.uint8)
        fields = ThresholdSumFields((first >> 11).astype(np.uint8), types, sums, sent, codes)
        canonical = self.pack(fields, settings)
        frames.require_words(canonical.counts)
        frames.require_padding(canonical)
        _require_possible(frames, fields, settings)
        return fields

    def transmitted(
        self, fields: ThresholdSumFields, settings: ThresholdSumSettings
    ) -> Transmitted:
        """Charge of the cells in n frames and the module sum.

        ``sum_of_all`` is true for truncated frames, and for all with ``use_sum``.
        """
        charges = decode_charge(fields.codes, settings.drop_lsb)
        truncated = fields.types >= FULL
        most = np.where(truncated, CALQ_MAX, max(max(settings.threshold) - 1, 0))
        sums, of_all = decode_5e3m(fields.sums), truncated | settings.use_sum
        return cells_and_sum(charges, fields.sent, sums, of_all, truncated, most)

    def row_words(self, settings: ThresholdSumSettings) -> int:
        """The longest frame is the same at every number of links."""
        del settings
        return MOST_WORDS

    def sender(self, settings: ThresholdSumSettings, latents_of: LatentsOf | None = None) -> Send:
        """Frames behind the buffer, which stays as the crossings before have left it."""
        whole, queue = super().sender(settings, latents_of), Buffer(settings)

        def send(calq: Charges, counters: Bytes, threads: int | None) -> Frames:
            frames = whole(calq, counters, threads)
            fates = queue.fates(frames.counts)
            lost = np.flatnonzero(fates)
            if lost.size:
                fields = _without_cells(calq[lost], counters[lost], fates[lost])
                short = self.pack(fields, settings)
                frames.words[lost], frames.counts[lost] = short.words, short.counts
            return frames

        return send

    def truncated(self, frames: Frames) -> npt.NDArray[np.bool_]:
        """By the type of the frames."""
        return _types(frames) >= FULL

    def completed(self, values: Mapping[str, Any], read: Read) -> Mapping[str, Any]:
        """An endless buffer and the lowest threshold whose mean frame fits, unless given."""
        if not set(values) & {"endless_buffer", *_BUFFER}:
            values = {**values, "endless_buffer": True}
        if "threshold" in values:
            return values
        fit = ThresholdFit()
        for calq in read("threshold"):
            fit.add(calq)
        return {**values, "threshold": fit.lowest(values["links"])}

    def summary(self, settings: ThresholdSumSettings, truncated: int) -> str:
        """Thresholds, and how many frames the buffer truncated."""
        low, high = min(settings.threshold), max(settings.threshold)
        span = str(low) if low == high else f"{low}..{high}"
        return f", threshold {span}, {truncated} truncated"

    def candidates(self, links: int, calq: Charges) -> list[ThresholdSumSettings]:
        """One: the lowest common threshold whose mean frame on ``calq`` fits, and no truncation.

        Rows are independent modules and no sequence of one, so the buffer is endless.
        """
        level = lowest_threshold(calq, links)
        return [
            self.settings(links=links, threshold=level, endless_buffer=True, **self.compared_with)
        ]

    def buffered_candidates(self, links: int, calq: Charges) -> list[ThresholdSumSettings]:
        """The chip's own buffer, and thresholds whose mean frame leaves it more or less room.

        With a mean frame that just fits, the buffer is full most of the time.
        """
        fit = ThresholdFit()
        fit.add(calq)
        levels = dict.fromkeys(fit.lowest_of(links, _LOADS))
        return [
            self.settings(links=links, threshold=level, **self.compared_with) for level in levels
        ]

    def chosen_values(self, settings: ThresholdSumSettings) -> dict[str, int | str]:
        """The common threshold."""
        return {"threshold": settings.threshold[0]}


def _types(frames: Frames) -> Bytes:
    return np.asarray(frames.words[:, 0] >> 8 & 7, dtype=np.uint8)


def _without_cells(calq: Charges, counter: Bytes, fates: Bytes) -> ThresholdSumFields:
    """Fields of truncated frames: type and sum of all cells."""
    sums = encode_5e3m(calq.sum(axis=1, dtype=np.int64))
    empty = np.zeros(calq.shape, dtype=np.uint8)
    return ThresholdSumFields(counter, fates, sums, empty.astype(bool), empty)


def _read_cells(frames: Frames, types: Bytes) -> tuple[npt.NDArray[np.bool_], Bytes]:
    """Mask bool[n, 48] and codes uint8[n, 48] of all frames."""
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
    return sent, codes


def _require_possible(
    frames: Frames, fields: ThresholdSumFields, settings: ThresholdSumSettings
) -> None:
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
    _require_thresholds(
        frames.part(rows), fields.sums[rows], fields.sent[rows], fields.codes[rows], settings
    )


def _require_thresholds(
    frames: Frames,
    sums: Bytes,
    sent: npt.NDArray[np.bool_],
    codes: Bytes,
    settings: ThresholdSumSettings,
) -> None:
    """Stop at the first whole frame that contradicts its thresholds; arguments [n, ...]."""
    threshold = np.array(settings.threshold, dtype=np.int32)
    lowest = encode_charge(threshold, settings.drop_lsb)
    below = sent & (codes < lowest)

    def too_low(row: int) -> str:
        cell = int(np.argmax(below[row]))
        return f"cell {cell}: code {codes[row, cell]}, its threshold allows {lowest[cell]}..127"

    frames.refuse(np.any(below, axis=1), too_low)
    missing = ~sent & (threshold == 0)
    frames.refuse(
        np.any(missing, axis=1),
        lambda row: f"cell {np.argmax(missing[row])} is not sent, a threshold of 0 sends all",
    )
    silent = np.where(sent, 0, threshold - 1).sum(axis=1, dtype=np.int64)
    if not settings.use_sum:
        require_sums(frames, sums, 0, silent, encode_5e3m)
        return
    low, high = charge_bounds(settings.drop_lsb)
    least = np.where(sent, np.maximum(low[codes], threshold), 0).sum(axis=1, dtype=np.int64)
    most = np.where(sent, high[codes], 0).sum(axis=1, dtype=np.int64) + silent
    require_sums(frames, sums, least, most, encode_5e3m)


def _listed(
    fields: ThresholdSumFields, rows: npt.NDArray[np.intp], number: int
) -> npt.NDArray[np.uint16]:
    sent = fields.sent[rows]
    parts = (
        field_bits(np.full(len(rows), number), 3),
        field_bits(cells_of(sent, number), CELL_BITS),
        field_bits(fields.codes[rows][sent].reshape(-1, number), 7),
    )
    return pack_words(parts, _LIST_WORDS)


def _mapped(
    fields: ThresholdSumFields, rows: npt.NDArray[np.intp], number: npt.NDArray[np.intp]
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
    places = reader.fields(CELL_BITS, number).astype(np.uint8)
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
