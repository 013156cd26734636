"""A scan as a table of text, and as CSV."""

import csv
import io
from collections.abc import Iterator

from asicae.estimation.library_record import AREA_65NM, DELAY_65NM, ENERGY_65NM
from asicae.foundation.printable import printable
from asicae.scan.record import LEVELS, ScanRecord, ScanRow, dynamic_pj

FAST = "estimated by the fast model"
MAX_REASON = 90
"""Characters of a reason on the terminal; the files have all of it."""


def told(record: ScanRecord) -> Iterator[str]:
    """What a scan tells on a terminal: with what, the table, what the figures leave out."""
    how = "fast model, nothing synthesised; " if record.fast else ""
    yield (
        f"{record.network}, {len(record.rows)} points; {record.library}; {how}weights drawn with"
        f" seed {record.seed}, all pre-layout"
    )
    yield from lines(record)
    yield from (f"note: {note}" for note in record.notes)


def lines(record: ScanRecord) -> Iterator[str]:
    """The table for people: bands in brackets, a star for points that no other one beats."""
    head = [*record.axes, *_head(record), ""]
    rows = [
        [*row.choices.values(), *_cells(record, row), "*" if row.pareto else ""]
        for row in record.rows
    ]
    table = [head, *rows]
    # A reason stands in the place of all figures, and takes no part in the widths of columns.
    whole = [row for row in table if len(row) == len(head)]
    widths = [max(len(row[column]) for row in whole) for column in range(len(head))]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        cells[-1] = row[len(cells) - 1]
        yield "  ".join(cells).rstrip()


def _head(record: ScanRecord) -> list[str]:
    emd = ["EMD"] if any(row.distance for row in record.rows) else []
    paths = ["slack ns"]
    if record.at_65nm:
        paths.insert(0, "longest path ns")
    last = [FAST] if record.fast else paths
    first = ["mm2 at 65 nm", "nJ at 65 nm"] if record.at_65nm else ["mm2", "dynamic pJ"]
    return [*first, *last, "latency BX", *emd]


def _cells(record: ScanRecord, row: ScanRow) -> list[str]:
    if row.reason:
        text = printable(row.reason)
        return [f"none: {text if len(text) <= MAX_REASON else text[: MAX_REASON - 3] + '...'}"]
    last = [*_paths(record, row), str(row.latency_bx)]
    if any(other.distance for other in record.rows):
        last.append(f"{row.distance.emd:.3f} ({row.distance.weights})" if row.distance else "")
    if record.at_65nm:
        return [*(_band(row, name) for name in (AREA_65NM, ENERGY_65NM)), *last]
    area = row.number(record.area_key)
    return [_number(None if area is None else area * 1e-6), _number(dynamic_pj(row)), *last]


def _paths(record: ScanRecord, row: ScanRow) -> list[str]:
    """Longest path and slack; of the fast model, which knows no paths, how far off it may be."""
    if row.fast:
        return [f"±{row.fast.area[1]:.0%} mm2, ±{row.fast.energy[1]:.0%} nJ"]
    slack = row.number("timing.slack_ns_65nm")
    if slack is None:
        slack = row.number(f"timing.slack_ns.{record.library_key}")
    return [*([_band(row, DELAY_65NM)] if record.at_65nm else []), _number(slack)]


def _band(row: ScanRow, name: str) -> str:
    band = row.band(name)
    return f"{band[1]:.3g} ({band[0]:.3g} to {band[2]:.3g})" if band else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def csv_text(record: ScanRecord) -> str:
    """All points with every figure that the table shows, unrounded; units in the names."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    bands = [f"{n}.{level}" for n in (AREA_65NM, ENERGY_65NM, DELAY_65NM) for level in LEVELS]
    keys = (
        *(record.area_key, "energy.data_pj", "energy.clock_pj", "energy.leakage_pj"),
        *("energy.statistical_error_pj", f"timing.slack_ns.{record.library_key}"),
        "timing.slack_ns_65nm",
    )
    errors = ("fast_model.area_error", "fast_model.energy_error")
    beside = ("built", "latency_bx", "emd", "emd.weights", *errors, "pareto", "reason")
    writer.writerow([*record.axes, *keys, *bands, *beside])
    for row in record.rows:
        own = [row.figures.get(key, "") for key in keys]
        scaled = [
            value
            for name in (AREA_65NM, ENERGY_65NM, DELAY_65NM)
            for value in (row.band(name) or ("", "", ""))
        ]
        distance = row.distance
        writer.writerow(
            [
                *(*row.choices.values(), *own, *scaled, row.built),
                "" if row.latency_bx is None else row.latency_bx,
                *((distance.emd, distance.weights) if distance else ("", "")),
                *((row.fast.area[1], row.fast.energy[1]) if row.fast else ("", "")),
                *(int(row.pareto), row.reason),
            ]
        )
    return stream.getvalue()
