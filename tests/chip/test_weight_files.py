"""Damaged and hostile files of weights: one line that names the place, or the exact difference."""

import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from asicae.chip.weight_files.diff import diff
from asicae.chip.weight_files.files import (
    MAX_IMAGE_FILE_BYTES,
    pack_file,
    read_weights,
    unpack_file,
    write_image,
)
from asicae.foundation.archives import write_npz
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.ops.dense import Dense
from asicae.network.weights import Weights
from tests.chip.weight_sets import SMALL, refusal, small_weights
from tests.support.work import counted

SMALL_HASH = f"0x{SMALL.design_hash:08x}"


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The sound files: text by ending."""
    paths = write_image(tmp_path_factory.mktemp("sound"), "set", Encoder(SMALL, small_weights()))
    return {path.suffix: path.read_text() for path in paths[1:]}


@pytest.mark.parametrize("number", [0, 1])
def test_a_load_beside_a_stream_is_of_the_set_that_is_not_active(
    number: int, texts: dict[str, str], tmp_path: Path
) -> None:
    path = write_image(tmp_path, "set", Encoder(SMALL, small_weights()), number)[2]
    rows = path.read_text().splitlines()
    added = [f"expect,ACTIVE_SET,,0x8014,0{1 - number}", f"write,ACCESS_SET,,0x8015,0{number}"]
    assert rows[2:4] == added
    one = texts[".csv"].splitlines()
    crc = one[-1].rpartition(",")[2]
    assert rows[-4] == f"write,EXPECTED_CRC,,0x8010,{crc}"
    # CRC_REQUIRED beside ENABLE, which it leaves as it is; CRC_MATCH beside CRC_DONE and ENABLED.
    streaming = {"write,CONTROL,,0x8008,02": "07", "expect,STATUS,,0x8009,04": "0d"}
    loaded = rows[:2] + rows[4:-4] + rows[-3:]
    assert loaded == [row[:-2] + streaming.get(row, row[-2:]) for row in one]
    assert diff(SMALL, read_weights(path, SMALL), small_weights(), 0).equal
    for row, reason in (
        (rows[2], r"expect ACTIVE_SET is missing"),
        (rows[3], r"found 'expect ACTIVE_SET', allowed are"),
        (rows[-4], r"write EXPECTED_CRC is missing"),
    ):
        path.write_text("".join(f"{other}\n" for other in rows if other != row))
        with pytest.raises(BadInput, match=reason):
            read_weights(path, SMALL)
    path.write_text("".join(f"{row}\n" for row in rows).replace(rows[3], f"{rows[3][:-2]}05"))
    with pytest.raises(BadInput, match=r"row 4: ACCESS_SET is 0x05, allowed are 0x00 and 0x01$"):
        read_weights(path, SMALL)
    path.write_text("".join(f"{row}\n" for row in rows).replace(rows[-4][-8:], "00000000", 1))
    with pytest.raises(BadInput, match=r"EXPECTED_CRC is 0x00000000, allowed is .*CRC-32"):
        read_weights(path, SMALL)


Damage = Callable[[str], str]


def swap(old: str, new: str, count: int = 1) -> Damage:
    """Replace what a pattern finds, which must be there."""

    def damaged(text: str) -> str:
        changed, times = re.subn(old, new, text, count=count, flags=re.MULTILINE)
        assert times, old
        return changed

    return damaged


BLOCK = r"^- block: 1\n.*\n.*\n"
YAML_DAMAGE = {
    "format": (swap("image-1", "image-2"), "format: found 'asicae-weight-image-2', input should"),
    "network": (swap("network: small", "network: smell"), "network: found 'smell', allowed is 'sm"),
    "hash": (swap(SMALL_HASH, "0x00000001"), "design_hash: DESIGN_HASH is 0x00000001, allowed is"),
    "device": (swap("0x20", "0x21"), "device: found 33, allowed is 32"),
    "size": (swap("image_bytes: ", "image_bytes: 1"), "image_bytes: found 12"),
    "huge": (swap("image_bytes: ", "image_bytes: " + "9" * 5000), "image_bytes: found '9999"),
    "crc": (swap("crc32: '0x.", "crc32: '0x"), "crc32: CRC is 0x0"),
    "address": (swap("0x0600", "0x0601"), "weights.0: write WEIGHTS block 0 at 0x0601, the regist"),
    "keep address": (swap("0x0549", "0x0548"), "keep: write KEEP at 0x0548, the register map all"),
    "unmapped": (swap("0x0600", "0x123456789"), "weights.0.address: found '0x123456789', allowed"),
    "odd": (swap("ff'", "f'"), "keep.bytes: found .*, allowed are pairs of hexadecimal digits"),
    "no hex": (swap("ff'", "fg'"), "keep.bytes: found .*, allowed are pairs of hexadecimal digits"),
    "digits": (swap("0x0600", "0x06００"), "weights.0.address: found .*, allowed are numbers such"),
    "short": (swap("bytes: 'ff", "bytes: '"), r"keep: write KEEP of 17 bytes, allowed are 18"),
    "gone": (
        swap(BLOCK, ""),
        r"write WEIGHTS block 1 is missing \(1 in all\), a load holds",
    ),
    "twice": (swap("block: 1", "block: 0"), "weights.1: write WEIGHTS block 0 appears twice"),
    "unknown": (swap("block: 1", "block: 7"), "weights.1: found 'write WEIGHTS block 7', allowed "),
    "negative": (swap("block: 1", "block: -1"), "weights.1.block: found '-1', allowed are number"),
    "key gone": (swap("^crc32.*\n", ""), "crc32: field required"),
    "key more": (swap("^crc32", "more: 1\ncrc32"), "more: found '1', extra inputs are not permitt"),
    "key twice": (swap("^crc32", "device: 1\ncrc32"), "line 6: found the key device a second time"),
    "key odd": (swap("^crc32", "? [a]\n: 1\ncrc32"), r"line 6: found the key \['a'\], allowed is"),
    "type": (swap("weights:(.|\n)*", "weights: none\n"), "weights: found 'none', input should be"),
    "null": (swap("keep:\n.*\n.*", "keep:"), "keep: found '', input should be"),
    "bomb": (
        swap("^format", "a: &a [x, x]\nb: [*a, *a]\nformat"),
        "line 1: found an anchor or ali",
    ),
    "alias": (swap("^format", "a: *a\nformat"), "line 1: found an anchor or alias"),
    "tag": (swap("^format", "a: !!python/name:os.abort\nformat"), "line 1: found a tag"),
    "deep": (swap("^format", "a: [[[[[]]]]]\nformat"), "line 1: found nesting deeper than 4"),
    "documents": (lambda text: text + "---\na: b\n", "line .*: found a second document"),
    "list": (lambda _: "- a\n", "line 1: found no mapping"),
    "empty": (lambda _: "", "line 1: found nothing"),
    "syntax": (lambda _: "a: [\n", "not valid YAML"),
    "escape": (lambda _: '"\\Uffffffff"', "not valid YAML"),
    "directive": (lambda _: f"%YAML 1.{'9' * 5000}\n--- a", "not valid YAML"),
    "nul": (swap("small", "sm\0ll"), "not valid YAML"),
}
CSV_DAMAGE = {
    "header": (swap("action", "deed"), "row 1: found 'deed,register,block,address,bytes', allowed"),
    "hash": (swap("0x8004,..", "0x8004,"), "row 2: expect DESIGN_HASH of 3 bytes, allowed are 4"),
    "other hash": (
        swap("0x8004,.*", "0x8004,01000000"),
        "row 2: DESIGN_HASH is 0x00000001, allowed",
    ),
    "address": (swap("0x0600", "0x0601"), "row 3: write WEIGHTS block 0 at 0x0601, the register"),
    "odd": (swap("ff$", "f"), "row 5: bytes: found .*, allowed are pairs of hexadecimal digits"),
    "spaces": (swap("ff$", "f f "), "row 5: bytes: found .*, allowed are pairs of hexadecimal dig"),
    "action": (swap("write", "erase"), "row 3: found 'erase WEIGHTS block 0', allowed are expect"),
    "register": (swap("KEEP", "KEPT"), "row 5: found 'write KEPT', allowed are expect DESIGN_HASH"),
    "block": (swap("WEIGHTS,1", "WEIGHTS,2"), "row 4: found 'write WEIGHTS block 2', allowed are"),
    "no block": (swap("WEIGHTS,1", "WEIGHTS,"), "row 4: found 'write WEIGHTS', allowed are"),
    "text": (swap("WEIGHTS,1", "WEIGHTS,one"), "row 4: block: found 'one', allowed are numbers"),
    "twice": (swap("WEIGHTS,1,0x0686", "WEIGHTS,0,0x0600"), "row 4: .* block 0 appears twice"),
    "gone": (swap("^write,KEEP.*\n", ""), r"write KEEP is missing \(1 in all\), a load holds"),
    "start": (swap("0x8008,02", "0x8008,03"), "row 6: CONTROL is 0x03, allowed is 0x02"),
    "crc": (swap("0x800c,.*", "0x800c,00000000"), "row 8: CRC is 0x00000000, allowed is 0x.*, the"),
    "cells": (swap("0x800c", "0x800c,"), "row 8: found .*, allowed are 5 cells"),
    "blank": (swap("^write", "\nwrite"), "row 3: found '', allowed are 5 cells"),
    "nul": (swap("KEEP", "KE\0P"), r"row 5: found 'write KE\\x00P', allowed are"),
    "huge": (swap("WEIGHTS,1", "WEIGHTS," + "1" * 5000), "row 4: block: found '111"),
    "empty": (lambda _: "", "row 1: found '', allowed is action,register,block,address,bytes"),
}
ALL_DAMAGE = [
    pytest.param(suffix, damage, expected, id=f"{suffix[1:]} {name}")
    for suffix, table in ((".yaml", YAML_DAMAGE), (".csv", CSV_DAMAGE))
    for name, (damage, expected) in table.items()
]


@pytest.mark.parametrize(("suffix", "damage", "expected"), ALL_DAMAGE)
def test_damage_is_named(
    suffix: str, damage: Damage, expected: str, texts: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / f"bad{suffix}"
    path.write_text(damage(texts[suffix]))
    assert re.match(expected, refusal(path)), refusal(path)


HUGE = {
    "brackets": "[",
    "braces": "{a: ",
    "dashes": "- ",
    "questions": "? ",
    "rows": "- a\n",
    "quotes": "''",
    "newlines": "\n",
    "one line": "a",
    "keys": "a: b\n",
    "documents": "---\n",
    "commas": ",",
}


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".yaml", ".csv"])
@pytest.mark.parametrize("unit", HUGE.values(), ids=HUGE)
def test_the_work_of_a_refusal_grows_no_faster_than_the_file(
    suffix: str, unit: str, tmp_path: Path
) -> None:
    path = tmp_path / f"large{suffix}"
    lines = []
    for part in (128, 64):
        path.write_text(unit * (MAX_IMAGE_FILE_BYTES // part // len(unit)))
        with counted() as work:
            refusal(path)
        lines.append(work.lines)
    assert lines[1] < 2.1 * lines[0] + 1_000
    path.write_text(unit * (MAX_IMAGE_FILE_BYTES // len(unit)))
    refusal(path)


@pytest.mark.parametrize("suffix", [".bin", ".yaml", ".csv"])
def test_what_is_no_file_of_weights_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"bad{suffix}"
    assert refusal(path) == "cannot be read (No such file or directory)"
    path.mkdir()
    assert refusal(path) == "cannot be read (no file, but a folder, a pipe or a device)"
    path.rmdir()
    path.write_bytes(bytes(MAX_IMAGE_FILE_BYTES + 1))
    assert refusal(path) == f"larger than {MAX_IMAGE_FILE_BYTES} bytes"
    path.write_bytes(b"network: \xff\xfe")
    expected = "byte 9 is not UTF-8" if suffix != ".bin" else "11 bytes, network small has 212"
    assert refusal(path).startswith(expected)
    other = path.rename(tmp_path / "bad.txt")
    assert refusal(other) == "ending '.txt', allowed: .npz, .bin, .yaml, .csv"


def test_a_weight_set_is_not_unpacked_before_its_shapes_fit(tmp_path: Path) -> None:
    arrays = {**small_weights().arrays, "keep": np.zeros(SMALL.latents, dtype=np.uint16)}
    for name in arrays:
        shape = (*arrays[name].shape[:-1], 1 << 19)
        large = np.zeros(shape, dtype=np.uint8)
        path = write_npz(tmp_path / "large.npz", arrays | {name: large})
        assert path.stat().st_size < large.nbytes / 100
        tracemalloc.start()
        assert refusal(path).startswith(f"{name} has shape {short(shape)}, network small has (")
        assert tracemalloc.get_traced_memory()[1] < large.nbytes / 2
        tracemalloc.stop()


def test_files_of_another_network_are_refused(tmp_path: Path) -> None:
    other = Network.preset("econ-t")
    for path in write_image(tmp_path, "set", Encoder.random(other, 1)):
        assert "small" in refusal(path)
    network = Network.preset("econ-t")
    renamed = network.model_copy(update={"name": "other"})
    (tmp_path / "set.yaml").write_text(
        (tmp_path / "set.yaml").read_text().replace("network: econ-t", "network: other")
    )
    assert refusal(tmp_path / "set.yaml", renamed).startswith("design_hash: DESIGN_HASH is")


def test_what_other_tools_make_of_a_file_is_read(texts: dict[str, str], tmp_path: Path) -> None:
    """Rows and keys in any order, Windows newlines, a byte order mark, digits in capitals."""
    head, *rows = texts[".csv"].splitlines()
    text = "\r\n".join([head, *reversed(rows), ""]).replace("fff", "FFF")
    path = tmp_path / "set.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert diff(SMALL, small_weights(), read_weights(path, SMALL), 0).equal
    first, second = re.findall(r"- block: .\n.*\n.*\n", texts[".yaml"])
    lines = texts[".yaml"].removesuffix(first + second).splitlines()
    path = tmp_path / "set.yaml"
    moved = "\n".join([*lines[1:5], "weights:", second + first + lines[0], *lines[5:9]]) + "\n"
    path.write_text(moved.replace("'", ""))
    assert diff(SMALL, small_weights(), read_weights(path, SMALL), 0).equal


def test_the_largest_images_have_files_that_can_be_read(tmp_path: Path) -> None:
    layer = SMALL.layers[-1]
    assert isinstance(layer, Dense)
    units = {"weight": "fixed<16,1>", "bias": "fixed<16,1>", "output": "fixed<5,1>", "units": 292}
    large = layer.model_validate({**layer.model_dump(), **units})
    network = Network(name="large", arrangement="flat", input=SMALL.input, layers=(large,))
    assert network.image_bytes > 28_600
    weights = Weights.random(network, 3)
    for path in write_image(tmp_path, "set", Encoder(network, weights)):
        assert path.stat().st_size < MAX_IMAGE_FILE_BYTES / 2
        assert diff(network, weights, read_weights(path, network), 0).equal


def test_loads_of_both_sets_lie_side_by_side(tmp_path: Path) -> None:
    source = small_weights().save(tmp_path / "set.npz")
    tables = [pack_file(source, tmp_path, SMALL, False, number)[2] for number in (None, 0, 1)]
    assert [table.name for table in tables] == ["set.csv", "set.set0.csv", "set.set1.csv"]
    assert len({table.read_bytes() for table in tables}) == 3
    for table in tables:
        assert diff(SMALL, small_weights(), read_weights(table, SMALL), 0).equal


def test_nothing_is_replaced_or_left_behind_without_force(tmp_path: Path) -> None:
    source = small_weights().save(tmp_path / "set.npz")
    table = pack_file(source, tmp_path, SMALL, force=False)[2]
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    table.write_text("mine")
    (tmp_path / "set.bin").unlink()
    with pytest.raises(BadInput, match=r"set\.csv: exists already"):
        pack_file(source, tmp_path, SMALL, force=False)
    assert table.read_text() == "mine" and not (tmp_path / "set.bin").exists()
    pack_file(source, tmp_path, SMALL, force=True)
    with pytest.raises(BadInput, match="exists already"):
        unpack_file(table, source, SMALL, force=False)
    for wrong in ((source, tmp_path / "new.npz"), (table, tmp_path / "new.bin")):
        with pytest.raises(BadInput, match="ending"):
            unpack_file(*wrong, SMALL, force=False)
    unpack_file(table, source, SMALL, force=True)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    for path in (tmp_path / "set.bin", tmp_path / "set.yaml", table):
        path.unlink()
    table.mkdir()
    with pytest.raises(BadInput, match=r"set\.csv: is a folder"):
        pack_file(source, tmp_path, SMALL, force=True)
    assert sorted(tmp_path.iterdir()) == [table, source]
