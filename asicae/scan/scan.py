"""A grid of chips, estimated point by point or predicted, into a folder and a table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from asicae.chip.design import design_of
from asicae.chip.microarchitectures import label_of
from asicae.estimation.libraries import load
from asicae.estimation.library_record import used_library
from asicae.foundation.errors import BadInput
from asicae.foundation.files import write_bytes, write_text
from asicae.network.description import Network
from asicae.scan.grid import Grid, Point
from asicae.scan.measured import Stimulus
from asicae.scan.picture import picture
from asicae.scan.record import SCAN_FILE, ScanDistance, ScanRecord, ScanRow, with_front
from asicae.scan.table import csv_text
from asicae.scan.work import Outcome
from asicae.scan.workers import outcomes
from asicae.simulation.builds.toolchain import compiler

CSV_FILE: Final = "scan.csv"
PICTURE_FILE: Final = "scan.png"
Distances = Sequence[tuple[Network, ScanDistance]]


def points_of(grid: Grid) -> Sequence[Point]:
    """The points of a grid, of which one at least can be built.

    Raises:
        BadInput: none can; the reason of the first.
    """
    points = grid.points()
    if all(point.chip is None for point in points):
        raise BadInput(f"no point can be built: {points[0].reason}")
    return points


def scan(
    grid: Grid, stimulus: Stimulus, jobs: int | None = None, distances: Distances = ()
) -> ScanRecord:
    """Estimate every point that can be built; the others have a reason.

    Raises:
        BadInput: no point can be built, ``jobs`` is less than one, or an unusable library.
        MissingTool: no library, no pyosys or no C++ compiler.
        CheckFailed: no process can work at all.
    """
    points = points_of(grid)
    compiler()  # of the simulator of glitches: its absence is no reason of a point
    library = used_library(load(stimulus.liberty))
    made = outcomes([point.chip for point in points if point.chip], stimulus, jobs)
    rest = iter(made)
    rows = [estimated_row(point, next(rest) if point.chip else None, distances) for point in points]
    return with_front(
        ScanRecord(
            network=grid.network.name,
            axes={axis.name: axis.values for axis in grid.axes},
            seed=grid.seed,
            events=stimulus.events,
            timed_events=stimulus.timed_events,
            library=library.title,
            library_key=library.key,
            notes=library.notes,
            rows=tuple(rows),
        )
    )


def estimated_row(point: Point, outcome: Outcome | None, distances: Distances) -> ScanRow:
    """The row of a point and what became of it."""
    reason = outcome.reason if outcome else point.reason
    if outcome is None or outcome.record is None:
        return ScanRow(choices=dict(point.choices), built=_label(point), reason=reason)
    return built_row(point, outcome.record.metrics, distances)


def built_row(
    point: Point, figures: Mapping[str, float | int | str], distances: Distances
) -> ScanRow:
    """The row of a point that has figures.

    Raises:
        ValueError: the point has no chip.
    """
    if point.chip is None:
        raise ValueError(point.reason)
    chip = point.chip
    return ScanRow(
        choices=dict(point.choices),
        built=_label(point),
        figures=dict(figures),
        latency_bx=design_of(chip.network, chip.configuration).latency_bx,
        distance=distance_of(chip.network, distances),
    )


def _label(point: Point) -> str:
    return label_of(point.chip.configuration) if point.chip else ""


def distance_of(network: Network, distances: Distances) -> ScanDistance | None:
    """What a run has found for the same description, whatever it is called; the first of them."""
    same = network.model_copy(update={"name": ""})
    for other, distance in distances:
        if other.model_copy(update={"name": ""}) == same:
            return distance
    return None


def write_scan(record: ScanRecord, folder: Path) -> None:
    """Write record, CSV and picture."""
    record.save(folder / SCAN_FILE)
    write_text(folder / CSV_FILE, csv_text(record))
    write_bytes(folder / PICTURE_FILE, picture(record))
