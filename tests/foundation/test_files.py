"""Files from outside: whatever they hold, a reader gives one line that names file and cause."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asicae.concentrator.encoding import registers
from asicae.foundation.archives import read_npz
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json, read_toml
from asicae.foundation.validation import MAX_REASON
from asicae.network.description import Network
from asicae.runs.settings import RunSettings

READERS: dict[str, Callable[[Path], Any]] = {
    "network": Network.load,
    "run": RunSettings.load,
    "registers": lambda path: registers(path, {}),
}
BROKEN = {
    "json": {
        "cut": "{",
        "digits": '{"name": ' + "9" * 5000 + "}",
        "deep": "[" * 100_000,
    },
    "toml": {
        "cut": "name = ",
        "digits": "name = " + "9" * 5000,
        "deep": "name = " + "[" * 100_000,
    },
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("kind", "text"),
    [(kind, text) for kind, texts in BROKEN.items() for text in texts.values()],
    ids=[f"{kind}-{name}" for kind, texts in BROKEN.items() for name in texts],
)
def test_broken_text_is_one_line(
    reader: Callable[[Path], Any], kind: str, text: str, tmp_path: Path
) -> None:
    path = tmp_path / f"broken.{kind}"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        reader(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: not valid {kind.upper()} (")
    assert "\n" not in message and len(message) < len(str(path)) + 150


@pytest.mark.parametrize("reader", [Network.load, RunSettings.load])
def test_values_that_cannot_be_shown_are_refused(
    reader: Callable[[Path], Any], tmp_path: Path
) -> None:
    """TOML has numbers that Python reads but does not print; brackets nest deeper than repr."""
    path = tmp_path / "strange.toml"
    texts = ["0x" + "f" * 5000, "[" * 90 + "]" * 90]
    for text in texts:
        for key in ("name", "network", "schema_version"):
            path.write_text(f"{key} = {text}\n")
            with pytest.raises(BadInput) as caught:
                reader(path)
            message = str(caught.value)
            assert message.startswith(f"{path}: ")
            assert "\n" not in message and len(message) < len(str(path)) + 100 + MAX_REASON


@pytest.mark.parametrize("read", [read_json, read_toml])
def test_what_is_no_text_is_refused(read: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(BadInput, match="cannot be read"):
        read(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="cannot be read"):
        read(path)


def entry(header: bytes, version: bytes = b"\x01\x00") -> bytes:
    """An array of an NPZ file with 8 bytes of content and any header."""
    return b"\x93NUMPY" + version + struct.pack("<H", len(header)) + header + bytes(8)


def header(shape: str, dtype: str = "'|u1'") -> bytes:
    return f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("other.npy", entry(header("(8,)")), "array 'a' is missing, found ['other']"),
        ("a", entry(header("(8,)")), "array 'a' is missing, found []"),
        ("a.npy", entry(header("(1000000000,)")), "array 'a' is truncated, 1000000000 bytes decl"),
        ("a.npy", entry(header("(8,)", "'|O'")), "array 'a' has type object, allowed kinds are iu"),
        ("a.npy", entry(header("(8,)", "'<f8'")), "array 'a' has type float64, allowed kinds are"),
        ("a.npy", entry(header("(8, 1)")), "array 'a' has 2 dimensions, expected 1"),
        ("a.npy", entry(header("(-8,)")), "not a readable NPZ file ("),
        ("a.npy", entry(header("(9" + "9" * 5000 + ",)")), "not a readable NPZ file ("),
        ("a.npy", entry(header("(8,)"), b"\x09\x00"), "not a readable NPZ file (array format (9"),
        ("a.npy", entry(b"1\n"), "not a readable NPZ file ("),
        ("a.npy", b"", "not a readable NPZ file ("),
    ],
)  # fmt: skip
def test_an_array_that_lies_is_one_line(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, content)
    with pytest.raises(BadInput) as caught:
        read_npz(path, {"a": ("iu", 1)})
    message = str(caught.value)
    assert message.startswith(f"{path}: {reason}")
    assert "\n" not in message and len(message) < len(str(path)) + 150
