"""JSON from outside is finite, says every key once, and is read from files only."""

import os
from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json, sha256
from asicae.foundation.json_text import parse_json


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": NaN}', "NaN is no number of JSON"),
        ("[-Infinity]", "-Infinity is no number of JSON"),
        ('{"a": 1e999}', "'1e999' is too large for a number"),
        ('{"a": {"b": 1, "c": 2, "b": 1}}', "key 'b' stands twice in one object"),
        ("9" * 5000, "Exceeds the limit (4300 digits) for integer string conversion"),
        ("[" * 100_000, "maximum recursion depth exceeded"),
        ("", "Expecting value"),
        ('{"a": "\x1b[31m', "Invalid control character"),
    ],
)
def test_what_is_no_json_is_one_line(text: str, reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_json(text, "x.json")
    message = str(caught.value)
    assert message.startswith(f"x.json: not valid JSON ({reason}")
    assert message.isprintable() and len(message) < 150


@pytest.mark.parametrize(
    "text", [b'\xff\xfe{"a": 1}', '{"a": 1}'.encode("utf-16"), b"\xef\xbb\xbf{}"]
)
def test_other_encodings_are_refused(text: bytes) -> None:
    with pytest.raises(BadInput, match="not valid JSON"):
        parse_json(text, "x.json")


def test_what_is_json_is_read_as_it_stands() -> None:
    assert parse_json(b'{"b": [1, 2.5, -0.0, 1e-999], "a": null}', "x") == {
        "b": [1, 2.5, 0.0, 0.0],
        "a": None,
    }


def test_pipes_devices_and_folders_are_no_files(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(BadInput) as caught:
            read_json(path)  # neither waits for a writer nor reads without an end
        assert str(caught.value).startswith(f"{path}: cannot be read (")
        with pytest.raises(OSError, match=r"no file|directory"):
            sha256(path)
