"""The wire format of protocol buffers, read within bounds.

https://protobuf.dev/programming-guides/encoding: a message is a row of fields, each a key (number
and wire type) and a value. Nothing is copied, and nothing is as large as the file says it is.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from asicae.foundation.errors import BadInput

MAX_FIELDS = 1 << 20
"""Of one file."""
MAX_VARINT = 10
"""Bytes of a number."""
_FIXED = {1: 8, 5: 4}
"""Bytes by wire type."""
VARINT, BYTES = 0, 2
Value = int | memoryview


@dataclass
class Messages:
    """Messages of one file.

    Attributes:
        source: names the file in messages.
        left: fields that may still be read.
        what: the file should be.
    """

    source: str
    left: int = MAX_FIELDS
    what: str = "graph of TensorFlow"

    def fields(self, data: memoryview) -> Iterator[tuple[int, Value]]:
        """Numbers and values of the fields of a message, in file order.

        Raises:
            BadInput: the message ends amid a field, is of another kind, or the file has too many.
        """
        place = 0
        while place < len(data):
            self.left -= 1
            if self.left < 0:
                raise BadInput(f"{self.source}: more than {MAX_FIELDS} fields")
            key, place = self.varint(data, place)
            number, kind = key >> 3, key & 7
            value: Value
            if kind == VARINT:
                value, place = self.varint(data, place)
            elif kind in (BYTES, *_FIXED):
                size = _FIXED.get(kind, 0)
                if kind == BYTES:
                    size, place = self.varint(data, place)
                if size > len(data) - place:
                    raise self._refusal(
                        f"a field of {size} bytes where {len(data) - place} are left"
                    )
                value, place = data[place : place + size], place + size
            else:
                raise self._refusal(f"wire type {kind}")
            yield number, value

    def varint(self, data: memoryview, place: int) -> tuple[int, int]:
        """A number of seven bits a byte, and the place behind it."""
        value = 0
        for count, byte in enumerate(data[place : place + MAX_VARINT]):
            value |= (byte & 127) << 7 * count
            if byte < 128:
                return value, place + count + 1
        raise self._refusal("a number without an end")

    def message(self, value: Value) -> memoryview:
        """The value of a field that holds bytes."""
        if isinstance(value, int):
            raise self._refusal("a number, not bytes")
        return value

    def text(self, value: Value) -> str:
        """The value of a field that holds text."""
        return bytes(self.message(value)).decode("utf-8", errors="replace")

    def _refusal(self, reason: str) -> BadInput:
        return BadInput(f"{self.source}: no readable {self.what} ({reason})")


def signed(value: Value) -> int:
    """A number of 64 bits with its sign."""
    number = value if isinstance(value, int) else 0
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number


def float_of(value: Value) -> float:
    """A number of single precision."""
    if isinstance(value, int) or len(value) != 4:
        return float("nan")
    return float(struct.unpack("<f", value)[0])
