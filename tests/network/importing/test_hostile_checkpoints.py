"""Checkpoints that are made to harm: refused in one line, with little work."""

import random
import struct
from pathlib import Path

import pytest

from asicae.campaigns.damaged_checkpoints import (
    HEADER,
    block,
    checkpoint,
    fixed32,
    footed,
    guarded,
    table,
)
from asicae.campaigns.damaged_graphs import entry, varint
from asicae.foundation.errors import BadInput
from asicae.network.importing.checkpoint.bundle import Bundle
from asicae.network.importing.checkpoint.crc32c import crc32c
from asicae.network.importing.checkpoint.objects import GRAPH
from asicae.network.importing.checkpoint.table import MAX_ENTRIES, MAX_INDEX_BYTES
from tests.support.checkpoints import PLACES, arrays_of, drawn, graph_of, refused, written
from tests.support.work import counted

HUGE = b"\xff" * 9 + b"\x01"
ENDLESS = b"\xff" * 40


def _of_block(content: bytes) -> bytes:
    """A table whose only block of entries has these contents."""
    data, meta = guarded(content), block({})
    index = block({"~": varint(0) + varint(len(content))})
    places = (len(data), len(meta) - 5), (len(data) + len(meta), len(index) - 5)
    return footed(data + meta + index, *places)


def _pointing(*handles: tuple[int, int]) -> bytes:
    """A table whose index names these blocks; the first block starts at 0."""
    data, meta = block({"a": b""}), block({})
    index = block(
        {f"{k:05}": varint(start) + varint(size) for k, (start, size) in enumerate(handles)}
    )
    places = (len(data), len(meta) - 5), (len(data) + len(meta), len(index) - 5)
    return footed(data + meta + index, *places)


SIZE = len(block({"a": b""})) - 5
RESTARTS = struct.pack("<LL", 0, 1)
HOSTILE = {
    "another file": (b"x" * 4096, "its last bytes are not those of one"),
    "nothing": (b"", "0 bytes, 48 at least"),
    "compressed": (table({"": HEADER}, kind=1), r"index is compressed \(snappy\)"),
    "of another type": (table({"": HEADER}, kind=7), r"index is compressed \(type 7\)"),
    "a huge block": (footed(block({}), (0, 8), (0, (1 << 64) - 1)), "a block of 18446744073709551"),
    "a block beyond": (footed(block({}), (0, 8), (1 << 63, 8)), "at byte 9223372036854775808"),
    "a footer without an end": (bytes(60) + ENDLESS + bytes(0) + table({})[-8:], "without an end"),
    "a block twice": (_pointing((0, SIZE), (0, SIZE)), "a block at byte 0 inside another"),
    "blocks in one another": (_pointing((0, SIZE), (1, SIZE)), "inside another"),
    "the index as a block": (_pointing((0, SIZE), (SIZE + 5, 8), (0, 1)), "inside another"),
    "a huge key": (_of_block(b"\0" + HUGE + b"\0" + RESTARTS), r"a key of 0 \+ 1844674407370955"),
    "a huge value": (_of_block(b"\0\1" + HUGE + b"a" + RESTARTS), "with a value of 18446744073"),
    "a key of nothing": (_of_block(b"\5\1\0a" + RESTARTS), r"a key of 5 \+ 1 bytes"),
    "a long key": (table({"x" * 2000: b""}), "keys have 1024 at most"),
    "a number without an end": (_of_block(b"\0" + ENDLESS + RESTARTS), "without an end"),
    "restarts beyond": (_of_block(struct.pack("<L", 1 << 30)), "with 1073741824 restarts"),
    "no room for restarts": (_of_block(b"ab"), "a block of 2 bytes"),
    "keys out of order": (table({"b": b"", "a": b""}), "key b'a' is not in order"),
    "a key twice": (_of_block(b"\0\1\0a\0\1\0a" + RESTARTS), "key b'a' is not in order"),
    "no header": (table({"a": b""}), "it has no header"),
    "many shards": (table({"": entry(1, 1 << 40)}), "of 1099511627776 shards, allowed are 1 to 64"),
    "no shard": (table({"": entry(1, 0)}), "of 0 shards"),
    "highest byte first": (table({"": entry(2, 1)}), "the highest byte first"),
    "of the future": (table({"": entry(3, entry(2, 9))}), "version 9, allowed is 1"),
    "a shard beyond": (table({"": HEADER, "a": entry(3, 1)}), "shard 1 of 1"),
    "a shard before": (table({"": HEADER, "a": entry(3, -1)}), "shard -1 of 1"),
    "a place before": (table({"": HEADER, "a": entry(4, -8)}), "at byte -8"),
    "a huge size": (table({"": HEADER, "a": entry(5, (1 << 63) - 1)}), "of 9223372036854775807 by"),
    "a negative size": (table({"": HEADER, "a": entry(5, -1)}), "-1 bytes at byte 0"),
    "a check of text": (table({"": HEADER, "a": entry(6, b"abc")}), "a check of 3 bytes"),
    "a field beyond": (table({"": HEADER, "a": entry(2, b"") + b"\x3a\x7f"}), "field of 127 bytes"),
    "many entries": (
        table({"": HEADER, **{f"{k:05}": b"" for k in range(MAX_ENTRIES)}}),
        "more than 16384 entries",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_indices_are_refused_with_little_work(kind: str, tmp_path: Path) -> None:
    index, word = HOSTILE[kind]
    path = written(tmp_path, index, bytes(64))
    refused(path, word)
    with counted() as work, pytest.raises(BadInput):
        Bundle.read(path, str(path))
    assert work.lines < 60 * MAX_ENTRIES and work.peak_bytes < 2 * MAX_INDEX_BYTES


def _entry(shape: bytes, size: int = 4, **more: bytes) -> bytes:
    return b"".join([entry(1, 1), entry(2, shape), entry(5, size), fixed32(6, 0), *more.values()])


@pytest.mark.parametrize(
    ("described", "word"),
    [
        (_entry(entry(2, entry(1, 1 << 62)) * 3), "4 bytes for shape"),
        (_entry(entry(2, entry(1, -1))), r"shape \(-1,\)"),
        (_entry(entry(2, entry(1, 1)) * 5000), r"shape \(1, 1, .*allowed are 4"),
        (_entry(entry(3, 1)), "shape None"),
        (_entry(entry(2, entry(1, 1)), slices=entry(7, b"")), "a partitioned variable"),
    ],
)
def test_hostile_arrays_are_refused(described: bytes, word: str, tmp_path: Path) -> None:
    # A key that is no text, as TensorFlow makes them for parts of variables, is none of a layer.
    entries = {"": HEADER, "\0conv/kernel\0\1\udc80": described, "conv/kernel": described}
    refused(written(tmp_path, table(entries), bytes(64)), word)


@pytest.mark.parametrize(
    ("graph", "word"),
    [
        (b"", "0 objects, allowed are 1 to 65536"),
        (entry(1, b"") * 70_000, "70000 objects"),
        (graph_of([({"layer-0": 7}, None)]), "object 7 of 1 is named"),
        (graph_of([({"layer-0": -1}, None)]), "object -1 of 1"),
        (graph_of([({f"layer-{k}": 0 for k in range(5)}, None)]), "'conv': 0 arrays"),
        (graph_of([({f"layer-{k}": 1 for k in range(5)}, None),
                   ({str(k): 0 for k in range(70_000)}, None)]), "more than 65536 names"),
        (graph_of([({f"layer-{k}": 1 for k in range(5)}, None), ({"kernel": 2}, None),
                   ({}, ("absent", "kernel"))]), "array 'kernel' is named but not there"),
        (b"\x0a\x7f", "a field of 127 bytes where 0 are left"),
        (b"\x0b", "wire type 3"),
    ],
)  # fmt: skip
def test_hostile_object_graphs_are_refused(graph: bytes, word: str, tmp_path: Path) -> None:
    refused(written(tmp_path, *checkpoint({GRAPH: graph})), word)


def test_no_more_is_read_than_all_may_be_together(tmp_path: Path) -> None:
    path = written(tmp_path, *drawn(arrays_of(), PLACES))
    read = Bundle.read(path, str(path))
    read.left = 2000
    once = read.array("conv/bias", "here")
    for _ in range(100):  # what was read is there for all that name it
        assert read.array("conv/bias", "there") is once
    with pytest.raises(BadInput, match="there: more than 64 MiB of arrays"):
        read.array("encoded/kernel", "there")


def test_the_check_is_that_of_the_standard() -> None:
    """Vectors of RFC 3720, appendix B.4, and a loop over bits."""
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(b"") == 0
    generator = random.Random(1)  # noqa: S311
    for length in (1, 2, 3, 31, 1000):
        data = generator.randbytes(length)
        assert crc32c(data) == _by_bits(data)
    long = bytes((1 << 20) + 7)  # more than one chunk
    assert crc32c(long) == crc32c(bytearray(long)) != crc32c(long[1:])
    assert crc32c(long[:-9] + b"123456789") == _by_bits(b"123456789", _by_bits(long[:-9]))


def _by_bits(data: bytes, before: int = 0) -> int:
    register = before ^ 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF
