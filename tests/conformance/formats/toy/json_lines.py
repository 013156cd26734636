"""A toy format: a line of JSON with the order of the cells and the source, then one a module."""

import json
from pathlib import Path

import numpy as np

from asicae.foundation.errors import BadInput
from asicae.module.geometry import reorder
from asicae.readout.format import Format
from asicae.readout.parsing.foreign import guarded
from asicae.readout.part import Part
from asicae.readout.readouts import ARRAYS, Readouts

ORDER = "simulation"
ROWS = 100


def _read(path, options, rejected):
    with guarded(path, "JSON lines", path.open, "rb") as stream:
        head = guarded(path, "JSON lines", lambda: json.loads(stream.readline()))
        order = guarded(path, "JSON lines", lambda: head["cell_order"])
        if options.order not in (None, order):
            raise BadInput(
                f"{path}: records cell order {order!r}, but {options.order!r} was asked for"
            )
        while lines := [line for _, line in zip(range(ROWS), stream, strict=False)]:
            yield Part(guarded(path, "JSON lines", _modules, lines, order, head["source"]))


def _modules(lines, order, source):
    rows = [json.loads(line) for line in lines]
    columns = {name: np.array([row[name] for row in rows]) for name in ARRAYS}
    calq = reorder(columns.pop("calq"), order, "ae")
    return Readouts.of_columns(calq, columns, source)


class _Writer:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[str] = []

    def add(self, readouts):
        columns = {name: getattr(readouts, name) for name in ARRAYS}
        columns["calq"] = reorder(readouts.calq, "ae", ORDER)
        for row in range(len(readouts)):
            self._lines.append(
                json.dumps({k: column[row].tolist() for k, column in columns.items()})
            )

    def finish(self, source):
        head = json.dumps({"cell_order": ORDER, "source": source})
        self._path.write_text("\n".join([head, *self._lines, ""]))

    def close(self):
        self._lines.clear()


FORMAT = Format(
    endings=(".jsonl",),
    read=_read,
    understands=frozenset({"order"}),
    writers={".jsonl": _Writer},
)
