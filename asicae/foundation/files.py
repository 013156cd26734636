"""Files that appear whole or not at all, and texts that are read without trust."""

import contextlib
import hashlib
import io
import json
import os
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.exchange import put
from asicae.foundation.json_text import MAX_VALUES, TOO_DEEP, is_too_deep, parse_json
from asicae.foundation.temporaries import remove_dead, temporary_file

MAX_TEXT_BYTES = 256 << 20
"""Of a text that is read as a whole; a large cell library has some 100 MB."""
MAX_TOML_BYTES = 1 << 20
MAX_DOTS = 1_000
"""In a line of TOML; 48 numbers of two tables stand in one."""
# Broken TOML, a number of more digits than Python converts, too many brackets.
_TEXT_ERRORS = (ValueError, RecursionError)


def write_bytes(path: Path, data: bytes) -> Path:
    """Write ``data`` to ``path``: whole, or not at all."""
    with output_file(path) as temporary:
        temporary.write_bytes(data)
    return path


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 ``text`` to ``path`` atomically."""
    return write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> Path:
    """Write ``value`` as indented JSON with sorted keys; NaN and infinity are refused."""
    return write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def read_bytes(path: Path, limit: int) -> bytes:
    """Read a file of at most ``limit`` bytes.

    Raises:
        BadInput: the file is missing, unreadable or larger.
    """
    try:
        with open_regular(path) as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({reason(error)})") from None
    if len(data) > limit:
        raise BadInput(f"{path}: larger than {limit} bytes")
    return data


def open_regular(path: Path) -> io.BufferedReader:
    """Open a file for reading, if it is one.

    Raises:
        OSError: missing or unreadable, or a folder, a pipe or a device, whose reading may not end.
    """
    # Without O_NONBLOCK, opening a pipe waits for its writer.
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError("no file, but a folder, a pipe or a device")
    return os.fdopen(number, "rb")


def read_text(path: Path, limit: int = MAX_TEXT_BYTES) -> str:
    """Read a UTF-8 file of at most ``limit`` bytes.

    Raises:
        BadInput: the file is missing, unreadable, larger or not UTF-8.
    """
    try:
        return read_bytes(path, limit).decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: cannot be read ({reason(error)})") from None


def read_json(path: Path, values: int = MAX_VALUES) -> Any:
    """Read a JSON file of at most ``values`` values.

    Raises:
        BadInput: the file is missing, unreadable or not JSON (see ``parse_json``).
    """
    return parse_json(read_text(path), str(path), values)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file, which somebody wrote by hand: of at most ``MAX_TOML_BYTES``.

    Raises:
        BadInput: the file is missing, unreadable, too large or not TOML.
    """
    text = read_text(path, MAX_TOML_BYTES)
    for number, line in enumerate(text.split("\n"), 1):
        # The time that a key of many parts takes grows with the square of their number.
        if line.count(".") > MAX_DOTS:
            raise BadInput(f"{path}: line {number}: more than {MAX_DOTS} dots, allowed is less")
    try:
        content = tomllib.loads(text)
    except _TEXT_ERRORS as error:
        raise BadInput(f"{path}: not valid TOML ({reason(error)})") from None
    if is_too_deep(content):
        raise BadInput(f"{path}: not valid TOML ({TOO_DEEP})")
    return content


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open_regular(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def refuse_existing(path: Path, force: bool) -> None:
    """Make sure that writing ``path`` replaces nothing unless ``force`` allows it.

    Raises:
        BadInput: ``path`` is a folder, or exists and ``force`` is false.
    """
    if path.is_dir():
        raise BadInput(f"{path}: is a folder, allowed is the name of a file")
    if os.path.lexists(path) and not force:
        raise BadInput(f"{path}: exists already; choose another name or add --force")


@contextlib.contextmanager
def output_file(path: Path) -> Iterator[Path]:
    """Yield the name of a new file that becomes ``path`` when the block ends without an error.

    Folders that are missing are made, and stay only if the file does.
    """
    missing = [folder for folder in path.parents if not folder.exists()]
    remove_dead(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with temporary_file(path) as temporary:
            yield temporary
            put(temporary, path)
    except BaseException:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def reason(error: Exception) -> str:
    """What the system or a parser says, as one line of at most 100 characters."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if not text:
        return type(error).__name__
    # Python's advice to programmers, after a number of too many digits, is not for users.
    line = text.splitlines()[0].partition("; use sys.")[0]
    return line if len(line) <= 100 else f"{line[:97]}..."
