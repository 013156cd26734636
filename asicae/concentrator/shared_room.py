"""Codes of the cells that a frame sends, in the bits that they share.

Every code gets the same number of its first bits. Bits that are left over go one by one to the
largest codes, as far as their first bits tell, of equal ones to the lowest cells; so the receiver,
who has read the first bits, knows whose the others are. First bits, and then the further ones,
stand in the order of the cells, zeros behind.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.concentrator.bits import Bits, field_bits, join_bits
from asicae.concentrator.companders import CODE_BITS
from asicae.concentrator.frames import Bytes
from asicae.concentrator.largest import largest
from asicae.concentrator.sent_cells import SentCells

Masks = npt.NDArray[np.bool_]


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
    """

    room: int
    most: int

    def share(self, number: int) -> tuple[int, int]:
        """First bits of each of ``number`` codes, and how many of them have one more."""
        bits = min(self.room // number, self.most)
        return bits, self.room - number * bits if bits < self.most else 0

    def widths(self, cells: SentCells, codes: Bytes) -> Bytes:
        """Bits uint8[m] that are sent of the codes uint8[m] of all cells."""
        widths = np.zeros(len(codes), dtype=np.uint8)
        for _, places in cells.by_number:
            bits, longer = self.share(places.shape[1])
            widths[places] = bits
            if longer:
                widths[places[_longer(codes[places], bits, longer)]] += 1
        return widths

    def pack(self, cells: SentCells, codes: Bytes) -> Bits:
        """Bits uint8[n, room] of the codes uint8[m] of all cells."""
        packed = np.zeros((len(cells.mask), self.room), dtype=np.uint8)
        for frames, places in cells.by_number:
            bits, longer = self.share(places.shape[1])
            own, spare = codes[places], CODE_BITS - bits
            parts = [field_bits(own >> spare, bits)]
            if longer:
                further = own[_longer(own, bits, longer)].reshape(len(own), longer)
                parts.append(np.asarray(further >> (spare - 1) & 1, dtype=np.uint8))
            used = np.concatenate(parts, axis=1)
            packed[frames, : used.shape[1]] = used
        return packed

    def unpack(self, cells: SentCells, packed: Bits) -> ReadCodes:
        """What stands in bits uint8[n, room]."""
        codes, widths = np.zeros((2, int(cells.numbers.sum())), dtype=np.uint8)
        padded = np.asarray(packed.any(axis=1))
        for frames, places in cells.by_number:
            number, room = places.shape[1], packed[frames]
            bits, longer = self.share(number)
            first, spare = number * bits, CODE_BITS - bits
            fields = room[:, :first].reshape(len(room), number, bits)
            own = (join_bits(fields) << spare).astype(np.uint8)
            widths[places] = bits
            if longer:
                chosen = _longer(own, bits, longer)
                own[chosen] |= (room[:, first : first + longer] << (spare - 1)).ravel()
                widths[places[chosen]] += 1
            codes[places] = own
            padded[frames] = room[:, first + longer :].any(axis=1)
        return ReadCodes(codes, widths, padded)


def _longer(codes: Bytes, bits: int, number: int) -> Masks:
    """Which ``number`` of the codes uint8[g, c] have more than their first ``bits``."""
    return largest(codes >> (CODE_BITS - bits), number)
