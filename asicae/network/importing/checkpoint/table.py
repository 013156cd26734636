"""The sorted table that the ``.index`` of a checkpoint is: values by their keys.

The format is that of LevelDB (``doc/table_format.md`` there; ``tensorflow/core/lib/io`` writes it):
blocks of entries, each key told by what differs from the one before, a block that tells where these
are, and a footer that tells where that one is. Each block has a type and a check behind it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.checkpoint.crc32c import masked_crc32c
from asicae.network.importing.frozen.wire import Messages

MAX_INDEX_BYTES: Final = 16 << 20
MAX_ENTRIES: Final = 1 << 14
MAX_KEY: Final = 1024
"""Bytes; few in the file may stand for many of them."""
WHAT: Final = "index of a checkpoint"
_FOOTER: Final = 48
_MAGIC: Final = 0xDB4775248B80FB57
_TRAILER: Final = 5
"""Bytes behind a block: its type and its check."""
_PLAIN, _SNAPPY = 0, 1


@dataclass
class Table:
    """A table; ``source`` names the file in messages."""

    source: str
    data: memoryview
    _numbers: Messages = field(init=False)

    def __post_init__(self) -> None:
        self._numbers = Messages(self.source, what=WHAT)

    def entries(self) -> dict[str, memoryview]:
        """All values by their keys, in order.

        Raises:
            BadInput: no table, a damaged or compressed one, too many or too long keys.
        """
        found: dict[str, memoryview] = {}
        before: bytes | None = None
        end = 0
        for _, handle in self._entries_of(self._index()):
            start, size = self._handle(handle, 0)[0]
            if start < end:  # none is read twice, so that no more is read than there is
                raise self._refusal(f"a block at byte {start} inside another")
            end = start + size
            for key, value in self._entries_of(self._block(start, size)):
                if before is not None and key <= before:
                    raise self._refusal(f"key {short(key)} is not in order")
                if len(found) == MAX_ENTRIES:
                    raise self._refusal(f"more than {MAX_ENTRIES} entries")
                before = key
                # Keys of parts of variables are no text, and no two keys become one.
                found[key.decode(errors="surrogateescape")] = value
        return found

    def _index(self) -> memoryview:
        """The block that tells where the others are."""
        place = len(self.data) - _FOOTER
        if place < 0:
            raise self._refusal(f"{len(self.data)} bytes, {_FOOTER} at least are expected")
        footer = self.data[place:]
        if struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
            raise self._refusal("its last bytes are not those of one; it may be cut short")
        meta, behind = self._handle(footer, 0)
        index, behind = self._handle(footer, behind)
        if any(footer[behind:-8]):
            raise self._refusal("numbers where there are none in a footer")
        self._block(*meta)
        return self._block(*index)

    def _handle(self, data: memoryview, place: int) -> tuple[tuple[int, int], int]:
        """Start and size of a block, and the place behind what tells them."""
        start, place = self._numbers.varint(data, place)
        size, place = self._numbers.varint(data, place)
        return (start, size), place

    def _block(self, start: int, size: int) -> memoryview:
        """The contents of a block, which are what its check says."""
        room = len(self.data) - _FOOTER
        if start + size + _TRAILER > room:
            raise self._refusal(f"a block of {size} bytes at byte {start} of {room}")
        guarded = self.data[start : start + size + 1]
        (check,) = struct.unpack("<L", self.data[start + size + 1 : start + size + _TRAILER])
        if check != masked_crc32c(guarded):
            raise self._refusal(f"the block at byte {start} is damaged: its CRC-32C is another")
        kind = guarded[-1]
        if kind != _PLAIN:
            name = "snappy" if kind == _SNAPPY else f"type {kind}"
            raise BadInput(
                f"{self.source}: a checkpoint whose index is compressed ({name}), allowed is one "
                "that is not, as TensorFlow writes it"
            )
        return guarded[:-1]

    def _entries_of(self, block: memoryview) -> Iterator[tuple[bytes, memoryview]]:
        """Keys and values of a block, without the list of restarts at its end."""
        restarts = struct.unpack("<L", block[-4:])[0] if len(block) >= 4 else 0
        end = len(block) - 4 * (restarts + 1)
        if end < 0:
            raise self._refusal(f"a block of {len(block)} bytes with {restarts} restarts")
        key, place, block = b"", 0, block[:end]
        while place < end:
            shared, place = self._numbers.varint(block, place)
            own, place = self._numbers.varint(block, place)
            size, place = self._numbers.varint(block, place)
            if shared > len(key) or shared + own > MAX_KEY or own + size > end - place:
                raise self._refusal(
                    f"a key of {shared} + {own} bytes with a value of {size}, where {end - place} "
                    f"are left and keys have {MAX_KEY} at most"
                )
            key = key[:shared] + bytes(block[place : place + own])
            yield key, block[place + own : place + own + size]
            place += own + size

    def _refusal(self, reason: str) -> BadInput:
        return BadInput(f"{self.source}: no readable {WHAT} ({reason})")
