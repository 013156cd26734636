"""Area against energy of the points of a scan, with those that no other one beats."""

import io

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from asicae.estimation.library_record import AREA_65NM, ENERGY_65NM
from asicae.report.figures import INK, MUTED, SERIES, STYLE
from asicae.report.published import CHIP, PAPER
from asicae.scan.record import ScanRecord, ScanRow

PUBLISHED = {row.key: row.value for row in CHIP}
MAX_NAMED = 12
"""Points of the front whose values are written beside them."""


def picture(record: ScanRecord) -> bytes:
    """PNG; the published chip is a star where the figures are at 65 nm."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 5.2), layout="constrained")
        axes = figure.subplots()
        axes.set(xscale="log", yscale="log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(FormatStrFormatter("%g"))
            axis.set_minor_formatter(NullFormatter())
        _points(axes, record)
        _front(axes, record)
        if record.at_65nm:
            _star(axes)
        where = "at 65 nm" if record.at_65nm else f"at the node of {record.library_key}"
        units = ("mm²", "nJ") if record.at_65nm else ("µm²", "pJ")
        axes.set_xlabel(f"area, {units[0]} {where}")
        axes.set_ylabel(f"dynamic energy per inference, {units[1]} {where}")
        bars = "; bars are bands" if record.at_65nm else ""
        how = "of the fast model" if record.fast else "synthesised"
        title = f"{record.network}: pre-layout estimates, {how}, with glitches{bars}"
        axes.set_title(title, fontsize=9, color=MUTED)
        axes.legend(fontsize=8, loc="upper left")
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=130, metadata={"Software": None})
    return stream.getvalue()


def _points(axes: Axes, record: ScanRecord) -> None:
    """All points, a colour for each way to build."""
    placed = [(row.built, place) for row in record.rows if (place := record.place(row))]
    labels = sorted({built for built, _ in placed})
    for number, label in enumerate(labels):
        xs, ys = zip(*(place for built, place in placed if built == label), strict=True)
        axes.scatter(xs, ys, s=26, color=SERIES[number % len(SERIES)], label=label, zorder=3)


def _front(axes: Axes, record: ScanRecord) -> None:
    """The points that no other one beats: joined, with bands and their values."""
    best = [(place, row) for row in record.rows if row.pareto and (place := record.place(row))]
    best.sort(key=lambda pair: pair[0])
    if not best:
        return
    xs, ys = zip(*(place for place, _ in best), strict=True)
    axes.step(xs, ys, where="post", color=INK, linewidth=0.9, zorder=2, label="no other is better")
    for number, ((x, y), row) in enumerate(best):
        if record.at_65nm:
            _bars(axes, x, y, row)
        if number < MAX_NAMED and row.choices:
            text = ", ".join(row.choices.values())
            axes.annotate(text, (x, y), (6, 6), textcoords="offset points", fontsize=7, color=INK)


def _bars(axes: Axes, x: float, y: float, row: ScanRow) -> None:
    area, energy = row.band(AREA_65NM), row.band(ENERGY_65NM)
    if area and energy:
        axes.errorbar(
            x,
            y,
            xerr=[[x - area[0]], [area[2] - x]],
            yerr=[[y - energy[0]], [energy[2] - y]],
            fmt="none",
            ecolor=MUTED,
            elinewidth=0.6,
            capsize=2,
            alpha=0.7,
            zorder=1,
        )


def _star(axes: Axes) -> None:
    place = PUBLISHED[AREA_65NM], PUBLISHED[ENERGY_65NM]
    axes.plot(*place, "*", color=INK, markersize=14, linestyle="none", zorder=4)
    text = f"published chip, {place[0]:g} mm², {place[1]:g} nJ\n{PAPER}"
    axes.annotate(
        text,
        place,
        (-8, -8),
        textcoords="offset points",
        fontsize=7,
        color=INK,
        ha="right",
        va="top",
    )
