"""CSV files with named columns, one module a row (columns: ``module_table``).

``event`` stands in files in which one is known.

The text has no place for the order of the cells and the source; the record beside a file of ours,
``NAME.csv.json``, says them.
"""

import gzip
import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from pydantic import Field

from asicae import __version__
from asicae.foundation import files
from asicae.foundation.errors import BadInput
from asicae.foundation.json_text import parse_json
from asicae.foundation.temporaries import companion
from asicae.foundation.validation import one_line, validated
from asicae.module.geometry import reorder
from asicae.readout.format import Beside
from asicae.readout.options import Options
from asicae.readout.parsing.module_table import (
    CALQ_COLUMNS,
    COPIED,
    OPTIONAL,
    PLACE_COLUMNS,
    REQUIRED,
    missing_column,
    module_words,
    modules,
)
from asicae.readout.parsing.recorded import USUAL_ORDER, Recorded, agreed_order, checked
from asicae.readout.parsing.text_file import COMPRESSED, PLAIN, TextFile, text_format
from asicae.readout.parsing.text_table import Layout, columns_of, header_names, parsed
from asicae.readout.part import Part
from asicae.readout.readouts import Readouts
from asicae.readout.rejected import Rejected

HEADER: Final = ",".join(
    ("entry", *CALQ_COLUMNS, "SimEnergyTotal", *PLACE_COLUMNS, "eta", "pileup")
)
_MAX_RECORD_BYTES: Final = 16 << 20
WORDS: Final = frozenset({"HD_LD", "ModType"})
NUMBERS: Final = frozenset({"SimEnergyTotal", "eta", "SimEnergyFraction", "EventSimEnergy"})


def _read(text: TextFile, options: Options, rejected: Rejected) -> Iterator[Part]:
    """Modules of a CSV file with named columns; cells are in simulation order unless told.

    What stands in the record beside the file must agree.
    """
    names = header_names(text)
    missing = missing_column(text.path, names, options)
    if missing is not None:
        shown = one_line(", ".join(names[:4]), 60) + (", ..." if len(names) > 4 else "")
        raise BadInput(
            f"{text.path}: row 1: column {missing!r} is missing, found {shown!r}; allowed is a"
            f" header that names {', '.join(PLACE_COLUMNS)}"
            " and CALQ_0..CALQ_47"
        )
    recorded = _read_record(text.path)
    order = agreed_order(record_of(text.path), recorded, options.order)
    source = recorded.source or text.path.name
    columns = columns_of(text, (*REQUIRED, *OPTIONAL))
    layout = Layout(len(columns), _wanted(columns, options), NUMBERS, WORDS)
    row = 2
    for block in text.blocks(with_first=False):
        table = parsed(text.path, block, layout, row, rejected)
        row += block.count(b"\n")
        yield modules(table, order, options, source)


def _wanted(columns: dict[str, int], options: Options) -> dict[str, int]:
    """The columns that are looked at; what stands in others is nobody's business."""
    names = {*REQUIRED, *COPIED}
    if options.place is not None:
        names -= set(PLACE_COLUMNS)
    if options.signal_fraction:
        names |= {"SimEnergyFraction", "EventSimEnergy"}
    return {name: place for name, place in columns.items() if name in names}


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


def _read_record(path: Path) -> Recorded:
    """What is recorded beside a CSV file; nothing if no record of ours stands there.

    Raises:
        BadInput: the record is unreadable, of another version, or of another file.
    """
    beside = record_of(path)
    if not beside.is_file():
        return Recorded()
    values = parse_json(files.read_bytes(beside, _MAX_RECORD_BYTES), str(beside))
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


def _is_record(path: Path) -> bool:
    try:
        values = parse_json(files.read_bytes(path, _MAX_RECORD_BYTES), str(path))
        return bool(validated(CsvRecord, values, str(path)))
    except BadInput:
        return False


def _write_record(path: Path, whole: Path, source: str, modules: int) -> None:
    """Write the record of the CSV file ``path``, whose content is ``whole``, atomically."""
    record = CsvRecord(
        cell_order=USUAL_ORDER,
        source=source,
        bytes=whole.stat().st_size,
        modules=modules,
        asicae=__version__,
    )
    files.write_json(record_of(path), record.model_dump())


class NamedCsvWriter:
    """Writes modules with named columns, CALQ in simulation order; ``.csv`` or ``.csv.gz``.

    The column ``event`` is written where one is known: where the first of them comes late, the
    rows before it are written anew with it.
    """

    def __init__(self, path: Path, compressed: bool = False) -> None:
        self._path, self._compressed = path, compressed
        self._events = False
        self._entry = 0
        self._open()

    def _open(self) -> None:
        self._file = self._path.open("wb")
        self._stream: IO[bytes] | gzip.GzipFile = self._file
        if self._compressed:
            # Neither name nor time, so that equal readouts give equal bytes.
            self._stream = gzip.GzipFile("", "wb", 6, self._file, 0)
        self._stream.write(f"{HEADER}{',event' if self._events else ''}\n".encode())

    def add(self, readouts: Readouts) -> None:
        """Append modules."""
        if not self._events and (readouts.event >= 0).any():
            self._write_with_events()
        self._stream.write(_rows(readouts, self._entry, self._events))
        self._entry += len(readouts)

    def _write_with_events(self) -> None:
        """Give the rows so far the column that they lack: their events are unknown."""
        self.close()
        before = companion(self._path, "narrow")
        shutil.copyfile(self._path, before)  # the path stays the file that is locked
        self._events = True
        self._open()
        try:
            with gzip.open(before) if self._compressed else before.open("rb") as rows:
                next(rows)  # the header, which is written already
                for row in rows:
                    self._stream.write(row[:-1] + b",-1\n")
        finally:
            before.unlink()

    def finish(self, source: str) -> None:
        """Complete the file; ``source`` has no place in this format."""
        del source
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()
        self._file.close()


def _rows(readouts: Readouts, first: int, events: bool) -> bytes:
    # Python writes a whole list of integers as text in one call.
    calq = reorder(readouts.calq, "ae", USUAL_ORDER).tolist()
    columns: Mapping[str, list[Any]] = {
        "energy": readouts.sim_energy.tolist(),
        "layer": readouts.layer.tolist(),
        "u": readouts.wafer_u.tolist(),
        "v": readouts.wafer_v.tolist(),
        "density": np.where(readouts.high_density, "HD", "LD").tolist(),
        "module": module_words(readouts).tolist(),
        "eta": readouts.eta.tolist(),
        "pileup": readouts.pileup.tolist(),
    }
    lines = [
        f"{entry},{str(cells)[1:-1]},{energy:.9g},{layer},{u},{v},{density},{module},{eta:.9g},{pu}"
        for entry, (cells, energy, layer, u, v, density, module, eta, pu) in enumerate(
            zip(calq, *columns.values(), strict=True), start=first
        )
    ]
    if events:
        numbers = readouts.event.tolist()
        lines = [f"{line},{number}" for line, number in zip(lines, numbers, strict=True)]
    return "\n".join([*lines, ""]).replace(" ", "").encode()


FORMAT: Final = text_format(
    _read,
    {"order", "place", "signal_fraction"},
    writers={PLAIN: NamedCsvWriter, COMPRESSED: partial(NamedCsvWriter, compressed=True)},
    beside=Beside(record_of, _write_record, _is_record),
)
