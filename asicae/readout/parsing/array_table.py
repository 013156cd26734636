"""Columns that are arrays already, with the checks that text gets while it is parsed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.readout.rejected import Mask, Rejected, RowChecks

Array = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]


class ArrayTable:
    """A block of rows with named columns of numpy arrays.

    Attributes:
        rows: rows of the block.
        checks: what failed so far.
    """

    def __init__(
        self,
        columns: Mapping[str, Array],
        rows: int,
        where: Callable[[int, str], str],
        rejected: Rejected,
        nulls: Mapping[str, Mask] | None = None,
        found: Callable[[int, str], str] | None = None,
    ) -> None:
        """Take the columns, each [rows].

        Args:
            columns: name -> numbers, booleans or bytes.
            rows: rows of the block.
            where: file, row and column in words, for errors.
            rejected: what to do with bad rows.
            nulls: name -> bool[rows], fields without a value.
            found: what stands in a row and column, for errors; by default the value.
        """
        self._columns = columns
        self.rows = rows
        self._where = where
        self._nulls = nulls or {}
        self._found = found
        self.checks = RowChecks(rejected, rows)

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self._columns

    def refuse(self, row: int, column: str, allowed: str) -> BadInput:
        """The error for one field."""
        return BadInput(
            f"{self._where(row, column)}: found {self._shown(row, column)}, allowed {allowed}"
        )

    def _shown(self, row: int, column: str) -> str:
        if self._found is not None:
            return repr(self._found(row, column))
        if column in self._nulls and self._nulls[column][row]:
            return "no value"
        value = self._columns[column][row]
        return repr(value.decode(errors="replace")) if isinstance(value, bytes) else str(value)

    def integers(self, names: Sequence[str], what: str, low: int, high: int) -> Integers:
        """Columns as integers int64[rows, len(names)]; bad ones are refused or become ``low``.

        Whole numbers of a floating-point type are integers.
        """
        values = np.empty((self.rows, len(names)), dtype=np.int64)
        good = np.empty(values.shape, dtype=np.bool_)
        for place, name in enumerate(names):
            column = self._numeric(name, f"integers {low}..{high}")
            inside = (column >= low) & (column <= high)
            if column.dtype.kind == "f":
                inside &= np.floor(column) == column
            if name in self._nulls:
                inside &= ~self._nulls[name]
            good[:, place] = inside
            values[:, place] = low  # which a column of an unsigned type may not hold
            values[inside, place] = column[inside]
        if not good.all():
            allowed = f"is an integer {low}..{high}"
            self.checks.check(
                np.asarray(~good.all(axis=1)),
                f"{what}: not an integer {low}..{high}",
                lambda row: self.refuse(row, names[int(np.argmin(good[row]))], allowed),
            )
        return values

    def numbers(self, name: str, low: float, high: float) -> npt.NDArray[np.float64]:
        """A column as finite numbers float64[rows]; bad ones are refused or become ``low``."""
        column = self._numeric(name, f"numbers {low:g}..{high:g}")
        bad = ~((column >= low) & (column <= high))
        if name in self._nulls:
            bad |= self._nulls[name]
        allowed = f"is a number {low:g}..{high:g}"
        self.checks.check(
            bad, f"{name}: {allowed[3:]}", lambda row: self.refuse(row, name, allowed)
        )
        return np.where(bad, low, column).astype(np.float64)

    def words(self, name: str, meaning: Mapping[bytes, int]) -> Array:
        """A column translated by ``meaning``, int8[rows]; unknown words and nulls give -1."""
        column = self._columns[name]
        values = np.full(self.rows, -1, dtype=np.int8)
        for word, value in meaning.items():
            if column.dtype.kind == "S":
                values[column == word] = value
            elif word.isdigit():
                values[column == int(word)] = value
        if name in self._nulls:
            values[self._nulls[name]] = -1
        return values

    def _numeric(self, name: str, allowed: str) -> Array:
        column = self._columns[name]
        if column.dtype.kind not in "iufb":
            raise BadInput(f"{self._where(0, name)}: found text, allowed are {allowed}")
        return column
