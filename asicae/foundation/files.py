"""Files that appear whole or not at all, and arrays that are read without trust."""

import contextlib
import hashlib
import io
import json
import math
import os
import shutil
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short

# A declared array larger than this is refused before any memory is taken for it.
MAX_ARRAY_BYTES = 8 << 30
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# What a damaged or hostile archive raises; RuntimeError is an entry that claims to be encrypted,
# MemoryError a header that declares more elements than its entry has bytes.
_NPZ_ERRORS = (
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)

# Broken JSON and TOML, a number of more digits than Python converts, too many brackets.
_TEXT_ERRORS = (ValueError, RecursionError)


def write_bytes(path: Path, data: bytes) -> Path:
    """Write ``data`` to ``path`` atomically (temporary name in the same folder, then rename)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 ``text`` to ``path`` atomically."""
    return write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> Path:
    """Write ``value`` as indented JSON with sorted keys; NaN and infinity are refused."""
    return write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def write_npz(path: Path, arrays: Mapping[str, npt.ArrayLike]) -> Path:
    """Write named arrays as a compressed NPZ whose bytes depend on the arrays only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(value), allow_pickle=False)
            # A ZipInfo made by hand carries no time stamp, so equal arrays give equal bytes.
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.getvalue())
    return write_bytes(path, buffer.getvalue())


def read_bytes(path: Path, limit: int) -> bytes:
    """Read a file of at most ``limit`` bytes.

    Raises:
        BadInput: the file is missing, unreadable or larger.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({_reason(error)})") from None
    if len(data) > limit:
        raise BadInput(f"{path}: larger than {limit} bytes")
    return data


def read_text(path: Path) -> str:
    """Read a UTF-8 file.

    Raises:
        BadInput: the file is missing, unreadable or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read ({_reason(error)})") from None


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        BadInput: the file is missing, unreadable or not JSON.
    """
    try:
        return json.loads(read_text(path))
    except _TEXT_ERRORS as error:
        raise BadInput(f"{path}: not valid JSON ({_reason(error)})") from None


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        BadInput: the file is missing, unreadable or not TOML.
    """
    try:
        return tomllib.loads(read_text(path))
    except _TEXT_ERRORS as error:
        raise BadInput(f"{path}: not valid TOML ({_reason(error)})") from None


def read_npz(
    path: Path,
    expected: Mapping[str, tuple[str, int]],
    check: Callable[[str, tuple[int, ...]], None] | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Read the named arrays of an NPZ file without pickle.

    ``expected`` maps a name to (allowed dtype kinds such as ``"iu"``, number of dimensions).
    ``check`` is given every name and declared shape before any array is unpacked; it raises where
    the shape does not fit.

    Raises:
        BadInput: missing file, not an NPZ, missing array, wrong kind or dimensions, NaN, too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(path, archive, expected)
            for name, (kinds, dimensions) in expected.items():
                shape = _checked_header(path, archive, name, kinds, dimensions)
                if check is not None:
                    check(name, shape)
            arrays = {name: _array(archive, name) for name in expected}
    except _NPZ_ERRORS as error:
        raise BadInput(f"{path}: not a readable NPZ file ({_reason(error)})") from None
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise BadInput(f"{path}: array {name!r} holds NaN or infinity, allowed are numbers")
    return arrays


def _check_entries(path: Path, archive: zipfile.ZipFile, expected: Iterable[str]) -> None:
    declared = sum(entry.file_size for entry in archive.infolist())
    if declared > MAX_ARRAY_BYTES:
        raise BadInput(f"{path}: declares {declared} bytes, allowed are {MAX_ARRAY_BYTES}")
    entries = archive.namelist()
    names = {entry.removesuffix(".npy") for entry in entries if entry.endswith(".npy")}
    missing = sorted(set(expected) - names)
    if missing:
        raise BadInput(f"{path}: array {missing[0]!r} is missing, found {short(sorted(names))}")


def _checked_header(
    path: Path, archive: zipfile.ZipFile, name: str, kinds: str, ndim: int
) -> tuple[int, ...]:
    """The shape that an array declares; nothing of the array itself is unpacked."""
    with archive.open(f"{name}.npy") as stream:
        version = np.lib.format.read_magic(stream)
        if version not in _HEADERS:
            raise ValueError(f"array format {version}, allowed are 1.0 and 2.0")
        shape, _, dtype = _HEADERS[version](stream)
    if dtype.kind not in kinds:
        found = str(dtype)[:60]
        raise BadInput(f"{path}: array {name!r} has type {found}, allowed kinds are {kinds}")
    if len(shape) != ndim:
        raise BadInput(f"{path}: array {name!r} has {len(shape)} dimensions, expected {ndim}")
    size, there = math.prod(shape) * dtype.itemsize, archive.getinfo(f"{name}.npy").file_size
    if size > there:
        raise BadInput(f"{path}: array {name!r} is truncated, {size} bytes declared, {there} there")
    return shape


def _array(archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    with archive.open(f"{name}.npy") as stream:
        return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def refuse_existing(path: Path, force: bool) -> None:
    """Make sure that writing ``path`` replaces nothing unless ``force`` allows it.

    Raises:
        BadInput: ``path`` is a folder, or exists and ``force`` is false.
    """
    if path.is_dir():
        raise BadInput(f"{path}: is a folder, allowed is the name of a file")
    if path.exists() and not force:
        raise BadInput(f"{path}: exists already; choose another name or add --force")


@contextlib.contextmanager
def output_file(path: Path) -> Iterator[Path]:
    """Yield the name of a new file that becomes ``path`` when the block ends without an error.

    Folders that are missing are made, and stay only if the file does.
    """
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


@contextlib.contextmanager
def output_folder(path: Path, force: bool = False) -> Iterator[Path]:
    """Yield a temporary folder that becomes ``path`` when the block ends without an error.

    Raises:
        BadInput: ``path`` exists and ``force`` is false.
    """
    if path.exists() and not force:
        raise BadInput(f"{path}: exists already; choose another folder or add --force")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    temporary.chmod(0o755)
    try:
        yield temporary
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if not text:
        return type(error).__name__
    # Python's advice to programmers, after a number of too many digits, is not for users.
    line = text.splitlines()[0].partition("; use sys.")[0]
    return line if len(line) <= 100 else f"{line[:97]}..."
