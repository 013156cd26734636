"""A checkpoint of TensorFlow as data: arrays by key, each read and checked when it is asked for.

Field numbers are those of ``tensorflow/core/protobuf/tensor_bundle.proto`` and
``tensorflow/core/framework/tensor_shape.proto``; ``tensorflow/core/util/tensor_bundle`` writes it.
"""

import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.files import open_regular, read_bytes, reason
from asicae.foundation.validation import short
from asicae.network.importing.checkpoint.crc32c import masked_crc32c
from asicae.network.importing.checkpoint.files import MAX_SHARDS, shard_paths
from asicae.network.importing.checkpoint.table import MAX_INDEX_BYTES, WHAT, Table
from asicae.network.importing.frozen.wire import Messages, Value, signed

MAX_TOTAL_BYTES: Final = 64 << 20
"""Of all arrays that are read."""
MAX_TEXT_BYTES: Final = 16 << 20
MAX_RANK: Final = 4
FLOAT32: Final = 1
TEXT: Final = 7
TYPES: Final = {2: "float64", 14: "bfloat16", 19: "float16", 8: "complex64", TEXT: "string"}
"""Names of other types, by TensorFlow's number."""
INTEGERS: Final = (3, 4, 5, 6, 9, 10, 17, 22, 23)
"""Numbers of types of integers and of truth: counters and seeds, no weights."""
_VERSION: Final = 1
"""Of the format."""
_HEADER: Final = ""
"""Its key."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Entry:
    """Where an array lies.

    Attributes:
        kind: its type, by TensorFlow's number.
        shape: None for one that is not known.
        shard: number of its file.
        check: the masked CRC-32C of its bytes.
        sliced: whether it is stored in parts.
    """

    kind: int = 0
    shape: tuple[int, ...] | None = ()
    shard: int = 0
    offset: int = 0
    size: int = 0
    check: int = 0
    sliced: bool = False


@dataclass
class Bundle:
    """A checkpoint by its keys; ``source`` names its index in messages.

    Attributes:
        shards: the files with its numbers.
        messages: what reads its messages, all together within bounds.
        left: bytes of arrays that may still be read.
    """

    source: str
    shards: list[Path]
    entries: Mapping[str, Entry]
    messages: Messages
    left: int = MAX_TOTAL_BYTES
    _arrays: dict[str, Floats] = field(default_factory=dict)
    """Those that were read, however often they are named."""

    @classmethod
    def read(cls, index: Path, source: str) -> "Bundle":
        """The checkpoint of that index.

        Raises:
            BadInput: a damaged or hostile index; a shard that is missing or cut short.
        """
        messages = Messages(source, what=WHAT)
        values = _values(index, source)
        count = _shards(messages, values.pop(_HEADER, None))
        entries = {key: _entry(messages, value) for key, value in values.items()}
        found = cls(source, shard_paths(index, count), entries, messages)
        found._require_room()
        return found

    def array(self, key: str, where: str) -> Floats:
        """An array of float32; ``where`` names file and layer in messages.

        Raises:
            BadInput: missing, of another type, in parts, damaged, or more than may be read.
        """
        if key not in self._arrays:
            self._arrays[key] = self._floats(self._whole(key, where), where)
        return self._arrays[key]

    def _floats(self, entry: Entry, where: str) -> Floats:
        if entry.kind != FLOAT32:
            kind = TYPES.get(entry.kind, f"number {entry.kind}")
            raise BadInput(f"{where} is of type {kind}, allowed is float32")
        shape = entry.shape
        if shape is None or len(shape) > MAX_RANK or any(size < 1 for size in shape):
            raise BadInput(f"{where}: shape {short(shape)}, allowed are {MAX_RANK} sizes from 1 on")
        if 4 * math.prod(shape) != entry.size:
            raise BadInput(f"{where}: {entry.size} bytes for shape {short(list(shape))}")
        data = self._data(entry, where)
        self._check(entry, data, where)
        return np.frombuffer(data, dtype="<f4").reshape(shape)

    def text(self, key: str) -> memoryview:
        """The bytes of a single text: its length, a check of that, and then they.

        Raises:
            BadInput: missing, of another type, damaged, or more than may be read.
        """
        where = f"{self.source}: {key}"
        entry = self._whole(key, where)
        if entry.kind != TEXT or entry.shape != () or entry.size > MAX_TEXT_BYTES:
            raise BadInput(f"{where}: no text, or one of more than {MAX_TEXT_BYTES} bytes")
        data = memoryview(self._data(entry, where))
        length, place = self.messages.varint(data, 0)
        content = data[place + 4 :]
        if length != len(content):
            raise BadInput(f"{where}: a text of {short(length)} bytes where {len(content)} are")
        told, check = struct.pack("<L", length), bytes(data[place : place + 4])
        if check != struct.pack("<L", masked_crc32c(told)):
            raise self._damage(where)
        self._check(entry, told + check + bytes(content), where)
        return content

    def _whole(self, key: str, where: str) -> Entry:
        entry = self.entries.get(key)
        if entry is None:
            raise BadInput(f"{where} is named but not there")
        if entry.sliced:
            raise BadInput(f"{where} is stored in parts (a partitioned variable), allowed is whole")
        return entry

    def _check(self, entry: Entry, data: bytes, where: str) -> None:
        if masked_crc32c(data) != entry.check:
            raise self._damage(where)

    def _damage(self, where: str) -> BadInput:
        return BadInput(
            f"{where} is damaged, or of another checkpoint than the index: its CRC-32C is another"
        )

    def _data(self, entry: Entry, where: str) -> bytes:
        self.left -= entry.size
        if self.left < 0:
            raise BadInput(f"{where}: more than {MAX_TOTAL_BYTES >> 20} MiB of arrays")
        try:
            with open_regular(self.shards[entry.shard]) as stream:
                stream.seek(entry.offset)
                data = stream.read(entry.size)
        except OSError as error:
            raise self._missing(entry.shard, f"cannot be read ({reason(error)})") from None
        if len(data) != entry.size:
            raise self._missing(entry.shard, "is cut short")
        return data

    def _require_room(self) -> None:
        """All shards are there, and as long as the index says: also of what is not read."""
        ends = dict.fromkeys(range(len(self.shards)), 0)
        for key, entry in self.entries.items():
            if not 0 <= entry.shard < len(self.shards) or entry.offset < 0 or entry.size < 0:
                raise BadInput(
                    f"{self.source}: {short(key)}: {entry.size} bytes at byte {entry.offset} of "
                    f"shard {entry.shard} of {len(self.shards)}"
                )
            ends[entry.shard] = max(ends[entry.shard], entry.offset + entry.size)
        for shard, end in ends.items():
            try:
                with open_regular(self.shards[shard]) as stream:
                    size = os.fstat(stream.fileno()).st_size
            except OSError as error:
                raise self._missing(shard, f"cannot be read ({reason(error)})") from None
            if size < end:
                raise self._missing(shard, f"is cut short: {size} of {end} bytes")

    def _missing(self, shard: int, why: str) -> BadInput:
        # Beside the index as the user called it, wherever a copy of both is read.
        path = Path(self.source).with_name(self.shards[shard].name)
        return BadInput(f"{path}: the numbers of checkpoint {self.source} are in it, and it {why}")


def shards_of(index: Path) -> list[Path]:
    """The files with the numbers of a checkpoint, whether they are there or not.

    Raises:
        BadInput: a damaged or hostile index.
    """
    source = str(index)
    header = _values(index, source).get(_HEADER)
    return shard_paths(index, _shards(Messages(source, what=WHAT), header))


def _values(index: Path, source: str) -> dict[str, memoryview]:
    return Table(source, memoryview(read_bytes(index, MAX_INDEX_BYTES))).entries()


def _shards(messages: Messages, header: memoryview | None) -> int:
    """How many files the header says there are."""
    source = messages.source
    if header is None:
        raise BadInput(f"{source}: no readable {WHAT} (it has no header)")
    count, big, version = 1, 0, 0
    for number, value in messages.fields(header):
        if number == 1:
            count = signed(value)
        elif number == 2:
            big = signed(value)
        elif number == 3:
            inner = messages.fields(messages.message(value))
            version = max((signed(least) for key, least in inner if key == 2), default=0)
    if not 1 <= count <= MAX_SHARDS:
        raise BadInput(f"{source}: a checkpoint of {count} shards, allowed are 1 to {MAX_SHARDS}")
    if big:
        raise BadInput(f"{source}: a checkpoint with the highest byte first, allowed is the lowest")
    if version > _VERSION:
        raise BadInput(f"{source}: a checkpoint of version {version}, allowed is {_VERSION}")
    return count


def _entry(messages: Messages, data: memoryview) -> Entry:
    found: dict[str, Any] = {}
    names = {1: "kind", 3: "shard", 4: "offset", 5: "size"}
    for number, value in messages.fields(data):
        if number in names:
            found[names[number]] = signed(value)
        elif number == 2:
            found["shape"] = _shape(messages, value)
        elif number == 6:
            (found["check"],) = struct.unpack("<L", _four(messages, value))
        elif number == 7:
            found["sliced"] = True
    return Entry(**found)


def _four(messages: Messages, value: Value) -> memoryview:
    data = messages.message(value)
    if len(data) != 4:
        raise BadInput(f"{messages.source}: no readable {WHAT} (a check of {len(data)} bytes)")
    return data


def _shape(messages: Messages, value: Value) -> tuple[int, ...] | None:
    sizes: list[int] = []
    for number, part in messages.fields(messages.message(value)):
        if number == 3 and part:
            return None
        if number == 2:
            inner = messages.fields(messages.message(part))
            sizes.append(next((signed(size) for key, size in inner if key == 1), 0))
    return tuple(sizes)
