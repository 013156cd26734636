"""Adaptive Choice: the largest cells as one number, and all bits left for their charges.

A definition of the kit, no algorithm of ECON-T; docs/frames.md has every field. A charge is coded
relative to the module sum (``companders``), in as many bits as there is room for: an event of few
cells has long codes, one of many cells short ones, and the number of cells alone tells how long.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from asicae.concentrator.adaptive_fit import HELD_BACK, Kind, best_kind, misplaced
from asicae.concentrator.algorithms.base import Charges
from asicae.concentrator.algorithms.classical import LargestCellsAlgorithm
from asicae.concentrator.bits import WORD_BITS, BitReader, Bits, field_bits, pack_words
from asicae.concentrator.companders import CODE_BITS, FRACTION_BITS, Compander, table_of
from asicae.concentrator.frames import Bytes, Frames, fixed_frames, require_fixed
from asicae.concentrator.largest import largest
from asicae.concentrator.possible import most_unsent, require_sums
from asicae.concentrator.sent_cells import SentCells
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.shared_room import ReadCodes, SharedRoom
from asicae.concentrator.spreading import spread
from asicae.concentrator.subset_ranks import Ranks, SubsetRanks, ranks_of
from asicae.concentrator.transmitted import Transmitted, cells_and_sum
from asicae.foundation.errors import BadInput
from asicae.module.codes import CALQ_MAX, CODE_5E4M_MAX, bounds_5e4m, encode_5e4m
from asicae.module.geometry import N_CELLS, Integers

LINKS: Final = tuple(range(1, 11))
FITTED_EVENTS: Final = 1000
"""Events that cells and compander are fitted to; more change little."""
HEADER_BITS: Final = 5
SUM_BITS: Final = 9
_USUAL: Final = (
    (2, Compander.LOG_1_16),
    (7, Compander.LOG_1_32),
    (13, Compander.LOG_1_64),
    (18, Compander.LOG_1_128),
    (24, Compander.LOG_1_128),
    (32, Compander.LOG_1_128),
    (40, Compander.LOG_1_128),
    (48, Compander.LOG_1_128),
    (48, Compander.LOG_1_128),
    (48, Compander.LOG_1_128),
)
"""Cells and compander at 1 to 10 links unless set: those of the synthetic source."""


def _powers_of_two() -> Integers:
    low, _ = bounds_5e4m(np.arange(CODE_5E4M_MAX + 1))
    return np.array([max(value.bit_length() - 1, 0) for value in low.tolist()])


_POWER: Final = _powers_of_two()
"""floor(log2 sum) of every 5E4M code, int64[512]; 0 for a sum of 0."""


class AdaptiveChoiceSettings(ConcentratorSettings):
    """Settings of Adaptive Choice.

    Attributes:
        most_cells: cells that are sent at most; by the number of links unless given.
        code_bits: bits of a charge at most.
        compander: of the charges; by the number of links unless given.
        held_back: bits of every charge's equal share that go to those with the widest bins.
    """

    most_cells: int = Field(default=0, strict=True, ge=1, le=N_CELLS)
    code_bits: int = Field(default=CODE_BITS, strict=True, ge=1, le=CODE_BITS)
    compander: Compander = Compander.LOG_1_64
    held_back: int = Field(default=0, strict=True, ge=0, le=HELD_BACK[-1])

    @model_validator(mode="before")
    @classmethod
    def _by_links(cls, values: Any) -> Any:
        """Fill in what the number of links decides, so that settings say all that they mean."""
        links = values.get("links") if isinstance(values, Mapping) else None
        if type(links) is not int or links not in LINKS:
            return values
        cells, compander = _USUAL[links - 1]
        return {"most_cells": cells, "compander": compander, **values}

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if not self.has_room_for(self.most_cells):
            room = max(self._room(self.most_cells), 0)
            raise ValueError(
                f"most_cells is {self.most_cells}, at {self.links} links that leaves "
                f"{room} bits for charges, one a cell or more are needed"
            )
        return self

    @property
    def link_counts(self) -> tuple[int, ...]:
        """Those at which not everything fits."""
        return LINKS

    @property
    def reserved(self) -> int:
        """Bits at the end that are for something else; zeros here."""
        return 0

    def has_room_for(self, cells: int) -> bool:
        """Whether so many cells leave a bit or more for each of their charges."""
        return self._room(cells) >= cells

    @property
    def ranks(self) -> SubsetRanks:
        """Numbers for sets of so many cells."""
        return ranks_of(self.most_cells)

    @property
    def shared(self) -> SharedRoom:
        """Bits for charges."""
        room = self._room(self.most_cells)
        return SharedRoom(room, self.code_bits, self.held_back, self.compander)

    def _room(self, cells: int) -> int:
        """Bits for charges beside the rank of so many cells."""
        taken = HEADER_BITS + SUM_BITS + ranks_of(cells).bits + self.reserved
        return WORD_BITS * self.frame_words - taken


@dataclass(frozen=True, eq=False)
class AdaptiveChoiceFields:
    """Fields of n frames.

    Attributes:
        header: uint8[n], 5 bits.
        sums: uint16[n], 5E4M code of the module sum.
        sent: bool[n, 48], the cells in the frame.
        codes: uint8[n, 48], their codes of 8 bits; bits that are not in the frame are 0, and so are
            codes of other cells.
    """

    header: Bytes
    sums: npt.NDArray[np.uint16]
    sent: npt.NDArray[np.bool_]
    codes: Bytes


class AdaptiveChoice(LargestCellsAlgorithm[AdaptiveChoiceSettings, AdaptiveChoiceFields]):
    """Sends the largest cells with all bits that there are."""

    name = "adaptive_choice"
    label = "Adaptive Choice"
    settings_type = AdaptiveChoiceSettings
    fields_type = AdaptiveChoiceFields
    chunk_events = 8192  # frames of each number of cells are looked at by themselves: few are slow

    def select(
        self, source: Charges, counter: Bytes, settings: AdaptiveChoiceSettings
    ) -> AdaptiveChoiceFields:
        """The largest cells that have charge, the sum of all, and the codes."""
        mask = source > 0
        many = np.flatnonzero(np.count_nonzero(mask, axis=1) > settings.most_cells)
        mask[many] = largest(source[many], settings.most_cells)
        sums, cells = encode_5e4m(source.sum(axis=1, dtype=np.int64)), SentCells(mask)
        relative = source[mask].astype(np.int64) << FRACTION_BITS >> cells.of_frame(_POWER[sums])
        whole = table_of(settings.compander).codes[relative]
        unsent = CODE_BITS - settings.shared.widths(cells, whole)
        codes = cells.spread_out(whole >> unsent << unsent)
        return AdaptiveChoiceFields(counter, sums, mask, codes)

    def pack(self, fields: AdaptiveChoiceFields, settings: AdaptiveChoiceSettings) -> Frames:
        """Rows of 2 words a link."""
        ranks, mask = settings.ranks, fields.sent
        parts = (
            field_bits(fields.header, HEADER_BITS),
            field_bits(fields.sums, SUM_BITS),
            _bits_of(ranks.rank(mask), ranks.bits),
            settings.shared.pack(SentCells(mask), fields.codes[mask]),
        )
        return fixed_frames(pack_words(parts, settings.frame_words))

    def unpack(self, frames: Frames, settings: AdaptiveChoiceSettings) -> AdaptiveChoiceFields:
        """Fields of the frames.

        Raises:
            BadInput: naming the first frame of another length, with a rank beyond the last, a map
                of too many cells, padding that is not zero, or cells and a sum that no charges
                give.
        """
        require_fixed(frames, settings.frame_words)
        reader, ranks, shared = BitReader(frames.words), settings.ranks, settings.shared
        header, sums = reader.field(HEADER_BITS).astype(np.uint8), reader.field(SUM_BITS)
        cells = SentCells(_checked_sets(frames, _number_of(reader.bits(ranks.bits)), ranks))
        read = shared.unpack(cells, reader.bits(shared.room))
        frames.refuse(read.padded, lambda row: "the padding is not zero")
        bounds = _bounds(cells, sums, read.codes, read.widths, settings.compander)
        _require_possible(frames, cells, sums, read, bounds, settings.most_cells)
        return AdaptiveChoiceFields(header, sums, cells.mask, cells.spread_out(read.codes))

    def transmitted(
        self, fields: AdaptiveChoiceFields, settings: AdaptiveChoiceSettings
    ) -> Transmitted:
        """Charge of the cells of n frames and the module sum.

        With fewer cells than there may be, all that have charge are in the frame: their charges
        move alike through their bins until they meet the sum. Otherwise they are in the middle,
        or lower where that would exceed the sum.
        """
        low, high = self.charge_bounds(fields, settings)
        least, most = low.sum(axis=1), high.sum(axis=1)
        first, last = bounds_5e4m(fields.sums)
        whole = np.count_nonzero(fields.sent, axis=1) < settings.most_cells
        # The sum lies in the bin of its code, and what was sent says more about it.
        last = np.where(whole, np.minimum(last, most), last)
        module_sum = np.maximum((np.maximum(first, least) + last + 1) // 2, least)
        middle = (least + most + 1) // 2
        sent_sum = np.where(whole, module_sum, np.minimum(middle, module_sum))
        charges = low + _shared_out(sent_sum - least, high - low)
        return cells_and_sum(charges, fields.sent, module_sum)

    def candidates(self, links: int, calq: Charges) -> list[AdaptiveChoiceSettings]:
        """One: the settings that leave the least charge of ``calq`` in wrong cells.

        Beyond ``LINKS`` none is needed: the frame of the last is filled up.

        Raises:
            BadInput: no event with charge.
        """
        usual = self.settings(links=min(links, LINKS[-1]))
        events = calq[calq.any(axis=1)][:FITTED_EVENTS]
        if not len(events):
            raise BadInput(f"{self.name}: no event with charge to fit to, at least one is needed")

        def of_kind(kind: Kind) -> AdaptiveChoiceSettings:
            cells, compander, held_back = kind
            return self.settings(
                links=usual.links, most_cells=cells, compander=compander, held_back=held_back
            )

        def cost(kind: Kind) -> float:
            settings = of_kind(kind)
            fields = self.select(events, np.zeros(len(events), dtype=np.uint8), settings)
            return misplaced(events, spread(self.transmitted(fields, settings)))

        start = usual.most_cells, usual.compander, usual.held_back
        return [of_kind(best_kind(start, usual.has_room_for, cost))]

    def chosen_values(self, settings: AdaptiveChoiceSettings) -> dict[str, int | str]:
        """Cells, compander and bits that are held back."""
        return {
            "most_cells": settings.most_cells,
            "compander": settings.compander.value,
            "held_back": settings.held_back,
        }

    def charge_bounds(
        self, fields: AdaptiveChoiceFields, settings: AdaptiveChoiceSettings
    ) -> tuple[Integers, Integers]:
        """Smallest and largest charge int64[n, 48] of every cell that was sent; 0 of others."""
        cells, codes = SentCells(fields.sent), fields.codes[fields.sent]
        widths = settings.shared.widths(cells, codes)
        low, high = _bounds(cells, fields.sums, codes, widths, settings.compander)
        return cells.spread_out(low), cells.spread_out(high)


def _bounds(
    cells: SentCells,
    sums: npt.NDArray[np.uint16],
    codes: Bytes,
    widths: Bytes,
    compander: Compander,
) -> tuple[Integers, Integers]:
    """Smallest and largest charge int64[m] of every cell that was sent.

    Args:
        cells: of n frames, m in all.
        sums: uint16[n], codes.
        codes: uint8[m], of 8 bits.
        widths: uint8[m], bits that were sent.
        compander: of the codes.
    """
    thresholds = table_of(compander).thresholds
    power = cells.of_frame(_POWER[sums])
    step = np.int64(1) << (CODE_BITS - widths).astype(np.int64)
    # The first charge at a threshold t is the smallest q with q 2^10 / 2^power >= t.
    low, end = (
        -(-(ends << power) >> FRACTION_BITS)
        for ends in (thresholds[codes], thresholds[codes + step])
    )
    return np.maximum(low, 1), np.minimum(end - 1, CALQ_MAX)


def _shared_out(total: Integers, room: Integers) -> Integers:
    """``total`` [n] over cells in the ratio of ``room`` [n, 48], in whole numbers.

    No cell gets more than its room where the total is at most the room of all.
    """
    behind = np.cumsum(room, axis=1)
    reached = total[:, None] * behind // np.maximum(behind[:, -1:], 1)
    return np.diff(reached, axis=1, prepend=0)


def _bits_of(ranks: Ranks, number: int) -> Bits:
    """The last ``number`` bits uint8[n, number] of ranks uint64[n]."""
    every = np.unpackbits(ranks.astype(">u8").view(np.uint8).reshape(len(ranks), 8), axis=1)
    return every[:, every.shape[1] - number :]


def _number_of(bits: Bits) -> Ranks:
    """Ranks uint64[n] of bits uint8[n, number]."""
    every = np.zeros((len(bits), 64), dtype=np.uint8)
    every[:, 64 - bits.shape[1] :] = bits
    return np.packbits(every, axis=1).view(">u8")[:, 0].astype(np.uint64)


def _checked_sets(frames: Frames, rank: Ranks, ranks: SubsetRanks) -> npt.NDArray[np.bool_]:
    """Cells bool[n, 48] of ranks."""
    if not ranks.is_map:
        last = ranks.sets - 1
        frames.refuse(
            rank > last, lambda row: f"rank {rank[row]} of the cells, allowed is 0..{last}"
        )
    sent = ranks.chosen(rank)
    number = np.count_nonzero(sent, axis=1)
    frames.refuse(
        number > ranks.most,
        lambda row: f"the map holds {number[row]} cells, allowed is 0..{ranks.most}",
    )
    return sent


def _require_possible(
    frames: Frames,
    cells: SentCells,
    sums: npt.NDArray[np.uint16],
    read: ReadCodes,
    bounds: tuple[Integers, Integers],
    most_cells: int,
) -> None:
    """Stop at the first frame that no charges give; ``bounds`` are those of ``_bounds``."""
    low, high = bounds
    void = low > high
    if void.any():
        place = int(np.argmax(void))
        cell = np.flatnonzero(cells.mask)[place] % N_CELLS
        wrong = cells.totals(void.astype(np.int64)) > 0
        code, bits = read.codes[place] >> (CODE_BITS - read.widths[place]), read.widths[place]
        frames.refuse(
            wrong,
            lambda row: (
                f"cell {cell}: no charge has code {code} of {bits} bits at sum code {sums[row]}"
            ),
        )
    least, most = cells.totals(low), cells.totals(high)
    full = cells.numbers == most_cells
    mask = cells.mask[full]
    limit = np.full(mask.shape, CALQ_MAX + 1, dtype=np.int32)
    limit[mask] = high[cells.of_frame(full)]
    most[full] += most_unsent(limit).sum(axis=0, dtype=np.int64)
    require_sums(frames, sums, least, most, encode_5e4m)
