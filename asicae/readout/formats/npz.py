"""Our own format: an NPZ archive of ``cell_order``, ``source``, ``calq`` and one array a column.

``partial`` and ``event`` stand in archives in which a module is, or is of a known event.

Both directions stream: reading goes through all members of the archive in step; writing spools
the columns beside the output, because the shape stands in front of an array.
"""

import contextlib
import math
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.files import open_regular
from asicae.foundation.npz_spool import NpzSpool
from asicae.foundation.validation import short
from asicae.module.codes import CALQ_MAX
from asicae.module.geometry import N_CELLS, reorder
from asicae.readout.format import Format
from asicae.readout.options import Options
from asicae.readout.parsing.density import agreed_density
from asicae.readout.parsing.foreign import guarded
from asicae.readout.parsing.recorded import LAYOUT, Recorded, agreed_order
from asicae.readout.part import Part
from asicae.readout.readouts import ARRAYS, COLUMNS, EVENT_MAX, Readouts
from asicae.readout.rejected import Rejected, RowChecks

BLOCK_ROWS: Final = 32768
_MAX_TEXT_BYTES: Final = 64 << 20
_MAX_HEADER: Final = 10_000  # as numpy's own limit
_MAX_BY_COLUMNS: Final = 256 << 20
_KINDS: Final = {
    "calq": "iu",
    **{name: kinds for name, (_, kinds, *_) in COLUMNS.items()},
    "partial": "b",
    "event": "iu",
}

Array = npt.NDArray[Any]


def _read(path: Path, options: Options, rejected: Rejected) -> Iterator[Part]:
    """Modules of an NPZ file; rows are counted from 0."""
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(guarded(path, "NPZ", open_regular, path))
        archive = stack.enter_context(guarded(path, "NPZ", zipfile.ZipFile, stream))
        entries = (name for name in archive.namelist() if name.endswith(".npy"))
        names = {name.removesuffix(".npy") for name in entries}
        for name in ("format", "cell_order", "source", "calq", *COLUMNS):
            if name not in names:
                raise BadInput(f"{path}: array {name!r} is missing, found {short(sorted(names))}")
        if (found := _text(path, archive, "format")) != LAYOUT:
            raise BadInput(f"{path}: format is {found!r}, allowed is {LAYOUT!r}")
        order = _order(path, archive, options.order)
        source = _text(path, archive, "source")
        members = {
            name: _Member(path, name, guarded(path, "NPZ", _open, stack, archive, name))
            for name in ARRAYS
            if name in names
        }
        rows = _rows(path, members)
        for first in range(0, rows, BLOCK_ROWS):
            count = min(BLOCK_ROWS, rows - first)
            block = {name: member.take(count) for name, member in members.items()}
            yield _part(path, block, first, order, source, rejected)


def _open(stack: contextlib.ExitStack, archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    return stack.enter_context(archive.open(f"{name}.npy"))


def _text(path: Path, archive: zipfile.ZipFile, name: str) -> str:
    if archive.getinfo(f"{name}.npy").file_size > _MAX_TEXT_BYTES:
        raise BadInput(f"{path}: array {name!r} is larger than {_MAX_TEXT_BYTES} bytes")

    def read() -> Array:
        with archive.open(f"{name}.npy") as stream:
            return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))

    array = guarded(path, "NPZ", read)
    if array.dtype.kind != "U" or array.ndim != 0:
        raise BadInput(f"{path}: array {name!r} has type {array.dtype}, allowed is one text")
    return str(array)


def _order(path: Path, archive: zipfile.ZipFile, asked: str | None) -> str:
    recorded = Recorded(cell_order=_text(path, archive, "cell_order"))
    order = agreed_order(path, recorded, asked)
    try:
        reorder(np.zeros(N_CELLS), order, "ae")
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None
    return order


class _Member:
    """One array of the archive, read from front to back."""

    def __init__(self, path: Path, name: str, stream: IO[bytes]) -> None:
        self.path, self.name, self._stream = path, name, stream
        self.shape, fortran, self.dtype = guarded(path, "NPZ", _header, stream)
        kinds = _KINDS[name]
        dimensions = 2 if name == "calq" else 1
        where = f"{path}: array {name!r}"
        if self.dtype.kind not in kinds:
            raise BadInput(f"{where} has type {self.dtype}, allowed kinds are {kinds}")
        if len(self.shape) != dimensions:
            raise BadInput(f"{where} has {len(self.shape)} dimensions, expected {dimensions}")
        self._whole = self._by_columns(where) if fortran and dimensions > 1 else None
        self._taken = 0

    def _by_columns(self, where: str) -> Array:
        """An array that is stored by columns cannot be streamed: all of it, if it is small."""
        size = math.prod(self.shape) * self.dtype.itemsize
        if size > _MAX_BY_COLUMNS:
            raise BadInput(
                f"{where} is stored by columns and holds {size} bytes, allowed are"
                f" {_MAX_BY_COLUMNS}; store it by rows (numpy.ascontiguousarray)"
            )
        return self._read(size).reshape(self.shape[::-1]).T

    def take(self, rows: int) -> Array:
        """The next ``rows`` rows."""
        first, self._taken = self._taken, self._taken + rows
        if self._whole is not None:
            return self._whole[first : self._taken]
        shape = (rows, *self.shape[1:])
        return self._read(math.prod(shape) * self.dtype.itemsize).reshape(shape)

    def _read(self, size: int) -> Array:
        data = guarded(self.path, "NPZ", self._stream.read, size)
        if len(data) != size:
            raise BadInput(
                f"{self.path}: array {self.name!r} is truncated, found {len(data)} bytes,"
                f" allowed are {size}"
            )
        return np.frombuffer(data, dtype=self.dtype)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream, _MAX_HEADER)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(stream, _MAX_HEADER)
    raise ValueError(f"array format {version}, allowed are 1.0 and 2.0")


def _rows(path: Path, members: dict[str, _Member]) -> int:
    shape: tuple[int, ...] = members["calq"].shape
    if shape[1] != N_CELLS:
        raise BadInput(f"{path}: CALQ has shape {shape}, allowed is (modules, {N_CELLS})")
    for name, member in members.items():
        if member.shape[0] != shape[0]:
            raise BadInput(
                f"{path}: {name} has shape {member.shape}, allowed is ({shape[0]},)"
                " as CALQ has rows"
            )
    return shape[0]


def _part(
    path: Path, block: dict[str, Array], first: int, order: str, source: str, rejected: Rejected
) -> Part:
    calq = block["calq"]
    checks = RowChecks(rejected, len(calq))
    bad = (calq < 0) | (calq > CALQ_MAX)

    def bad_cell(row: int) -> BadInput:
        cell = int(np.argmax(bad[row]))
        return BadInput(
            f"{path}: CALQ of row {first + row}, cell {cell} is {calq[row, cell]},"
            f" allowed is 0..{CALQ_MAX}"
        )

    checks.check(np.asarray(bad.any(axis=1)), f"CALQ: not an integer 0..{CALQ_MAX}", bad_cell)
    columns: dict[str, Array] = {}
    for name, (dtype, _, low, high) in COLUMNS.items():
        column = block[name]
        outside = ~((column >= low) & (column <= high))
        checks.check(
            outside,
            f"{name}: not {low:g}..{high:g}",
            partial(_bad_value, path, name, column, first),
        )
        columns[name] = np.where(outside, column.dtype.type(low), column).astype(dtype)
    columns["high_density"] = agreed_density(
        columns["wafer_type"],
        columns["high_density"],
        checks,
        lambda row: BadInput(
            f"{path}: high_density of row {first + row} is {columns['high_density'][row]},"
            " allowed is true for wafer_type 0, false for 2"
        ),
    )
    if "partial" in block:
        columns["partial"] = block["partial"]
    if "event" in block:
        columns["event"] = _events(path, block["event"], first, checks)
    cells = np.where(bad, 0, calq) if bad.any() else calq
    part = Part(Readouts.of_columns(reorder(cells, order, "ae"), columns, source))
    return part if checks.keep.all() else part.select(checks.keep)


def _events(path: Path, column: Array, first: int, checks: RowChecks) -> Array:
    # Of unsigned integers -1 is none, and the largest are no signed ones.
    outside = (column.astype(np.float64) < -1) | (column > EVENT_MAX)

    def bad_event(row: int) -> BadInput:
        return BadInput(
            f"{path}: event of row {first + row} is {column[row]}, allowed is -1..{EVENT_MAX}"
        )

    checks.check(outside, f"event: not -1..{EVENT_MAX}", bad_event)
    return np.where(outside, 0, column).astype(np.int64)


def _bad_value(path: Path, name: str, column: Array, first: int, row: int) -> BadInput:
    _, _, low, high = COLUMNS[name]
    return BadInput(
        f"{path}: {name} of row {first + row} is {column[row]}, allowed is {low:g}..{high:g}"
    )


class NpzWriter:
    """Writes an NPZ file with bounded memory; equal readouts give equal bytes.

    ``partial`` is written where a module is: a file without it holds full modules; and ``event``
    where one is known.
    """

    def __init__(self, path: Path) -> None:
        self._spool = NpzSpool(path)
        self._partial = self._event = False

    def add(self, readouts: Readouts) -> None:
        """Append modules."""
        self._spool.add({name: getattr(readouts, name) for name in ARRAYS})
        self._partial |= bool(readouts.partial.any())
        self._event |= bool((readouts.event >= 0).any())

    def finish(self, source: str) -> None:
        """Write the archive from the spooled columns."""
        texts = {"format": np.array(LAYOUT), "cell_order": np.array("ae")}
        optional = {"partial": self._partial, "event": self._event}
        left_out = tuple(name for name, there in optional.items() if not there)
        self._spool.finish(texts | {"source": np.array(source)}, left_out)
        self.close()

    def close(self) -> None:
        """Remove the spooled columns."""
        self._spool.close()


FORMAT: Final = Format(
    endings=(".npz",), read=_read, understands=frozenset({"order"}), writers={".npz": NpzWriter}
)
