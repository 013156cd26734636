"""NPZ archives: arrays that are read without trust, and bytes that depend on the arrays only."""

import io
import math
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.files import open_regular, reason, write_bytes
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


def write_npz(path: Path, arrays: Mapping[str, npt.ArrayLike]) -> Path:
    """Write named arrays as a compressed NPZ; see ``npz_bytes``."""
    return write_bytes(path, npz_bytes(arrays))


def npz_bytes(arrays: Mapping[str, npt.ArrayLike]) -> bytes:
    """Named arrays as a compressed NPZ whose bytes depend on the arrays only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(value), allow_pickle=False)
            # A ZipInfo made by hand carries no time stamp, so equal arrays give equal bytes.
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.getvalue())
    return buffer.getvalue()


def read_npz(
    path: Path,
    expected: Mapping[str, tuple[str, int]],
    check: Callable[[str, tuple[int, ...]], None] | None = None,
    nan: Collection[str] = (),
) -> dict[str, npt.NDArray[Any]]:
    """Read the named arrays of an NPZ file without pickle.

    ``expected`` maps a name to (allowed dtype kinds such as ``"iu"``, number of dimensions).
    ``check`` is given every name and declared shape before any array is unpacked; it raises where
    the shape does not fit. In the arrays named ``nan`` NaN stands for no value.

    Raises:
        BadInput: missing file, not an NPZ, missing array, wrong kind or dimensions, NaN, too large.
    """
    try:
        with open_regular(path) as stream, zipfile.ZipFile(stream) as archive:
            _check_entries(path, archive, expected)
            for name, (kinds, dimensions) in expected.items():
                shape = _checked_header(path, archive, name, kinds, dimensions)
                if check is not None:
                    check(name, shape)
            arrays = {name: _array(archive, name) for name in expected}
    except _NPZ_ERRORS as error:
        raise BadInput(f"{path}: not a readable NPZ file ({reason(error)})") from None
    for name, array in arrays.items():
        if (
            array.dtype.kind == "f"
            and not (np.isfinite(array) | (name in nan) & np.isnan(array)).all()
        ):
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
