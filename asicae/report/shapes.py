"""What is left of the look of showers, by regime: a picture and a table a set of events."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asicae.comparison.record import EVERY, ComparedPoint, RegimeShape
from asicae.comparison.verdict import regime_words
from asicae.report.algorithm_figures import Series, in_order, is_reference, look_of
from asicae.report.figures import INK, MUTED, STYLE, WIDTH_INCHES, svg
from asicae.report.run_data import Panel, TextTable

REMARK: Final = (
    "In each cell: share of events in which the cell with the largest decoded charge is one with "
    "the largest true charge; decoded over true charge of the truly hottest cell; mean distance of "
    "the decoded from the true mean position (adjacent cell = 2); decoded less true root mean "
    "square distance from that position; mean EMD weighted by the charge of the module."
)
SHOWN: Final = (EVERY, "occupancy")
"""Breakdowns in the table."""
_HEIGHT: Final = 4.4


@dataclass(frozen=True)
class _Measure:
    """What a panel shows: a field of ``RegimeShape``, and its value with nothing lost."""

    title: str
    field: str
    ideal: float


MEASURES: Final = (
    _Measure("hottest cell: share found", "hottest_found", 1.0),
    _Measure("hottest cell: decoded / true", "response_hottest", 1.0),
    _Measure("distance of the centroids (cells: 2)", "centroid", 0.0),
    _Measure("width: decoded - true", "width", 0.0),
)


def shape_panels(sets: Mapping[str, Series], events: Mapping[str, str]) -> Iterator[Panel]:
    """A picture a set that was measured so."""
    for name, series in sets.items():
        if any(point.shapes for many in series.values() for point in many):
            caption = f"{events[name]} Each module counted alike; grey: nothing lost."
            yield Panel(f"Look of the shower, {name}", svg(shape_figure(series)), caption)


def shape_figure(series: Series) -> Figure:
    """Each measure against links, over all events."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_INCHES, _HEIGHT), layout="constrained")
        grid = figure.subplots(2, 2, sharex=True).ravel()
        for axes, measure in zip(grid, MEASURES, strict=True):
            _draw(axes, series, measure)
        for axes in grid[2:]:
            axes.set_xlabel("links of 32 bits per BX")
        handles, labels = grid[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=7.5)
        return figure


def _draw(axes: Axes, series: Series, measure: _Measure) -> None:
    axes.axhline(measure.ideal, color=MUTED, linewidth=1, zorder=0)
    for algorithm in in_order(name for name in series if not is_reference(name)):
        label, colour, marker = look_of(algorithm)
        found = [
            (p.links, getattr(p.shapes[0], measure.field)) for p in series[algorithm] if p.shapes
        ]
        if found:
            links, values = zip(*found, strict=True)
            axes.plot(
                links, values, color=colour, marker=marker, markersize=3.5, linewidth=1.1,
                label=label,
            )  # fmt: skip
            axes.set_xticks(links)
    axes.set_title(measure.title, fontsize=8, color=INK)


def shape_tables(sets: Mapping[str, Series]) -> list[TextTable]:
    """A table a set that was measured so: regime and links, all figures of an algorithm in a cell.

    Regimes are those by occupancy; those by class stand in the record.
    """
    found = []
    for name, series in sets.items():
        algorithms = in_order(name for name in series if not is_reference(name))
        points = [point for name in algorithms for point in series[name]]
        rows = list(_rows(points, algorithms))
        if rows:
            columns = [f"look of the shower, {name}", "events", "links"]
            columns += [look_of(algorithm)[0] for algorithm in algorithms]
            folded = f"Look of the shower, {name}, as a table"
            found.append(TextTable(columns, frozenset(columns[1:]), rows, REMARK, folded))
    return found


def _rows(points: Sequence[ComparedPoint], algorithms: Sequence[str]) -> Iterator[list[str]]:
    every = [(each, point) for point in points for each in point.shapes]
    regimes = dict.fromkeys(
        (each.breakdown, each.name) for each, _ in every if each.breakdown in SHOWN
    )
    for regime in regimes:
        here = [(each, p) for each, p in every if (each.breakdown, each.name) == regime]
        for links in sorted({point.links for _, point in here}):
            cells = {p.algorithm: _cell(each) for each, p in here if p.links == links}
            words = "all" if regime[0] == EVERY else regime_words(*regime)
            row = [words, f"{here[0][0].events:,}", str(links)]
            yield row + [cells.get(algorithm, "–") for algorithm in algorithms]


def _cell(each: RegimeShape) -> str:
    figures = (
        *(f"{100 * each.hottest_found:.0f} %", f"{each.response_hottest:.2f}"),
        *(f"{each.centroid:.2f}", f"{each.width:+.2f}", f"{each.emd_by_charge:.2f}"),
    )
    return ", ".join(figures)
