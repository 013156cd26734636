"""The record beside a CSV file of ours, ``NAME.csv.json``: what the text has no place for."""

import json
from pathlib import Path
from typing import Final

from pydantic import Field

from asicae import __version__
from asicae.foundation import files
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import validated
from asicae.readout.parsing.recorded import Recorded, checked

MAX_BYTES: Final = 16 << 20
ORDER: Final = "simulation"
"""Order of the cells in every CSV file that we write."""


class CsvRecord(Recorded):
    """What a record says, and which file it is the record of.

    Attributes:
        bytes: size of the CSV file (compressed, if it is).
        modules: rows of it.
        asicae: version that wrote it.
    """

    bytes: int = Field(ge=0)
    modules: int = Field(ge=0)
    asicae: str


def record_of(path: Path) -> Path:
    """Where the record of a CSV file stands."""
    return path.with_name(f"{path.name}.json")


def read_record(path: Path) -> Recorded:
    """What is recorded beside a CSV file; nothing if no record of ours stands there.

    Raises:
        BadInput: the record is unreadable, of another version, or of another file.
    """
    beside = record_of(path)
    if not beside.is_file():
        return Recorded()
    try:
        values = json.loads(files.read_bytes(beside, MAX_BYTES).decode())
    except (ValueError, RecursionError):
        raise BadInput(f"{beside}: not JSON, allowed is the record of {path.name}") from None
    if not isinstance(values, dict) or "asicae" not in values:
        return Recorded()
    record = checked(validated(CsvRecord, values, str(beside)), str(beside))
    size = path.stat().st_size
    if record.bytes != size:
        raise BadInput(
            f"{beside}: is the record of a file of {record.bytes} bytes, found {size} in"
            f" {path.name}; remove the record if the file was changed on purpose"
        )
    return record


def write_record(path: Path, source: str, modules: int) -> None:
    """Write the record of a CSV file that is complete, atomically."""
    record = CsvRecord(
        cell_order=ORDER,
        source=source,
        bytes=path.stat().st_size,
        modules=modules,
        asicae=__version__,
    )
    files.write_json(record_of(path), record.model_dump())
