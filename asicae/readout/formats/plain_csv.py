"""CSV files without a header: CALQ in columns 0-47, pseudorapidity and azimuth in 55 and 56.

Source: the loader of github.com/fastml-science (sensor-data-compression); it drops the first row,
which is data, and so do readers that take it for a header. Columns 48-54 and 56 are not used.
The files do not say which module a row comes from.
"""

from collections.abc import Iterator
from typing import Final

from asicae.foundation.errors import BadInput
from asicae.module.codes import CALQ_MAX
from asicae.module.geometry import N_CELLS, reorder
from asicae.readout.options import Options, Place
from asicae.readout.parsing.array_table import ArrayTable
from asicae.readout.parsing.module_table import placed, required_place, unknown
from asicae.readout.parsing.recorded import USUAL_ORDER
from asicae.readout.parsing.text_file import TextFile, text_format
from asicae.readout.parsing.text_table import Layout, header_names, parsed
from asicae.readout.part import Part
from asicae.readout.readouts import Readouts
from asicae.readout.rejected import Rejected

ETA_COLUMN: Final = 55
_CALQ: Final = {f"{place} (CALQ_{place})": place for place in range(N_CELLS)}
_ETA: Final = {f"{ETA_COLUMN} (tc_eta)": ETA_COLUMN}


def _read(text: TextFile, options: Options, rejected: Rejected) -> Iterator[Part]:
    """Modules of a CSV file without a header; cells are in simulation order unless told.

    ``options`` must have a place.
    """
    width = text.first_line.count(b",") + 1
    if width != N_CELLS and width <= ETA_COLUMN:
        raise BadInput(
            f"{text.path}: row 1: found {width} fields, allowed are 48 (CALQ) or 57 and more"
            f" (CALQ in 0-47, tc_eta in {ETA_COLUMN})"
        )
    place = required_place(text.path, options)
    layout = Layout(width, _CALQ | (_ETA if width > ETA_COLUMN else {}), numbers=_ETA)
    row = 1
    for block in text.blocks(with_first=True):
        table = parsed(text.path, block, layout, row, rejected)
        row += block.count(b"\n")
        part = Part(_modules(table, place, options.order or USUAL_ORDER, text.path.name))
        yield part.select(table.checks.keep)


def _modules(table: ArrayTable, place: Place, order: str, source: str) -> Readouts:
    columns = placed(place, table.rows)
    columns |= unknown(columns)
    calq = table.integers(tuple(_CALQ), "CALQ", 0, CALQ_MAX)
    for name in filter(table.has, _ETA):
        columns["eta"] = table.numbers(name, -10.0, 10.0)
    return Readouts.of_columns(reorder(calq, order, "ae"), columns, source)


def _claims(text: TextFile) -> bool:
    """Numbers only at the beginning of the first line mean no header."""
    fields = header_names(text)
    return len(fields) > 1 and all(map(_is_number, fields[:2]))


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


FORMAT: Final = text_format(_read, {"order", "place"}, claims=_claims)
