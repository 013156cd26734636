"""Codes of the cells that a frame sends, in the bits that they share.

Every code gets the same number of its first bits, and the bits that are left go to some of them as
further bits. Who gets these follows from the first bits alone, so the receiver, who has read them,
knows: either one each to the largest codes, or, where more bits are held back, as many as make the
bins of all about equally wide (``SharedRoom.held_back``). First bits, and then the further ones,
stand in the order of the cells, zeros behind.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.concentrator.bits import Bits, field_bits, join_bits
from asicae.concentrator.companders import CODE_BITS, SCALE_BITS, Compander, octaves
from asicae.concentrator.frames import CELL_BITS, Bytes
from asicae.concentrator.largest import largest
from asicae.concentrator.sent_cells import SentCells
from asicae.module.geometry import Integers

Masks = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ReadCodes:
    """What stood in the room of n frames with m cells.

    Attributes:
        codes: uint8[m], codes of 8 bits, of which those that were not sent are 0.
        widths: uint8[m], bits that were sent.
        padded: bool[n], frames with a bit behind their codes that is not 0.
    """

    codes: Bytes
    widths: Bytes
    padded: Masks


@dataclass(frozen=True)
class SharedRoom:
    """Room for codes in a frame.

    Attributes:
        room: bits in all.
        most: bits of a code at most, 1 to 8.
        held_back: bits of every equal share that are not first bits, but at least one is.
        compander: of the codes; decides where bits are held back.
    """

    room: int
    most: int
    held_back: int = 0
    compander: Compander = Compander.LOG_1_64

    def share(self, number: int) -> tuple[int, int]:
        """First bits of each of ``number`` codes, and the bits that are left for all of them."""
        bits = max(min(self.room // number, self.most) - self.held_back, 1)
        return bits, self.room - number * bits

    def widths(self, cells: SentCells, codes: Bytes) -> Bytes:
        """Bits uint8[m] that are sent of the codes uint8[m] of all cells."""
        widths = np.zeros(len(codes), dtype=np.uint8)
        for _, places in cells.by_number:
            bits, left = self.share(places.shape[1])
            widths[places] = bits + self._further(codes[places], bits, left)
        return widths

    def pack(self, cells: SentCells, codes: Bytes) -> Bits:
        """Bits uint8[n, room] of the codes uint8[m] of all cells."""
        packed = np.zeros((len(cells.mask), self.room), dtype=np.uint8)
        for frames, places in cells.by_number:
            bits, left = self.share(places.shape[1])
            own, first = codes[places], bits * places.shape[1]
            packed[frames, :first] = field_bits(own >> (CODE_BITS - bits), bits)
            further = self._further(own, bits, left)
            for depth, rows, columns, at in _places(further):
                bit = own[rows, columns] >> (CODE_BITS - bits - depth) & 1
                packed[frames[rows], first + at] = bit
        return packed

    def unpack(self, cells: SentCells, packed: Bits) -> ReadCodes:
        """What stands in bits uint8[n, room]."""
        codes, widths = np.zeros((2, int(cells.numbers.sum())), dtype=np.uint8)
        padded = np.asarray(packed.any(axis=1))
        for frames, places in cells.by_number:
            number, room = places.shape[1], packed[frames]
            bits, left = self.share(number)
            first = number * bits
            fields = room[:, :first].reshape(len(room), number, bits)
            own = (join_bits(fields) << (CODE_BITS - bits)).astype(np.uint8)
            further = self._further(own, bits, left)
            for depth, rows, columns, at in _places(further):
                own[rows, columns] |= room[rows, first + at] << (CODE_BITS - bits - depth)
            codes[places], widths[places] = own, bits + further
            used = first + further.sum(axis=1)
            behind = np.arange(self.room) >= used[:, None]
            padded[frames] = (room.astype(bool) & behind).any(axis=1)
        return ReadCodes(codes, widths, padded)

    def _further(self, codes: Bytes, bits: int, left: int) -> Bytes:
        """Further bits uint8[g, c] of codes uint8[g, c] with so many first bits."""
        room = self.most - bits
        if not (room and left):
            return np.zeros_like(codes)
        first = codes >> (CODE_BITS - bits)
        if not self.held_back:
            return largest(first, left).astype(np.uint8)
        return self._halved(first.astype(np.uint8), bits, left)

    def _halved(self, first: Bytes, bits: int, left: int) -> Bytes:
        """Further bits of codes by their first bits uint8[g, c]: for the widest bins."""
        room = self.most - bits
        wide = octaves(self.compander, bits).astype(np.int8)[first]
        # Bins are halved until none is of a higher octave than the level: the lowest that fits.
        levels = np.arange(-room, SCALE_BITS + 1, dtype=np.int8)
        octave = np.arange(SCALE_BITS + 1, dtype=np.int8)
        needed = np.clip(octave[:, None] - levels, 0, room).astype(np.float32)
        given = _counts(wide, len(octave)) @ needed  # small whole numbers: exact
        chosen = (given <= left).argmax(axis=1)
        above = wide - levels[chosen][:, None]
        further = np.clip(above, 0, room)
        spare = left - np.take_along_axis(given, chosen[:, None], axis=1).astype(np.int64)
        # Fewer are left than there are codes to halve once more: the largest ones have them, of
        # equal ones the one further in front. Code and place in one key make all keys different.
        able = (above >= 0) & (further < room)
        width = first.shape[1]
        places = np.arange(width - 1, -1, -1, dtype=np.int16)
        keys = np.where(able, first.astype(np.int16) << CELL_BITS | places, np.int16(-1))
        last = np.take_along_axis(np.sort(keys, axis=1), np.maximum(width - spare, 0) % width, 1)
        return np.asarray(further + (able & (keys >= last) & (spare > 0)), dtype=np.uint8)


def _counts(values: npt.NDArray[np.int8], number: int) -> npt.NDArray[np.float32]:
    """How often each row [g, c] has each of 0..number - 1, float32[g, number]."""
    rows = np.arange(len(values), dtype=np.int32)[:, None] * number
    counts = np.bincount((rows + values).ravel(), minlength=len(values) * number)
    return counts.astype(np.float32).reshape(len(values), number)


def _places(further: Bytes) -> Iterator[tuple[int, Places, Places, Integers]]:
    """Where further bits uint8[g, c] stand: depth, rows and columns of codes, place in the row."""
    before = np.cumsum(further, axis=1, dtype=np.int64) - further
    for depth in range(1, int(further.max(initial=0)) + 1):
        rows, columns = np.nonzero(further >= depth)
        yield depth, rows, columns, before[rows, columns] + depth - 1
