"""Parquet files with the named columns of ``module_table``; ours record order and source.

``event`` stands in files in which one is known.
"""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from asicae.foundation.errors import BadInput
from asicae.foundation.temporaries import companion
from asicae.foundation.validation import one_line
from asicae.module.geometry import reorder
from asicae.readout.format import Format
from asicae.readout.options import Options
from asicae.readout.parsing.array_table import ArrayTable
from asicae.readout.parsing.foreign import first_bytes, guarded, guarded_items, imported
from asicae.readout.parsing.module_table import (
    CALQ_COLUMNS,
    OPTIONAL,
    REQUIRED,
    missing_column,
    module_words,
    modules,
)
from asicae.readout.parsing.recorded import USUAL_ORDER, Recorded, agreed_order
from asicae.readout.part import Part
from asicae.readout.readouts import Readouts
from asicae.readout.rejected import Rejected

BATCH_ROWS: Final = 32768
_MAGIC: Final = b"PAR1"
_METADATA: Final = b"asicae"
_EVENT: Final = "event"


def _read(path: Path, options: Options, rejected: Rejected) -> Iterator[Part]:
    """Modules of a Parquet file; cells are in the recorded order, else simulation order."""
    parquet = imported("pyarrow.parquet")
    _check_magic(path)
    # Columns are read a page (usually 1 MB) at a time instead of a row group, which is unbounded.
    opened = partial(parquet.ParquetFile, path, buffer_size=1 << 20, pre_buffer=False)
    file = guarded(path, "Parquet", opened)
    with file:
        names = list(file.schema_arrow.names)
        missing = missing_column(path, names, options)
        if missing is not None:
            raise BadInput(
                f"{path}: column {missing!r} is missing, found {one_line(', '.join(names[:4]), 60)}"
            )
        recorded = Recorded.parse((file.metadata.metadata or {}).get(_METADATA), path)
        order = agreed_order(path, recorded, options.order)
        wanted = [name for name in (*REQUIRED, *OPTIONAL) if name in names]
        batches = file.iter_batches(BATCH_ROWS, columns=wanted)
        first = 1
        for batch in guarded_items(path, "Parquet", batches):
            table = _table(path, batch, first, rejected)
            first += table.rows
            yield modules(table, order, options, recorded.source or path.name)


def _check_magic(path: Path) -> None:
    magic = first_bytes(path, 4)
    if magic != _MAGIC:
        raise BadInput(f"{path}: not a Parquet file, found first bytes {magic!r}, allowed is PAR1")


def _table(path: Path, batch: Any, first: int, rejected: Rejected) -> ArrayTable:
    columns, nulls = {}, {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if column.null_count:
            nulls[name] = np.asarray(column.is_null())
        columns[name] = guarded(path, "Parquet", _array, column)
        if columns[name].ndim != 1 or columns[name].dtype.kind not in "iufbS":
            raise BadInput(
                f"{path}: column {name!r}: found type {column.type}, allowed are numbers and text"
            )
    return ArrayTable(
        columns,
        batch.num_rows,
        lambda row, name: f"{path}: row {first + row}, column {name!r}",
        rejected,
        nulls,
    )


def _array(column: Any) -> np.ndarray[Any, Any]:
    types = imported("pyarrow.types")
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_string(column.type) or types.is_large_string(column.type):
        texts = column.fill_null("").to_numpy(zero_copy_only=False)
        return np.array([text.encode()[:40] for text in texts.tolist()], dtype="S")
    if column.null_count:
        column = column.fill_null(0)
    return np.asarray(column.to_numpy(zero_copy_only=False))


class ParquetWriter:
    """Writes modules with named columns; order and source stand in the metadata.

    The column ``event`` is written where one is known: where the first of them comes late, the
    row groups before it are written anew with it.
    """

    def __init__(self, path: Path) -> None:
        self._arrow, self._parquet = imported("pyarrow"), imported("pyarrow.parquet")
        self._path = path
        self._open(events=False)

    def _open(self, events: bool) -> None:
        self._events = events
        self._writer: Any = self._parquet.ParquetWriter(self._path, self._schema())

    def add(self, readouts: Readouts) -> None:
        """Append modules as one row group."""
        if not self._events and (readouts.event >= 0).any():
            self._write_with_events()
        calq = reorder(readouts.calq, "ae", USUAL_ORDER)
        values: dict[str, Any] = dict(zip(CALQ_COLUMNS, np.ascontiguousarray(calq.T), strict=True))
        values |= {
            "SimEnergyTotal": readouts.sim_energy,
            "layer": readouts.layer,
            "waferu": readouts.wafer_u,
            "waferv": readouts.wafer_v,
            "HD_LD": np.where(readouts.high_density, "HD", "LD"),
            "ModType": module_words(readouts),
            "eta": readouts.eta,
            "pileup": readouts.pileup,
            _EVENT: readouts.event,
        }
        columns = [self._arrow.array(values[name]) for name in self._schema().names]
        batch = self._arrow.RecordBatch.from_arrays(columns, schema=self._schema())
        self._writer.write_batch(batch)

    def _write_with_events(self) -> None:
        """Give the row groups so far the column that they lack: their events are unknown."""
        self.close()
        before = companion(self._path, "narrow")
        shutil.copyfile(self._path, before)  # the path stays the file that is locked
        self._open(events=True)
        try:
            with self._parquet.ParquetFile(before) as file:
                for group in range(file.num_row_groups):
                    rows = file.read_row_group(group)
                    unknown = self._arrow.array(np.full(rows.num_rows, -1, np.int64))
                    self._writer.write_table(rows.append_column(_EVENT, unknown))
        finally:
            before.unlink()

    def finish(self, source: str) -> None:
        """Complete the file."""
        metadata = Recorded(cell_order=USUAL_ORDER, source=source).text()
        self._writer.add_key_value_metadata({_METADATA.decode(): metadata})
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._writer.close()

    def _schema(self) -> Any:
        arrow = self._arrow
        types = dict.fromkeys(CALQ_COLUMNS, arrow.int32())
        types |= {"SimEnergyTotal": arrow.float32(), "layer": arrow.int16()}
        types |= {"waferu": arrow.int16(), "waferv": arrow.int16(), "HD_LD": arrow.string()}
        types |= {"ModType": arrow.string(), "eta": arrow.float32(), "pileup": arrow.int16()}
        types |= {_EVENT: arrow.int64()} if self._events else {}
        return arrow.schema(list(types.items()))


FORMAT: Final = Format(
    endings=(".parquet",),
    read=_read,
    understands=frozenset({"order", "place", "signal_fraction"}),
    writers={".parquet": ParquetWriter},
)
