"""What cannot be used in an input: refused with its place, or left out and counted by reason."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput, MissingTool

PARTIAL: Final = "partial module"
"""The reason that is counted for modules that are no full hexagons."""

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]


@dataclass
class Rejected:
    """Modules and files that were left out.

    Attributes:
        skip: leave bad modules and unreadable files out and count them, instead of refusing.
        skip_partial: the same for modules that are not full hexagons, which are no error as such.
        counts: reason -> modules (or files) left out.
        files: what is wrong with each file that was left out or holds nothing.
    """

    skip: bool = False
    skip_partial: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    files: list[str] = field(default_factory=list)

    def file(self, error: BadInput) -> None:
        """Count a file whose rest cannot be read, or refuse it.

        Raises:
            BadInput: ``error``, unless bad input is skipped; a missing tool is never the file's.
        """
        if not self.skip or isinstance(error, MissingTool):
            raise error
        self.counts["unreadable file"] += 1
        self.files.append(str(error))

    def empty(self, path: Path) -> None:
        """Count a file that is whole but holds no modules, such as a job's that found none."""
        self.counts["file without modules"] += 1
        self.files.append(f"{path}: holds no modules, allowed is one or more")

    def lines(self) -> list[str]:
        """What was left out, a line each."""
        counted = [f"{count} x {reason}" for reason, count in sorted(self.counts.items())]
        return [f"left out: {line}" for line in (*counted, *self.files)]


class RowChecks:
    """Checks of a block of rows: the first bad row is refused, or all bad rows are left out.

    Attributes:
        keep: bool[rows], rows without a failed check so far.
    """

    def __init__(self, rejected: Rejected, rows: int) -> None:
        self.rejected = rejected
        self.keep: Mask = np.ones(rows, dtype=np.bool_)

    def check(
        self, bad: Array, reason: str, error: Callable[[int], BadInput], skip: bool | None = None
    ) -> None:
        """Refuse or leave out the rows where ``bad``; each is counted with its first reason.

        Args:
            bad: bool[rows].
            reason: what is wrong, the same words for every row, as it is counted.
            error: makes the error of one row.
            skip: whether to leave out, by default what was chosen for bad input.

        Raises:
            BadInput: of the first bad row, unless bad rows are skipped.
        """
        bad = bad & self.keep
        if not bad.any():
            return
        if not (self.rejected.skip if skip is None else skip):
            raise error(int(np.argmax(bad)))
        self.rejected.counts[reason] += int(bad.sum())
        self.keep &= ~bad
