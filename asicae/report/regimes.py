"""Distances by regime: pictures and tables from the record of a comparison."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asicae.comparison.record import ComparisonRecord, RegimeDistance
from asicae.comparison.verdict import (
    LEADING,
    Key,
    distance_behind,
    distance_in,
    nearest,
    rated_label,
    regime_words,
    regimes_in,
)
from asicae.report.algorithm_figures import Series, in_order, is_reference, look_of
from asicae.report.figures import INK, STYLE, WIDTH_INCHES, plain_decades, svg
from asicae.report.run_data import Panel, TextTable

TITLES: Final = {
    "occupancy": "by cells above the lowest code",
    "class": "by class of the module",
    "layer": "by layer",
    "eta": "by pseudorapidity",
    "pileup": "by pileup",
}
REMARK: Final = (
    "EMD: mean over the events of the regime ± half its 68 % band (events drawn again with "
    "replacement). The class of a module is its number of trigger links in the public map. "
    "Decoding and settings are those chosen for the whole set. Nearest: of the algorithms of fixed "
    "rate, with all whose bands overlap; one of variable rate fits N links in the mean over the "
    "set only, and busy modules take more than that, quiet ones less. Behind the chip's buffer it "
    "has a threshold for each class, and the events of a class come one after the other. "
)
OLD: Final = "Compared before there were regimes: `asicae evaluate RUN` measures them."
_NARROW, _WIDE = 2, 6
"""Panels a row of a picture, and of one with a row of the page of its own."""
_ROW_HEIGHT: Final = 1.75
_LEGEND_HEIGHT: Final = 0.85
# Inches: solving for the layout of so many axes takes longer than drawing them.
_LEFT, _RIGHT, _TOP, _BETWEEN, _GAP = 0.82, 0.08, 0.28, 0.5, 0.12
_FLOOR: Final = 1e-3  # of the axis: a lossless code has no logarithm


def regime_panels(sets: Mapping[str, Series], events: Mapping[str, str]) -> Iterator[Panel]:
    """A picture a set and leading breakdown: distance by links in every regime."""
    for name, series in sets.items():
        every = [point for many in series.values() for point in many]
        for breakdown, keys in groupby(regimes_in(every), lambda key: key[0]):
            regimes = list(keys)
            if breakdown not in LEADING or (breakdown == "class" and len(regimes) == 1):
                continue  # of one class the modules are all of it
            wide = len(regimes) > _NARROW * _NARROW
            figure = regime_figure(series, regimes, _WIDE if wide else _NARROW)
            title = f"Distance {TITLES.get(breakdown, breakdown)}, {name}"
            caption = (
                f"{events[name]} Bars: 68 % band; values below {_FLOOR:g} stand at {_FLOOR:g}."
            )
            yield Panel(title, svg(figure), caption, wide)


def regime_figure(series: Series, regimes: Sequence[Key], columns: int = _NARROW) -> Figure:
    """Mean EMD with its band against links, one panel a regime, on common axes."""
    rows = -(-len(regimes) // columns)
    with mpl.rc_context(STYLE):
        legend = _LEGEND_HEIGHT + 0.15 * (len(series) > columns)
        height = _ROW_HEIGHT * rows + legend
        width = WIDTH_INCHES * columns / _NARROW
        figure = Figure(figsize=(width, height))
        figure.subplots_adjust(
            left=_LEFT / width,
            right=1 - _RIGHT / width,
            top=1 - _TOP / height,
            bottom=legend / height,
            wspace=_GAP * columns / (width - _LEFT - _RIGHT - _GAP * (columns - 1)),
            hspace=_BETWEEN * rows / (height - legend - _TOP - _BETWEEN * (rows - 1)),
        )
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes, regime in zip(grid, regimes, strict=False):
            _draw(axes, series, regime)
        for axes in grid[len(regimes) :]:
            axes.set_axis_off()
        grid[0].set(yscale="log")
        plain_decades(grid[0])
        for axes in grid[: len(regimes)][-columns:]:  # the lowest of each column
            axes.set_xlabel("links of 32 bits per BX")
            axes.tick_params(labelbottom=True)
        figure.supylabel("mean EMD (adjacent cell = 2)", x=0.06 / width, fontsize=9, color=INK)
        handles, labels = grid[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=columns, fontsize=7.5)
        return figure


def _draw(axes: Axes, series: Series, regime: Key) -> None:
    events = 0
    for algorithm in in_order(name for name in series if not is_reference(name)):
        label, colour, marker = look_of(algorithm)
        found = [(p.links, d) for p in series[algorithm] if (d := distance_in(p, regime))]
        if not found:
            continue
        events = found[0][1].events
        links = [count for count, _ in found]
        means = [max(d.emd, _FLOOR) for _, d in found]
        below = [
            mean - max(min(d.low, mean), _FLOOR) for mean, (_, d) in zip(means, found, strict=True)
        ]
        above = [max(d.high, mean) - mean for mean, (_, d) in zip(means, found, strict=True)]
        axes.errorbar(
            links, means, [below, above], color=colour, marker=marker, markersize=3.5,
            linewidth=1.1, label=label,
        )  # fmt: skip
        axes.set_xticks(links)
    axes.set_title(f"{regime_words(*regime)} ({events:,} events)", fontsize=8)


def regime_tables(
    record: ComparisonRecord, sets: Mapping[str, Series], names: Mapping[str, str]
) -> list[TextTable]:
    """The tables of each set that has regimes.

    Args:
        record: of the comparison.
        sets: points by what people call the set.
        names: what people call a set, by its name.
    """
    found: list[TextTable] = []
    for about in record.sets:
        shown = names[about.name]
        omitted = "; ".join(f"{what}: {why}" for what, why in about.omitted.items())
        remark = REMARK + (f"Left out, {shown}: {omitted}." if omitted else "")
        found += _tables(sets[shown], shown, remark)
    return found


def _tables(series: Series, shown: str, remark: str) -> Iterator[TextTable]:
    """A table a breakdown; long and later ones are folded, the first says what all of them mean."""
    every = [point for name in _compared(series) for point in series[name]]
    for breakdown, keys in groupby(regimes_in(every), lambda key: key[0]):
        regimes = list(keys)
        title = f"Distance {TITLES.get(breakdown, breakdown)}, {shown}, as a table"
        is_open = breakdown in LEADING and len(regimes) <= _NARROW * _NARROW
        folded = "" if is_open else title
        yield _table(series, regimes, f"regime, {shown}", remark, folded)
        remark = ""


def _compared(series: Series) -> list[str]:
    return in_order(name for name in series if not is_reference(name))


def _table(
    series: Series, regimes: Sequence[Key], heading: str, remark: str, folded: str
) -> TextTable:
    algorithms = _compared(series)
    every = [point for name in algorithms for point in series[name]]
    behind = [name for name in algorithms if any(point.buffered for point in series[name])]
    rows = []
    for regime in regimes:
        for best in nearest(every, regime):
            points = {p.algorithm: p for p in every if p.links == best.links}
            rows.append(
                [
                    *(regime_words(*regime), f"{best.distance.events:,}", str(best.links)),
                    *(_cell(distance_in(points.get(name), regime)) for name in algorithms),
                    *(_cell(distance_behind(points.get(name), regime)) for name in behind),
                    " = ".join(look_of(name)[0] for name in best.algorithms),
                ]
            )
    labels = [look_of(name)[0] for name in algorithms]
    labels += [f"{rated_label(name)}, chip's buffer" for name in behind]
    columns = [heading, "events", "links", *labels, "nearest of fixed rate"]
    numbers = frozenset({"events", "links", *labels})
    return TextTable(columns, numbers, rows, remark, folded)


def _cell(distance: RegimeDistance | None) -> str:
    if distance is None:
        return "–"
    return f"{distance.emd:.3f} ± {(distance.high - distance.low) / 2:.3f}"
