"""The history of a training, epoch by epoch, and its file; no TensorFlow here."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_text, write_text
from asicae.foundation.validation import short

HISTORY_FILE: Final = "train/history.csv"
"""Histories of all weight sets of a run, in its folder."""
SET: Final = "set"


def history_of(name: str) -> str:
    """Where the history of one weight set lies in the folder of a run, also while it trains."""
    return f"train/{name}.csv"


@dataclass(frozen=True)
class Epoch:
    """One row of the history; losses are means per event (sinkhorn: half trigger-cell pitches).

    ``dead`` is 1 where all latents were constant over the validation events, else 0.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    learning_rate: float
    seconds: float
    dead: int = 0

    @classmethod
    def of(cls, values: Sequence[str] | Sequence[float]) -> "Epoch":
        """A row from the values of ``COLUMNS``, numbers or their texts.

        Raises:
            ValueError: another number of values, one that is none that may be there.
        """
        epoch, training, validation, rate, seconds, dead = values
        if int(dead) not in (0, 1):
            raise ValueError(dead)
        losses = float(training), float(validation)
        return cls(int(epoch), *losses, float(rate), float(seconds), int(dead))


COLUMNS: Final = tuple(field.name for field in fields(Epoch))


def write_history(path: Path, sets: Mapping[str, Sequence[Epoch]]) -> Path:
    """Write the histories of weight sets by name as CSV: first column ``set``, then ``COLUMNS``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((SET, *COLUMNS))
    for name, history in sets.items():
        for row in history:
            writer.writerow((name, *(getattr(row, column) for column in COLUMNS)))
    return write_text(path, text.getvalue())


def read_history(path: Path) -> dict[str, list[Epoch]]:
    """Read what ``write_history`` wrote; a set without an epoch has no row and is not there.

    Raises:
        BadInput: missing or unreadable file, other columns, a value that is no number.
    """
    text = io.StringIO(read_text(path))
    try:
        header, *rows = [*csv.reader(text)] or [[]]
    except csv.Error as error:
        raise BadInput(f"{path}: not valid CSV ({error})") from None
    if header != [SET, *COLUMNS]:
        raise BadInput(f"{path}: columns {short(header)}, allowed are {SET}, {', '.join(COLUMNS)}")
    found: dict[str, list[Epoch]] = {}
    for number, row in enumerate(rows, 1):
        try:
            name, *values = row
            found.setdefault(name, []).append(Epoch.of(values))
        except ValueError:
            raise BadInput(
                f"{path}: row {number}: found {short(row)}, allowed are numbers"
            ) from None
    return found
