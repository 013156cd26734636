"""Section of the blocks that were placed and routed: pictures, and what they take in wire."""

import base64
from pathlib import Path

from markupsafe import escape

from asicae.estimation.record import ESTIMATE_FILE, EstimateRecord
from asicae.foundation.files import read_bytes
from asicae.layout.record import LAYOUT_FILE, LAYOUT_FOLDER, PICTURE_FILE, LayoutRecord
from asicae.report.run_data import Panel, Run, Section, TextTable

MAX_PICTURE_BYTES = 32 << 20
COLUMNS = (
    *("block", "cells", "die µm²", "filled", "wire mm", "µm of wire a pin", "vias"),
    *("mended", "library"),
)
REMARK = (
    "Placed with graywolf, routed with qrouter on {layers}. The metal of each net is one piece "
    "that has all of its pins and touches nothing else, proven by geometry; mended: gaps closed "
    "and vias swapped for that. No power grid, no clock tree, no filling; not checked against "
    "design rules (DRC), transistors not compared (LVS): a block to measure, not one to "
    "manufacture.{assumed}"
)


def layout_section(run: Run) -> Section:
    """Blocks of the run by name; empty where none was laid out."""
    folder = run.folder / LAYOUT_FOLDER
    records = {path.parent: LayoutRecord.load(path) for path in folder.glob(f"*/{LAYOUT_FILE}")}
    found = sorted(records.items())
    panels = [
        Panel(record.block, _picture(path / PICTURE_FILE, record.title), record.title, wide=True)
        for path, record in found
    ]
    if not found:
        return Section("A routed block", [])
    layers = found[-1][1].layers
    remark = REMARK.format(layers=f"{layers[0]} to {layers[-1]}", assumed=_assumed(run))
    rows = [_row(record) for _, record in found]
    numbers = frozenset(COLUMNS) - {"block", "library"}
    return Section("A routed block", panels, [TextTable(COLUMNS, numbers, rows, remark)])


def _picture(path: Path, text: str) -> str:
    """A PNG as an element of the page."""
    data = base64.b64encode(read_bytes(path, MAX_PICTURE_BYTES)).decode()
    return f'<img alt="{escape(text)}" src="data:image/png;base64,{data}">'


def _row(record: LayoutRecord) -> list[str]:
    return [
        record.block,
        f"{record.cells:,}",
        f"{record.die_um[0] * record.die_um[1]:,.0f}",
        f"{100 * record.utilisation:.0f} %",
        f"{record.wire_um / 1000:.2f}",
        f"{record.wire_um_per_pin:.2f}",
        f"{record.vias:,}",
        f"{record.closed_gaps + record.swapped_vias:,}",
        record.library.key,
    ]


def _assumed(run: Run) -> str:
    """What the estimate takes for a wire, where there is one."""
    path = run.folder / ESTIMATE_FILE
    if not path.is_file():
        return ""
    conditions = EstimateRecord.load(path).conditions
    took = f"{conditions.wire_ff:.2f} fF of wire for every pin ({conditions.wire_source})"
    return f" The estimate takes {took}."
