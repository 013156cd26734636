"""Rows of comma-separated text as columns, parsed by ``numpy.loadtxt`` a block at a time.

``numpy.loadtxt`` is fast and gives up at the first field that it cannot read. Such a block is then
read once more, field by field, so that an error names row, column and text, or only the bad rows
are left out.
"""

import io
import re
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.readout.parsing.array_table import ArrayTable
from asicae.readout.parsing.text_file import TextFile
from asicae.readout.rejected import Rejected

_MAX_WIDTH: Final = 8  # characters of a word; a longer one means nothing anyway
_MAX_SHOWN: Final = 60
_QUOTED: Final = re.compile(rb'(?<![^,\n])"([^",\n]*)"(?![^,\n])')
"""A whole field in quotes that hold nothing that would need them."""
_NUMBER: Final = re.compile(
    rb"[\t\v\f\x1c-\x20\x85\xa0]*"  # what counts as a space in Latin-1
    rb"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|(?i:nan|inf(?:inity)?))"
    rb"[\t\v\f\x1c-\x20\x85\xa0]*"
)
"""What ``numpy.loadtxt`` reads as a number; Python's ``float`` reads more, such as 1_000."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Layout:
    """The fields of a row.

    Attributes:
        width: fields in every row.
        places: name -> place from 0 of the fields that mean something.
        numbers: names of those that are numbers but need not be whole.
        words: names of those that are words; all others are integers.
    """

    width: int
    places: Mapping[str, int]
    numbers: Collection[str] = ()
    words: Collection[str] = ()

    def dtype(self, integer: str) -> np.dtype[Any]:
        """One field a column, with integers of the given type; what means nothing is skipped."""
        kinds = ["S1"] * self.width
        for name, place in self.places.items():
            kind = f"S{_MAX_WIDTH}" if name in self.words else integer
            kinds[place] = "f8" if name in self.numbers else kind
        return np.dtype([(str(place), kind) for place, kind in enumerate(kinds)])


def header_names(text: TextFile) -> list[str]:
    """The names in the first line."""
    line = text.first_line.decode(errors="replace")
    return [name.strip().strip('"') for name in line.split(",")]


def columns_of(text: TextFile, meaning: Collection[str]) -> dict[str, int]:
    """Name -> place of the columns that the first line names.

    Raises:
        BadInput: one of the names that have a meaning appears twice.
    """
    names = header_names(text)
    twice = [name for name in meaning if names.count(name) > 1]
    if twice:
        raise BadInput(f"{text.path}: row 1: column {twice[0]!r} appears twice, allowed is once")
    # Columns without meaning may share a name; they still count as fields of a row.
    return {_unique(name, names, place): place for place, name in enumerate(names)}


def _unique(name: str, names: list[str], place: int) -> str:
    return name if names.index(name) == place else f"{name} ({place})"


def parsed(
    path: Path, block: bytes, layout: Layout, first_row: int, rejected: Rejected
) -> ArrayTable:
    """The columns of a block of lines.

    Args:
        path: of the file, for errors.
        block: whole lines, of which the last ends with a newline.
        layout: what stands in a line.
        first_row: number of the first line in the file, for errors.
        rejected: what to do with bad rows.

    Raises:
        BadInput: a row with more or fewer fields, text that cannot be a table.
    """
    if b'"' in block:
        block = _QUOTED.sub(rb"\1", block)
    lines = block.count(b"\n")
    rows = np.arange(lines)
    array = _loaded(block, layout, "i8")
    if len(array) != lines:
        array = _loaded(block, layout, "f8")
    if len(array) != lines:
        rows, repaired = _repaired(path, block, layout, first_row, rejected)
        array = _loaded(repaired, layout, "f8")
    if len(array) != len(rows):
        array, rows = _row_by_row(path, repaired, rows, layout, first_row, rejected)

    def where(row: int, name: str) -> str:
        return f"{path}: row {first_row + rows[row]}, column {name!r}"

    def found(row: int, name: str) -> str:
        field = block.split(b"\n")[rows[row]].split(b",")[layout.places[name]]
        return str(field.strip(b" \t").decode(errors="replace")[:_MAX_SHOWN])

    columns = {name: array[str(place)] for name, place in layout.places.items()}
    if b" " in block:
        columns |= {name: np.char.strip(columns[name]) for name in layout.words}
    return ArrayTable(columns, len(array), where, rejected, found=found)


def _loaded(block: bytes, layout: Layout, integer: str) -> Array:
    """The rows of ``block``, none if it holds anything but such rows."""
    dtype = layout.dtype(integer)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # nothing but blank lines
            # NumPy before 2.4 reads the integer 5 in the text 5.5 and says only this.
            warnings.simplefilter("error", DeprecationWarning)
            return np.loadtxt(
                io.BytesIO(block), dtype, delimiter=",", comments=None, encoding="latin1", ndmin=1
            )
    except (ValueError, DeprecationWarning):
        return np.empty(0, dtype)


def _repaired(
    path: Path, block: bytes, layout: Layout, first_row: int, rejected: Rejected
) -> tuple[Array, bytes]:
    """Lines with the right number of fields, and those lines with NaN for what is no number.

    A carriage return would end a line, hence it makes a field mean nothing.
    """
    numeric = [place for name, place in layout.places.items() if name not in layout.words]
    kept, lines = [], []
    for row, line in enumerate(block.split(b"\n")[:-1]):
        fields = line.removesuffix(b"\r").split(b",")
        if len(fields) != layout.width:
            _refuse_row(f"{path}: row {first_row + row}", fields, layout.width, rejected)
            continue
        for place in numeric:
            if not _NUMBER.fullmatch(fields[place]):
                fields[place] = b"nan"
        kept.append(row)
        lines.append(b",".join(fields).replace(b"\r", b"?"))
    return np.array(kept, dtype=np.int64), b"\n".join([*lines, b""])


def _refuse_row(where: str, fields: list[bytes], width: int, rejected: Rejected) -> None:
    if rejected.skip:
        rejected.counts["wrong number of fields"] += 1
        return
    found = f"{len(fields)} fields" if any(map(bytes.strip, fields)) else "an empty row"
    raise BadInput(f"{where}: found {found}, allowed are {width} fields as in the first row")


def _row_by_row(
    path: Path,
    block: bytes,
    rows: Array,
    layout: Layout,
    first_row: int,
    rejected: Rejected,
) -> tuple[Array, Array]:
    """The lines that can be read and their numbers; the last resort, which other blocks pay not."""
    loaded = [_loaded(line + b"\n", layout, "f8") for line in block.split(b"\n")[:-1]]
    good = np.array([len(one) == 1 for one in loaded], dtype=np.bool_)
    for row in rows[~good]:
        if not rejected.skip:
            raise BadInput(
                f"{path}: row {first_row + row}: found text that cannot be parsed,"
                f" allowed are numbers and words"
            )
        rejected.counts["row that cannot be parsed"] += 1
    kept = [one for one, is_good in zip(loaded, good, strict=True) if is_good]
    return np.concatenate([*kept, np.empty(0, layout.dtype("f8"))]), rows[good]
