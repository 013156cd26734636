"""Rows of another record of silicon that stand beside those of one."""

from typing import Any

from asicae.campaigns.record import Record
from asicae.campaigns.silicon_pages import AREA, ENERGY
from asicae.campaigns.silicon_row import Row


def rows_beside(found: Record) -> list[Row]:
    """All rows, of their figures those alone that the other page says."""
    listed: Any = found.figures["rows"]
    rows = []
    for row in map(Row.model_validate, listed):
        told = {key: value for key, value in row.figures.items() if key.startswith((AREA, ENERGY))}
        rows.append(row.model_copy(update={"figures": told}))
    return rows
