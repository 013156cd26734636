"""Broken and hostile model files: one message, nothing run, nothing written."""

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from asicae.network.importing.model_file import MAX_FILE_BYTES, MAX_VALUES
from tests.support.made_up_models import KERAS, WHOLE, refused
from tests.support.work import counted


def entries() -> dict[str, bytes]:
    with zipfile.ZipFile(KERAS) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in contents.items():
            writer.writestr(name, content)
    return path


# --- archives -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../evil.py", "/etc/passwd", "a/../../b", "a\\..\\b", "c:evil"])
def test_paths_that_leave_the_archive_are_refused(name: str, tmp_path: Path) -> None:
    refused(archive(tmp_path / "model.keras", entries() | {name: b"x"}), "leads out of the archive")
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_an_archive_must_hold_what_a_model_needs(tmp_path: Path) -> None:
    contents = entries()
    weights = contents.pop("model.weights.h5")
    refused(archive(tmp_path / "a.keras", contents), "'model.weights.h5' is missing")
    refused(
        archive(tmp_path / "b.keras", {"model.weights.h5": weights}), "'config.json' is missing"
    )
    with pytest.warns(UserWarning), zipfile.ZipFile(tmp_path / "c.keras", "w") as writer:
        for name in ("config.json", "config.json", "model.weights.h5"):
            writer.writestr(name, b"{}")
    refused(tmp_path / "c.keras", "'config.json' is there 2 times")


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = archive(tmp_path / "bomb.keras", entries() | {"config.json": b" " * (17 << 20)})
    assert bomb.stat().st_size < 1 << 20
    refused(bomb, "'config.json' is larger than 16777216 bytes")


def test_an_archive_of_many_entries_is_not_listed(tmp_path: Path) -> None:
    """As many as its size allows: reading their directory alone would take half a minute."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *[20, 0, 20, 0], *[0] * 7, 1, *[0] * 6) + b"x"
    count = 2_000_000
    directory = entry * count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory), 0, 0)
    path = tmp_path / "many.keras"
    path.write_bytes(directory + end)
    refused_within(5_000, path, "more than 1024 entries")


@pytest.mark.parametrize("place", [0, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_entries_that_lie_nowhere_are_refused(place: int, tmp_path: Path) -> None:
    """A zip64 extra field moves the first entry to a place beyond all files."""
    data = archive(tmp_path / "model.keras", {"model.weights.h5": b"", "config.json": b"{}"})
    content = bytearray(data.read_bytes())
    at = content.find(b"PK\1\2")
    extra = struct.pack("<HHQ", 1, 8, place)
    content[at + 30 : at + 32] = struct.pack("<H", len(extra))
    content[at + 42 : at + 46] = b"\xff" * 4
    name = at + 46 + len("model.weights.h5")
    content[name:name] = extra
    end = content.find(b"PK\5\6")
    size = int.from_bytes(content[end + 12 : end + 16], "little") + len(extra)
    content[end + 12 : end + 16] = struct.pack("<L", size)
    data.write_bytes(content)
    refused(data, "not a readable HDF5 file" if place == 0 else "not a readable .keras file")


def refused_within(lines: int, path: Path, word: str) -> None:
    """Refused before much is done with it: lines of Python, and no memory beside the file's."""
    with counted() as work:
        refused(path, word)
    assert work.lines < lines and work.peak_bytes < MAX_FILE_BYTES + (1 << 20)


INPUT = {"class_name": "InputLayer", "config": {"name": "a"}, "inbound_nodes": []}


def functional(**config: Any) -> bytes:
    content = {"name": "m", "layers": [INPUT], "output_layers": [["a", 0, 0]]} | config
    return json.dumps({"class_name": "Functional", "config": content}).encode()


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("config", "word"),
    [
        pytest.param({"output_layers": [0] * 900_000}, "has 0 outputs", marks=pytest.mark.slow),
        pytest.param(
            {"output_layers": [["a", 0, 0]] * 200_000},
            "has 200000 outputs",
            marks=pytest.mark.slow,
        ),
        ({"output_layers": [0] * 2_000_000}, "more than 1048576 values"),
        ({"output_layers": _nested(90)}, "has 0 outputs"),
        ({"output_layers": _nested(120)}, "nested more than 100 deep"),
        ({"layers": [INPUT] * 5000}, "5000 layers, allowed are 4096"),
        (
            {"layers": [INPUT | {"config": {"name": f"n{k}"}} for k in range(4096)]},
            "layer 'a' is not there",
        ),
        (
            {"layers": [INPUT | {"config": {"name": "a", "batch_shape": [1] * 10**6}}]},
            "input shape",
        ),
    ],
)
def test_long_lists_are_read_or_refused_with_bounded_work(
    config: dict[str, Any], word: str, tmp_path: Path
) -> None:
    path = archive(tmp_path / "model.keras", entries() | {"config.json": functional(**config)})
    # A few lines for each value that an architecture may have.
    refused_within(10 * MAX_VALUES, path, word)


def test_other_compressions_and_encryption_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lzma.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as writer:
        for name, content in entries().items():
            writer.writestr(name, content)
    refused(path, "compression 14 is not allowed")
    data = bytearray(archive(tmp_path / "plain.keras", entries()).read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(signature, at + 4)
    (tmp_path / "locked.keras").write_bytes(data)
    refused(tmp_path / "locked.keras", "encrypted")


@pytest.mark.parametrize(
    ("config", "word"),
    [
        (b"{", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "no Keras model"),
        (b'{"class_name": "Functional"}', "without layers"),
        (b'{"class_name": "Evil", "config": {}}', "model class 'Evil'"),
        (b'{"class_name": "Functional", "config": {"layers": [3]}}', "without class_name"),
        (b"\xff\xfe{}", "not valid JSON"),
        (entries()["config.json"].decode().encode("utf-32-be"), "not valid JSON"),
        (entries()["config.json"].decode().encode("utf-16"), "not valid JSON"),
    ],
)
def test_an_architecture_that_is_none(config: bytes, word: str, tmp_path: Path) -> None:
    refused(archive(tmp_path / "model.keras", entries() | {"config.json": config}), word)


def _models(names: list[str]) -> list[Any]:
    config = {"layers": [INPUT], "output_layers": [["a", 0, 0]]}
    return [{"class_name": "Functional", "config": config | {"name": name}} for name in names]


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"output_layers": ["x" * 5000, 0, 0]}, "layer 'xxx.* is not there"),
        ({"output_layers": [["a", 0, 0], ["x" * 5000, 0, 0]]}, "has 2 outputs"),
        ({"layers": _models([f"{n:05}" + "\n" * 90 for n in range(200)])}, "192 more; choose"),
        ({"layers": [INPUT | {"class_name": "x" * 5000}]}, "'a': name or class of"),
        ({"layers": [INPUT | {"class_name": "Evil\n"}]}, r"layer 'a': 'Evil\\n' is no name"),
        ({"layers": [INPUT | {"config": {"name": "\x1b[2J"}}], "output_layers": ["\x1b[2J", 0, 0]},
         r"layer '\\x1b\[2J' \(InputLayer\): input shape"),
    ],
)  # fmt: skip
def test_names_make_short_printable_messages(
    config: dict[str, Any], word: str, tmp_path: Path
) -> None:
    refused(
        archive(tmp_path / "model.keras", entries() | {"config.json": functional(**config)}), word
    )


@pytest.mark.parametrize("word", ["leads out of", "is there 2 times", "is missing"])
def test_names_of_entries_make_short_printable_messages(word: str, tmp_path: Path) -> None:
    long = "\n\x1b" + "x" * 60_000
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as writer:
        if word == "leads out of":
            writer.writestr("../" + long, b"")
        elif word == "is missing":
            writer.writestr(long, b"")
        else:
            writer.writestr(long, b"")
            with pytest.warns(UserWarning):
                writer.writestr(long, b"")
    refused(tmp_path / "model.keras", word)


def test_models_nested_without_end_are_refused(tmp_path: Path) -> None:
    inner = json.loads(entries()["config.json"])
    for _ in range(12):
        inner = {
            "class_name": "Sequential",
            "config": {"name": "s", "layers": [inner]},
            "name": "s",
        }
    config = json.dumps(inner).encode()
    refused(archive(tmp_path / "deep.keras", entries() | {"config.json": config}), "nested more")


# --- truncated, of another kind, missing ----------------------------------------------------------


@pytest.mark.parametrize("source", [KERAS, WHOLE])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.97])
def test_truncated_files(source: Path, share: float, tmp_path: Path) -> None:
    data = source.read_bytes()
    path = tmp_path / f"cut{source.suffix}"
    path.write_bytes(data[: int(share * len(data))])
    refused(path, "readable|missing|truncated")


def test_files_of_another_kind(tmp_path: Path) -> None:
    for name in ("picture.keras", "picture.h5", "picture.hdf5"):
        (tmp_path / name).write_bytes(b"\x89PNG" + bytes(200))
        refused(tmp_path / name, "not a readable")
    (tmp_path / "model.tflite").write_bytes(b"")
    refused(tmp_path / "model.tflite", r"ending '\.tflite', allowed are \.keras")
    refused(tmp_path / "absent.keras", "cannot be read")
