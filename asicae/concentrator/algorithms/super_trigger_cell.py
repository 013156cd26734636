"""Super Trigger Cell: sums of groups of 4 or 16 cells, with the place of the largest cell.

Four types (register stc_type): STC4 and STC16 with 5E4M sums, STC4 with 4E3M sums, and CTC4, which
has no places. Where not all groups fit, the first ones are sent. A frame is 4 header bits, all
places, all sums.

Sources: github.com/hgc-tpg/hgcal-tpg-fe and github.com/cmantill/ECONT_Emulator (layout, numbers of
groups, dropped bits). Grouping and tie-break are definitions of the kit; see docs/frames.md.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from asicae.concentrator.bits import BitReader, field_bits, pack_words
from asicae.concentrator.frames import Bytes, Frames, fixed_frames, require_fixed, short_header
from asicae.concentrator.possible import require_groups
from asicae.concentrator.settings import CODED_5E4M, STC_GROUPS, ConcentratorSettings, StcType
from asicae.concentrator.transmitted import GroupSums, Transmitted, cells_and_sum, no_cells
from asicae.module.codes import decode_5e4m, decode_charge, encode_5e4m, encode_charge
from asicae.module.geometry import Integers
from asicae.module.groups import GROUPS_OF_4, GROUPS_OF_16

_PLACE_BITS = {
    StcType.STC4_5E4M: 2,
    StcType.STC16_5E4M: 4,
    StcType.CTC4_4E3M: 0,
    StcType.STC4_4E3M: 2,
}


@dataclass(frozen=True, eq=False)
class SuperTriggerCell:
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


def groups_of(settings: ConcentratorSettings) -> Integers:
    """Cells (AE order) of the groups that are sent, int64[g, k]."""
    table = GROUPS_OF_16 if settings.stc_type is StcType.STC16_5E4M else GROUPS_OF_4
    return table[: STC_GROUPS[settings.stc_type][settings.links - 1]]


def select(
    calq: npt.NDArray[np.int32], counter: Bytes, settings: ConcentratorSettings
) -> SuperTriggerCell:
    """Fields of CALQ int32[n, 48] and bunch-crossing counters uint8[n], 0..31."""
    charges = calq[:, groups_of(settings)]
    codes = _encoded(charges.sum(axis=2, dtype=np.int64), settings)
    return SuperTriggerCell(short_header(counter), _places(charges, settings), codes)


def pack(fields: SuperTriggerCell, settings: ConcentratorSettings) -> Frames:
    """Frames of the fields: rows of 2 words a link."""
    parts = [field_bits(fields.header, 4), field_bits(fields.codes, _code_bits(settings))]
    if fields.places.shape[1]:
        parts.insert(1, field_bits(fields.places, _PLACE_BITS[settings.stc_type]))
    return fixed_frames(pack_words(parts, settings.frame_words))


def unpack(frames: Frames, settings: ConcentratorSettings) -> SuperTriggerCell:
    """Fields of the frames.

    Raises:
        BadInput: naming the first frame of another length, with padding that is not zero, or a
            place that contradicts the sum of its group.
    """
    require_fixed(frames, settings.frame_words)
    groups, place_bits = len(groups_of(settings)), _PLACE_BITS[settings.stc_type]
    reader = BitReader(frames.words)
    header = reader.field(4).astype(np.uint8)
    places = np.zeros((len(frames), 0), dtype=np.uint8)
    if place_bits:
        places = reader.fields(place_bits, groups).astype(np.uint8)
    fields = SuperTriggerCell(header, places, reader.fields(_code_bits(settings), groups))
    frames.require_padding(pack(fields, settings))
    size = groups_of(settings).shape[1]
    require_groups(frames, places, fields.codes, size, partial(_encoded, settings=settings))
    return fields


def transmitted(fields: SuperTriggerCell, settings: ConcentratorSettings) -> Transmitted:
    """Sums of the groups of n frames, in CALQ units; no cell is sent by itself, no module sum."""
    cells = groups_of(settings)
    if settings.stc_type in CODED_5E4M:
        sums = decode_5e4m(fields.codes)
    else:
        sums = decode_charge(fields.codes, settings.drop_lsb).astype(np.int64)
    peaks = None
    if fields.places.shape[1]:
        peaks = cells[np.arange(len(cells)), fields.places]
    base = cells_and_sum(*no_cells(len(sums)))
    groups = GroupSums(cells, sums, peaks)
    return Transmitted(base.charges, base.sent, None, base.sum_of_all, groups, base.truncated)


def _encoded(sums: Integers, settings: ConcentratorSettings) -> npt.NDArray[np.uint16]:
    if settings.stc_type in CODED_5E4M:
        return encode_5e4m(sums)
    return encode_charge(sums, settings.drop_lsb).astype(np.uint16)


def _code_bits(settings: ConcentratorSettings) -> int:
    return 9 if settings.stc_type in CODED_5E4M else 7


def _places(charges: npt.NDArray[np.int32], settings: ConcentratorSettings) -> Bytes:
    """Place of the largest of [n, g, k] charges; of equal ones the lowest place."""
    bits = _PLACE_BITS[settings.stc_type]
    if not bits:
        return np.zeros((len(charges), 0), dtype=np.uint8)
    last = (1 << bits) - 1
    # Charge and place in one key (26 bits): the maximum of short rows is much faster than argmax.
    keys = (charges << bits) | np.arange(last, -1, -1, dtype=np.int32)
    return np.asarray(last - (keys.max(axis=2) & last), dtype=np.uint8)
