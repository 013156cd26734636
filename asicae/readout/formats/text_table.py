"""Rows of comma-separated text as numpy arrays, parsed as bytes, a block at a time.

Numpy works on all fields of a column at once, so that a file is read at hundreds of thousands
of rows a second and an error still names its row and column. ``numpy.loadtxt`` is slower, does not
mix numbers and words, and does not say which field is wrong (see ``benchmarks/readers.py``).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.errors import BadInput
from asicae.readout.formats.rejected import Mask, Rejected, RowChecks

_MAX_DIGITS: Final = 15  # keeps every parsed integer exact in int64 and in float64
_MAX_WIDTH: Final = 40
_COMMA, _NEWLINE, _BLANK, _MINUS, _ZERO, _POINT = b",\n -0."

Array = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]


class TextTable:
    """Byte positions of every field of a block of rows; errors are told in rows of the file.

    Attributes:
        rows: rows of the block with the right number of fields.
        lines: all lines of the block.
        checks: what failed so far.
    """

    def __init__(
        self,
        path: Path,
        block: bytes,
        columns: Mapping[str, int],
        width: int,
        first_row: int,
        rejected: Rejected,
    ) -> None:
        """Find the fields of ``block``, which ends with a newline.

        Args:
            path: of the file, for errors.
            block: whole lines.
            columns: name -> place of the fields that will be asked for.
            width: fields in every row.
            first_row: number of the first line in the file, for errors.
            rejected: what to do with bad rows.

        Raises:
            BadInput: a row with more or fewer fields.
        """
        self.path = path
        self.columns = columns
        # The zeros let a read run past the last field without leaving the array.
        self.data = np.frombuffer(block + bytes(_MAX_WIDTH), dtype=np.uint8)
        separators = np.flatnonzero((self.data == _COMMA) | (self.data == _NEWLINE))
        starts = np.concatenate([[0], separators[:-1] + 1])
        ends = np.flatnonzero(self.data[separators] == _NEWLINE)
        self.lines = len(ends)
        fields = np.diff(ends, prepend=-1)
        right = fields == width
        if not right.all():
            self._refuse_rows(rejected, fields, right, width, first_row, block)
            of_right = np.repeat(right, fields)
            separators, starts = separators[of_right], starts[of_right]
        self._numbers = first_row + np.flatnonzero(right)
        self._stops = separators.reshape(-1, width).astype(np.int32)
        self._starts = starts.reshape(-1, width).astype(np.int32)
        self.rows = len(self._starts)
        self.checks = RowChecks(rejected, self.rows)
        if b" " in block:
            self._strip()

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self.columns

    def refuse(self, row: int, column: str, allowed: str) -> BadInput:
        """The error for one field."""
        place = self.columns[column]
        shown = self._field(row, place).decode(errors="replace")[:_MAX_WIDTH]
        return BadInput(
            f"{self.path}: row {self._numbers[row]}, column {column!r}:"
            f" found {shown!r}, allowed {allowed}"
        )

    def integers(self, names: Sequence[str], what: str, low: int, high: int) -> Integers:
        """Columns as integers int64[rows, len(names)]; bad ones are refused or become ``low``."""
        places = self._places(names)
        shape = (self.rows, len(names))
        starts = self._starts[:, places].ravel()
        lengths = self._stops[:, places].ravel() - starts
        values, good = self._digits(starts, lengths)
        if not good.all():
            self._other_spellings(np.flatnonzero(~good), starts, lengths, values, good)
        bad = ~(good & (values >= low) & (values <= high)).reshape(shape)
        values = values.reshape(shape)
        if bad.any():
            allowed = f"is an integer {low}..{high}"
            self.checks.check(
                np.asarray(bad.any(axis=1)),
                f"{what}: not an integer {low}..{high}",
                lambda row: self.refuse(row, names[int(np.argmax(bad[row]))], allowed),
            )
            values[bad] = low
        return values

    def numbers(self, name: str, low: float, high: float) -> npt.NDArray[np.float64]:
        """A column as finite numbers float64[rows]; bad ones are refused or become ``low``."""
        texts = self._texts(name)
        try:
            values = texts.astype(np.float64)
        except ValueError:
            values = np.array([_number(text) for text in texts.tolist()])
        bad = ~((values >= low) & (values <= high))
        allowed = f"is a number {low:g}..{high:g}"
        self.checks.check(
            bad, f"{name}: {allowed[3:]}", lambda row: self.refuse(row, name, allowed)
        )
        values[bad] = low
        return values

    def words(self, name: str, meaning: Mapping[bytes, int]) -> Array:
        """A column translated by ``meaning``, int8[rows]; unknown words give -1."""
        texts = self._texts(name)
        values = np.full(self.rows, -1, dtype=np.int8)
        for word, value in meaning.items():
            values[texts == word] = value
        return values

    def _places(self, names: Sequence[str]) -> slice | list[int]:
        places = [self.columns[name] for name in names]
        run = slice(places[0], places[0] + len(places))
        return run if places == list(range(run.start, run.stop)) else places

    def _field(self, row: int, place: int) -> bytes:
        return self.data[self._starts[row, place] : self._stops[row, place]].tobytes()

    def _strip(self) -> None:
        """Leave blanks around fields out."""
        while (blank := (self.data[self._starts] == _BLANK) & (self._starts < self._stops)).any():
            self._starts += blank
        while (
            blank := (self.data[self._stops - 1] == _BLANK) & (self._starts < self._stops)
        ).any():
            self._stops -= blank

    def _refuse_rows(
        self, rejected: Rejected, fields: Array, right: Mask, width: int, first: int, block: bytes
    ) -> None:
        if rejected.skip:
            rejected.counts["wrong number of fields"] += int((~right).sum())
            return
        row = int(np.argmin(right))
        found = f"{fields[row]} fields" if block.split(b"\n")[row].strip() else "an empty row"
        raise BadInput(
            f"{self.path}: row {first + row}: found {found},"
            f" allowed are {width} fields as in the first row"
        )

    def _digits(self, starts: Array, lengths: Array) -> tuple[Integers, Mask]:
        """Signed digits at the positions: values int64[n], and whether they are nothing else."""
        minus = self.data[starts] == _MINUS
        if minus.any():
            starts, lengths = starts + minus, lengths - minus
        # An unsigned byte below "0" wraps round to more than 9.
        digit = self.data[starts] - _ZERO
        good = (digit <= 9) & (lengths > 0) & (lengths <= _MAX_DIGITS)
        values = digit.astype(np.int64)
        more = np.flatnonzero((lengths > 1) & good)
        for place in range(1, _MAX_DIGITS):
            if not more.size:
                break
            digit = self.data[starts[more] + place] - _ZERO
            values[more] = values[more] * 10 + digit
            good[more] &= digit <= 9
            more = more[lengths[more] > place + 1]
        if minus.any():
            values[minus] *= -1
        return values, good

    def _other_spellings(
        self, where: Array, starts: Array, lengths: Array, values: Integers, good: Mask
    ) -> None:
        """Parse integers that are not a sign and digits, such as ``12.0`` or ``1e3``, in place."""
        stops = starts[where] + lengths[where]
        whole = (lengths[where] > 2) & (self.data[stops - 2] == _POINT)
        whole &= self.data[stops - 1] == _ZERO
        pointed = where[whole]
        values[pointed], good[pointed] = self._digits(starts[pointed], lengths[pointed] - 2)
        for index in where[~good[where]].tolist():
            text = self.data[starts[index] : starts[index] + lengths[index]].tobytes()
            number = _number(text)
            if number.is_integer() and abs(number) < 10**_MAX_DIGITS:
                values[index], good[index] = int(number), True

    def _texts(self, name: str) -> Array:
        """Fields of a column as fixed-width bytes S[rows]."""
        place = self.columns[name]
        starts = self._starts[:, place]
        lengths = self._stops[:, place] - starts
        width = max(1, min(int(lengths.max(initial=1)), _MAX_WIDTH))
        fields = self.data[starts[:, None] + np.arange(width)]
        fields[np.arange(width) >= lengths[:, None]] = 0
        fields[lengths > width, 0] = ord("?")  # what is longer than that is no number and no word
        return np.ascontiguousarray(fields).view(f"S{width}")[:, 0]


def _number(text: bytes) -> float:
    """The number, NaN if there is none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")
