"""Checkpoints of TensorFlow written and damaged, with every check right.

Damage of bytes always ends at a CRC-32C; what is written here reaches what lies behind them.
"""

import random
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from asicae.campaigns.damaged_graphs import entry, shape_of, varint
from asicae.network.importing.checkpoint.bundle import FLOAT32, TEXT, shards_of
from asicae.network.importing.checkpoint.crc32c import masked_crc32c
from asicae.network.importing.checkpoint.files import INDEX
from asicae.network.importing.checkpoint.table import Table

HEADER: Final = entry(1, 1) + entry(3, entry(1, 1))
"""Of one shard."""
_MAGIC: Final = 0xDB4775248B80FB57
_TYPES: Final = {np.dtype("f4"): FLOAT32, np.dtype("f8"): 2, np.dtype("i8"): 9}
_CORNERS: Final = (0, 1, 2, 5, 63, 1 << 31, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


def fixed32(number: int, value: int) -> bytes:
    """One field of a message, of four bytes."""
    return varint(number << 3 | 5) + struct.pack("<L", value)


def block(entries: Mapping[str, bytes], kind: int = 0) -> bytes:
    """A block of a table, no key told by the one before, with its type and check."""
    row = [(key.encode("utf-8", "surrogateescape"), value) for key, value in entries.items()]
    content = b"".join(
        b"\0" + varint(len(key)) + varint(len(value)) + key + value for key, value in row
    )
    return guarded(content + struct.pack("<LL", 0, 1), kind)


def guarded(content: bytes, kind: int = 0) -> bytes:
    """The contents of a block with its type and check."""
    content += bytes([kind])
    return content + struct.pack("<L", masked_crc32c(content))


def footed(blocks: bytes, meta: tuple[int, int], index: tuple[int, int]) -> bytes:
    """A file of blocks, two of which the footer names by start and size."""
    handles = b"".join(map(varint, (*meta, *index)))
    return blocks + handles.ljust(40, b"\0")[:40] + struct.pack("<Q", _MAGIC)


def table(entries: Mapping[str, bytes], kind: int = 0) -> bytes:
    """A table of one block of entries."""
    data, meta = block(entries, kind), block({})
    index = block({"~": varint(0) + varint(len(data) - 5)})
    places = (len(data), len(meta) - 5), (len(data) + len(meta), len(index) - 5)
    return footed(data + meta + index, *places)


def checkpoint(arrays: Mapping[str, Any], header: bytes = HEADER) -> tuple[bytes, bytes]:
    """Index and shard of a checkpoint; bytes among the arrays are a text."""
    shard, entries = b"", {"": header}
    for key, value in sorted(arrays.items()):
        data, told, described = _stored(value)
        place = entry(4, len(shard)) + entry(5, len(data))
        entries[key] = described + place + fixed32(6, masked_crc32c(told))
        shard += data
    return table(entries), shard


def _stored(value: Any) -> tuple[bytes, bytes, bytes]:
    """What stands in the shard, what its check is of, and type and shape."""
    if isinstance(value, bytes):
        length = struct.pack("<L", len(value))
        check = struct.pack("<L", masked_crc32c(length))
        kind = entry(1, TEXT) + entry(2, b"")
        return varint(len(value)) + check + value, length + check + value, kind
    array = np.asarray(value)
    data = array.tobytes()
    return data, data, entry(1, _TYPES[array.dtype]) + entry(2, shape_of(array.shape))


def damaged_index(data: bytes, generator: random.Random) -> bytes:
    """A sound index with one entry damaged, removed, renamed or given to another key."""
    entries = {
        key: bytes(value) for key, value in Table("index", memoryview(data)).entries().items()
    }
    key, other = (generator.choice(sorted(entries)) for _ in range(2))
    action = generator.choice(("bytes", "bytes", "field", "drop", "rename", "swap"))
    if action == "bytes" and entries[key]:
        value = bytearray(entries[key])
        value[generator.randrange(len(value))] = generator.randrange(256)
        entries[key] = bytes(value)
    elif action == "field":
        number = generator.choice((1, 3, 4, 5))
        entries[key] += entry(number, generator.choice(_CORNERS))
    elif action == "drop":
        del entries[key]
    elif action == "rename":
        entries[f"{key}/{generator.choice(('kernel', 'x' * 900))}"] = entries.pop(key)
    else:
        entries[key], entries[other] = entries[other], entries[key]
    return table(dict(sorted(entries.items())))


def damaged_weights(
    sound: Path,
    model: Path,
    damage: Callable[[bytes, random.Random], bytes],
    generator: random.Random,
) -> list[Path]:
    """Weights of any kind beside a model, some of their files damaged; a checkpoint has several.

    ``damage`` is what becomes of bytes.
    """
    made = []
    for source in [sound, *(shards_of(sound) if sound.suffix == INDEX else [])]:
        data = source.read_bytes()
        if generator.random() < 0.3:
            deep = source.suffix == INDEX and generator.random() < 0.6
            data = (damaged_index if deep else damage)(data, generator)
        made.append(model.with_name(source.name.replace(sound.stem, model.stem)))
        made[-1].write_bytes(data)
    return made
