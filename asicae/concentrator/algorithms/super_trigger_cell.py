"""Super Trigger Cell: sums of groups of 4 or 16 cells, with the place of the largest cell.

Four types (register stc_type): STC4 and STC16 with 5E4M sums, STC4 with 4E3M sums, and CTC4, which
has no places. Where not all groups fit, the first ones are sent. A frame is 4 header bits, all
places, all sums.

Sources: github.com/hgc-tpg/hgcal-tpg-fe and github.com/cmantill/ECONT_Emulator (layout, numbers of
groups, dropped bits). Grouping and tie-break are definitions of the kit; see docs/frames.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.algorithms.base import Charges
from asicae.concentrator.algorithms.classical import ClassicalAlgorithm
from asicae.concentrator.bits import BitReader, field_bits, pack_words
from asicae.concentrator.charge_maps import (
    Decode,
    MapOf,
    Training,
    best_of_groups,
    group_maps,
    trained_group_maps,
    without_place,
)
from asicae.concentrator.frames import Bytes, Frames, fixed_frames, require_fixed, short_header
from asicae.concentrator.largest import Ties
from asicae.concentrator.measured_shares import measured_share
from asicae.concentrator.settings import ConcentratorSettings, DroppedBits
from asicae.concentrator.transmitted import GroupSums, Transmitted, cells_and_sum, no_cells
from asicae.module.codes import CALQ_MAX, decode_5e4m, decode_charge, encode_5e4m, encode_charge
from asicae.module.geometry import Integers
from asicae.module.groups import GROUPS_OF_4, GROUPS_OF_16


class StcType(StrEnum):
    """Cells of a group and code of its sum, in the order of stc_type."""

    STC4_5E4M = "stc4_5e4m"
    STC16_5E4M = "stc16_5e4m"
    CTC4_4E3M = "ctc4_4e3m"
    STC4_4E3M = "stc4_4e3m"


@dataclass(frozen=True)
class _Layout:
    """What a type sends.

    Attributes:
        groups: number of groups at 1, 2, ... links; more links are not defined.
        place_bits: of the place of the largest cell; 0 where it is not sent.
        coded_5e4m: the sums are 5E4M codes, of which no bits are dropped; else 4E3M.
        cells: cells of every group.
    """

    groups: tuple[int, ...]
    place_bits: int
    coded_5e4m: bool
    cells: Integers


_LAYOUTS: Final = {
    StcType.STC4_5E4M: _Layout((2, 5, 8, 11, 12), 2, True, GROUPS_OF_4),
    StcType.STC16_5E4M: _Layout((2, 3), 4, True, GROUPS_OF_16),
    StcType.CTC4_4E3M: _Layout((4, 8, 12), 0, False, GROUPS_OF_4),
    StcType.STC4_4E3M: _Layout((3, 6, 10, 12), 2, False, GROUPS_OF_4),
}


class SuperTriggerCellSettings(ConcentratorSettings):
    """Settings of Super Trigger Cell.

    Attributes:
        drop_lsb: bits dropped before a 4E3M code, 0..4.
        stc_type: kind of Super Trigger Cell.
        ties: which of equal charges in a group is named: the lowest place, or the last one as in
            the public emulator.
    """

    drop_lsb: DroppedBits = 0
    stc_type: StcType = StcType.STC16_5E4M
    ties: Ties = Ties.LOWEST

    @property
    def link_counts(self) -> tuple[int, ...]:
        """Every type has its own."""
        return tuple(range(1, len(self.layout.groups) + 1))

    @property
    def kind(self) -> str:
        """With the type."""
        return f"{self.alg_type} of type {self.stc_type.value}"

    @property
    def unused(self) -> Mapping[str, str]:
        """No bits are dropped of 5E4M codes; where there is no place, ties do not matter."""
        names = ("drop_lsb",) if self.layout.coded_5e4m else ()
        if not self.layout.place_bits:
            names = (*names, "ties")
        return dict.fromkeys(names, f"is not used by type {self.stc_type.value}")

    @property
    def layout(self) -> _Layout:
        """What is sent."""
        return _LAYOUTS[self.stc_type]

    @property
    def sent_groups(self) -> Integers:
        """Cells (AE order) of the groups that are sent, int64[g, k]."""
        return self.layout.cells[: self.layout.groups[self.links - 1]]


@dataclass(frozen=True, eq=False)
class SuperTriggerCellFields:
    """Fields of n frames with g groups each.

    Attributes:
        header: uint8[n], 4 bits.
        places: uint8[n, g], place of the largest cell in its group (0..3 or 0..15); uint8[n, 0]
            for CTC4.
        codes: uint16[n, g], 5E4M codes, or 4E3M codes of the sums without ``drop_lsb`` bits.
    """

    header: Bytes
    places: Bytes
    codes: npt.NDArray[np.uint16]


class SuperTriggerCell(ClassicalAlgorithm[SuperTriggerCellSettings, SuperTriggerCellFields]):
    """Sends sums of neighbouring cells."""

    name = "super_trigger_cell"
    label = "Super Trigger Cell"
    settings_type = SuperTriggerCellSettings
    fields_type = SuperTriggerCellFields

    def select(
        self, source: Charges, counter: Bytes, settings: SuperTriggerCellSettings
    ) -> SuperTriggerCellFields:
        """Sums of the groups, and where their largest cells are."""
        charges = source[:, settings.sent_groups]
        codes = _encoded(charges.sum(axis=2, dtype=np.int64), settings)
        return SuperTriggerCellFields(short_header(counter), _places(charges, settings), codes)

    def pack(self, fields: SuperTriggerCellFields, settings: SuperTriggerCellSettings) -> Frames:
        """Rows of 2 words a link."""
        parts = [field_bits(fields.header, 4), field_bits(fields.codes, _code_bits(settings))]
        if fields.places.shape[1]:
            parts.insert(1, field_bits(fields.places, settings.layout.place_bits))
        return fixed_frames(pack_words(parts, settings.frame_words))

    def unpack(self, frames: Frames, settings: SuperTriggerCellSettings) -> SuperTriggerCellFields:
        """Fields of the frames.

        Raises:
            BadInput: naming the first frame of another length, with padding that is not zero, or a
                place that contradicts the sum of its group.
        """
        require_fixed(frames, settings.frame_words)
        groups, place_bits = len(settings.sent_groups), settings.layout.place_bits
        reader = BitReader(frames.words)
        header = reader.field(4).astype(np.uint8)
        places = np.zeros((len(frames), 0), dtype=np.uint8)
        if place_bits:
            places = reader.fields(place_bits, groups).astype(np.uint8)
        codes = reader.fields(_code_bits(settings), groups)
        fields = SuperTriggerCellFields(header, places, codes)
        frames.require_padding(self.pack(fields, settings))
        _require_possible(frames, fields, settings)
        return fields

    def transmitted(
        self, fields: SuperTriggerCellFields, settings: SuperTriggerCellSettings
    ) -> Transmitted:
        """Sums of the groups of n frames; no cell is sent by itself, no module sum."""
        cells = settings.sent_groups
        if settings.layout.coded_5e4m:
            sums = decode_5e4m(fields.codes)
        else:
            sums = decode_charge(fields.codes, settings.drop_lsb).astype(np.int64)
        peaks = None
        if fields.places.shape[1]:
            peaks = cells[np.arange(len(cells)), fields.places]
        base = cells_and_sum(*no_cells(len(sums)))
        groups = GroupSums(cells, sums, peaks)
        return Transmitted(base.charges, base.sent, None, base.sum_of_all, groups, base.truncated)

    def variants(self) -> tuple[Mapping[str, StcType], ...]:
        """The types."""
        return tuple({"stc_type": kind} for kind in StcType)

    def variant_of(self, settings: SuperTriggerCellSettings) -> Mapping[str, str]:
        """The type."""
        return {"stc_type": settings.stc_type.value}

    def groups(self, settings: SuperTriggerCellSettings) -> Integers:
        """Cells of the groups that are sent."""
        return settings.sent_groups

    def maps(self, settings: SuperTriggerCellSettings) -> dict[str, MapOf]:
        """Ways to share the sums that need no training events."""
        cells = settings.sent_groups
        return group_maps(cells, settings.layout.place_bits > 0, measured_share(cells.shape[1]))

    def trained_maps(
        self, settings: SuperTriggerCellSettings, training: Training
    ) -> dict[str, Decode]:
        """Likewise, with shares and images of the training events."""
        places = settings.layout.place_bits > 0
        return without_place(trained_group_maps(settings.sent_groups, places, training))

    def default_map(self, settings: SuperTriggerCellSettings) -> str:
        """By the size of the sum where the largest cell is known."""
        return best_of_groups(settings.sent_groups, settings.layout.place_bits > 0)


def _encoded(sums: Integers, settings: SuperTriggerCellSettings) -> npt.NDArray[np.uint16]:
    if settings.layout.coded_5e4m:
        return encode_5e4m(sums)
    return encode_charge(sums, settings.drop_lsb).astype(np.uint16)


def _code_bits(settings: SuperTriggerCellSettings) -> int:
    return 9 if settings.layout.coded_5e4m else 7


def _places(charges: Charges, settings: SuperTriggerCellSettings) -> Bytes:
    """Place of the largest of [n, g, k] charges; of equal ones the lowest place, or the last."""
    bits = settings.layout.place_bits
    if not bits:
        return np.zeros((len(charges), 0), dtype=np.uint8)
    last = (1 << bits) - 1
    # Charge and place in one key (26 bits): the maximum of short rows is much faster than argmax.
    order = np.arange(last + 1, dtype=np.int32)
    if settings.ties is Ties.LOWEST:
        order = order[::-1]
    places = ((charges << bits) | order).max(axis=2) & last
    return np.asarray(order[places], dtype=np.uint8)


def _require_possible(
    frames: Frames, fields: SuperTriggerCellFields, settings: SuperTriggerCellSettings
) -> None:
    """Stop at the first frame whose places contradict its sums."""
    places, codes = fields.places, fields.codes
    size, encode = settings.layout.cells.shape[1], partial(_encoded, settings=settings)
    # Of equal cells the first is named: a later place needs charge, and more than those before it;
    # or the last one, and an earlier place needs more than those behind it.
    place = places.astype(np.int64) if places.shape[1] else np.zeros(codes.shape, dtype=np.int64)
    smaller = place if settings.ties is Ties.LOWEST else size - 1 - place
    least, most = encode((smaller > 0).astype(np.int64)), encode(size * CALQ_MAX - smaller)
    wrong = (codes < least) | (codes > most)

    def reason(row: int) -> str:
        group = int(np.argmax(wrong[row]))
        allowed = f"{least[row, group]}..{most[row, group]}"
        return f"group {group}: sum code {codes[row, group]} at place {place[row, group]}, " + (
            f"allowed is {allowed}"
        )

    frames.refuse(np.any(wrong, axis=1), reason)
