"""JSON from outside is finite, says every key once, and is read from files only."""

import math
import os
from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json, read_toml, sha256
from asicae.foundation.json_text import parse_json

MANY_KEYS = "{" + ",".join(f'"{n}":1' for n in range(500_000)) + ',"499999":1}'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": NaN}', "NaN is no number of JSON"),
        ("[-Infinity]", "-Infinity is no number of JSON"),
        ('{"a": 1e999}', "'1e999' is too large for a number"),
        ('{"a": {"b": 1, "c": 2, "b": 1}}', "key 'b' stands twice in one object"),
        pytest.param(MANY_KEYS, "key '499999' stands twice", id="many keys"),
        pytest.param(
            "9" * 5000,
            "Exceeds the limit (4300 digits) for integer string conversion",
            id="many digits",
        ),
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
    ("text", "reason"),
    [
        ("[" * 100_000, "nested more than 100 deep"),
        ('{"a":' * 101 + "1" + "}" * 101, "nested more than 100 deep"),
        ('["' + '\\"[' * 200 + '",' + "[" * 100, "nested more than 100 deep"),
        ("[" + "0," * 25_000_000, "more than 1000000 values"),
        ("[" + "[]," * 1_000_000 + "1]", "more than 1000000 values"),
        ("[" * 60 + "]" * 20 + " " * (1 << 20) + "[" * 61, "nested more than 100 deep"),
    ],
    ids=["brackets", "objects", "behind a text", "50 MB of zeros", "a million lists", "far apart"],
)
def test_too_much_is_refused_before_it_is_made(text: str, reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_json(text, "x.json")
    assert str(caught.value) == f"x.json: not valid JSON ({reason})"


def test_as_much_as_is_allowed_is_read() -> None:
    deep = parse_json("[" * 100 + "]" * 100, "x")
    assert str(deep).count("[") == 100
    assert parse_json('["' + "[,{" * 500 + '"]', "x") == ["[,{" * 500]
    assert len(parse_json("[" + "0," * 200 + "0]", "x", values=202)) == 201
    with pytest.raises(BadInput, match="more than 201 values"):
        parse_json("[" + "0," * 200 + "0]", "x", values=201)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a." * 400 + "b = 1", "not valid TOML (nested more than 100 deep"),
        ("a." * 200_000 + "b = 1", "line 1: more than 1000 dots"),
        ("a = " + "[" * 100_000, "not valid TOML"),
        ("a = [" + "0," * 25_000_000 + "]", "larger than 1048576 bytes"),
    ],
    ids=["a key", "a long key", "brackets", "50 MB of zeros"],
)
def test_toml_is_bounded(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(BadInput) as caught:
        read_toml(tmp_path / "x.toml")
    assert str(caught.value).startswith(f"{tmp_path / 'x.toml'}: {reason}")


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


def test_an_infinity_that_python_writes_is_read_where_it_is_expected() -> None:
    assert parse_json("[Infinity]", "x", infinity=True) == [math.inf]
    for text in ("[-Infinity]", "[NaN]", "[1e999]"):
        with pytest.raises(BadInput, match="not valid JSON"):
            parse_json(text, "x", infinity=True)


def test_pipes_devices_and_folders_are_no_files(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(BadInput) as caught:
            read_json(path)  # neither waits for a writer nor reads without an end
        assert str(caught.value).startswith(f"{path}: cannot be read (")
        with pytest.raises(OSError, match=r"no file|directory"):
            sha256(path)
