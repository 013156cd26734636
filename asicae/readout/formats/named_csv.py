"""CSV files with named columns, one module a row (columns: ``module_table``)."""

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from asicae.foundation import files
from asicae.foundation.errors import BadInput
from asicae.module.geometry import reorder
from asicae.readout.formats.csv_record import read_record, record_of
from asicae.readout.options import Options
from asicae.readout.parsing.module_table import (
    OPTIONAL,
    PLACE_COLUMNS,
    REQUIRED,
    missing_column,
    module_words,
    modules,
)
from asicae.readout.parsing.recorded import agreed_order
from asicae.readout.parsing.text_file import TextFile
from asicae.readout.parsing.text_table import Layout, parsed
from asicae.readout.part import Part
from asicae.readout.readouts import Readouts
from asicae.readout.rejected import Rejected

HEADER: Final = ",".join(("entry", *REQUIRED, "eta", "pileup"))
WORDS: Final = frozenset({"HD_LD", "ModType"})
NUMBERS: Final = frozenset({"SimEnergyTotal", "eta", "SimEnergyFraction", "EventSimEnergy"})


def read_named_csv(text: TextFile, options: Options, rejected: Rejected) -> Iterator[Part]:
    """Modules of a CSV file with named columns; cells are in simulation order unless told.

    What stands in the record beside the file must agree.

    Raises:
        BadInput: naming file, row (the header is row 1), column, what was found and is allowed.
    """
    names = header_names(text)
    missing = missing_column(names, options)
    if missing is not None:
        shown = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        raise BadInput(
            f"{text.path}: row 1: column {missing!r} is missing, found {shown!r}; allowed is a"
            f" header that names {', '.join(('SimEnergyTotal', *PLACE_COLUMNS))}"
            " and CALQ_0..CALQ_47"
        )
    recorded = read_record(text.path)
    order = agreed_order(record_of(text.path), recorded, options.order)
    source = recorded.source or text.path.name
    columns = columns_of(text, names)
    layout = Layout(len(columns), _wanted(columns, options), NUMBERS, WORDS)
    row = 2
    for block in text.blocks(with_first=False):
        table = parsed(text.path, block, layout, row, rejected)
        row += block.count(b"\n")
        yield modules(table, order, options, source)


def _wanted(columns: dict[str, int], options: Options) -> dict[str, int]:
    """The columns that are looked at; what stands in others is nobody's business."""
    names = {*REQUIRED, "eta", "pileup"}
    if options.place is not None:
        names -= set(PLACE_COLUMNS)
    if options.signal_fraction:
        names |= {"SimEnergyFraction", "EventSimEnergy"}
    return {name: place for name, place in columns.items() if name in names}


def header_names(text: TextFile) -> list[str]:
    """The names in the first line."""
    line = text.first_line.decode(errors="replace")
    return [name.strip().strip('"') for name in line.split(",")]


def columns_of(text: TextFile, names: list[str]) -> dict[str, int]:
    """Name -> place of the columns.

    Raises:
        BadInput: one of the names that mean something appears twice.
    """
    twice = [name for name in (*REQUIRED, *OPTIONAL) if names.count(name) > 1]
    if twice:
        raise BadInput(f"{text.path}: row 1: column {twice[0]!r} appears twice, allowed is once")
    # Columns without meaning may share a name; they still count as fields of a row.
    return {_unique(name, names, place): place for place, name in enumerate(names)}


def _unique(name: str, names: list[str], place: int) -> str:
    return name if names.index(name) == place else f"{name} ({place})"


class NamedCsvWriter:
    """Writes modules with named columns, CALQ in simulation order; ``.csv`` or ``.csv.gz``."""

    def __init__(self, path: Path, compressed: bool) -> None:
        self._file = path.open("wb")
        self._stream: IO[bytes] | gzip.GzipFile = self._file
        if compressed:
            # Neither name nor time, so that equal readouts give equal bytes.
            self._stream = gzip.GzipFile("", "wb", 6, self._file, 0)
        self._stream.write(f"{HEADER}\n".encode())
        self._entry = 0

    def add(self, readouts: Readouts) -> None:
        """Append modules."""
        self._stream.write(_rows(readouts, self._entry))
        self._entry += len(readouts)

    def finish(self, source: str) -> None:
        """Complete the file; ``source`` has no place in this format."""
        del source
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()
        self._file.close()


def write_named_csv(readouts: Readouts, path: Path) -> Path:
    """Write ``readouts`` with named columns, CALQ in simulation order, atomically."""
    return files.write_bytes(path, f"{HEADER}\n".encode() + _rows(readouts, 0))


def _rows(readouts: Readouts, first: int) -> bytes:
    # Python writes a whole list of integers as text in one call.
    calq = reorder(readouts.calq, "ae", "simulation").tolist()
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
    return "\n".join([*lines, ""]).replace(" ", "").encode()
