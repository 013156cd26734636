"""Distance against area and against energy of all trials, beside the published chip."""

import io
import re
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from asicae.estimation.library_record import AREA_65NM, ENERGY_65NM
from asicae.report.figures import INK, MUTED, SERIES, STYLE
from asicae.report.published import CHIP, PAPER
from asicae.search.record import ALL, AREA, ENERGY, SearchRecord

PICTURE_FILE: Final = "search.png"
SIDES: Final = (
    (AREA, AREA_65NM, "area, mm² at 65 nm (fast model, scaled, pre-layout)"),
    (ENERGY, ENERGY_65NM, "dynamic energy an inference, nJ at 65 nm (fast model, scaled)"),
)
PUBLISHED: Final = {row.key: row for row in CHIP}


def picture(record: SearchRecord) -> bytes:
    """PNG: a row for each regime, area and energy beside each other.

    The published chip has an area and an energy, after layout, but no distance on these events: it
    is a star at its figure on the lower edge, and a line.
    """
    with mpl.rc_context(STYLE):
        count = len(record.regimes)
        figure = Figure(figsize=(10.4, 0.6 + 3.8 * count), layout="constrained")
        grid = figure.subplots(count, len(SIDES), squeeze=False)
        for regime, pair in zip(record.regimes, grid, strict=True):
            for axes, (side, key, label) in zip(pair, SIDES, strict=True):
                _points(axes, record, regime, side)
                _star(axes, key)
                axes.set(xscale="log", xlabel=label)
                axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
                axes.xaxis.set_minor_formatter(NullFormatter())
                words = "all events" if regime == ALL else regime
                axes.set_ylabel(f"EMD, {words}")
        handles, words = grid[0][0].get_legend_handles_labels()
        figure.legend(handles, words, fontsize=8, loc="outside lower center", ncols=len(words))
        title = f"{record.network} at {record.links} links: {len(record.rows)} trials"
        figure.suptitle(f"{title}; drawn weights for area and energy", fontsize=9, color=MUTED)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=130, metadata={"Software": None})
    return stream.getvalue()


def _points(axes: Axes, record: SearchRecord, regime: str, side: str) -> None:
    """All trials that have figures; filled those that no other one beats in all objectives."""
    for pareto, label in ((False, "trial"), (True, "no other trial is better")):
        found = [
            place
            for row in record.rows
            if row.pareto == pareto and (place := row.outcome.values((side, regime)))
        ]
        if found:
            xs, ys = zip(*found, strict=True)
            fill = SERIES[0] if pareto else "none"
            edge = SERIES[0] if pareto else MUTED
            axes.scatter(xs, ys, s=26, c=fill, edgecolors=edge, label=label, zorder=3)


def _star(axes: Axes, key: str) -> None:
    chip, beside = PUBLISHED[key], axes.get_xaxis_transform()
    axes.axvline(chip.value, color=INK, linewidth=0.6, linestyle=":", zorder=1)
    axes.plot(
        chip.value,
        0.02,
        "*",
        color=INK,
        markersize=14,
        linestyle="none",
        zorder=4,
        clip_on=False,
        transform=beside,
        label=f"published chip, distance unknown: {PAPER}",
    )
    axes.annotate(
        f"{chip.value:g} {chip.unit}, {re.split('[,;]', chip.remark)[0]}",
        (chip.value, 0.98),
        xycoords=beside,
        xytext=(-2, 0),
        textcoords="offset points",
        rotation=90,
        fontsize=7,
        ha="right",
        va="top",
    )
