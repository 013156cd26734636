"""Distance of the autoencoder against links, a line for each run."""

import io
from collections.abc import Mapping

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from asicae.foundation.printable import printable
from asicae.report.figures import MUTED, SERIES, STYLE, plain_decades

Curves = Mapping[str, Mapping[int, float]]
"""Of each run, EMD by links."""
MARKERS = "osD^vP*X"
PANEL_INCHES = 4.2
WIDEST = 32
"""Characters of a run's name in the legend."""


def picture(by_class: Mapping[str, Curves]) -> bytes:
    """PNG with a panel for all modules ("") and one for each class that a run was measured on."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(PANEL_INCHES * len(by_class), 3.6), layout="constrained")
        panels = figure.subplots(1, len(by_class), squeeze=False, sharey=True)[0]
        runs = list(dict.fromkeys(run for curves in by_class.values() for run in curves))
        for axes, (name, curves) in zip(panels, by_class.items(), strict=True):
            for run, points in curves.items():
                number = runs.index(run)
                links = sorted(points)
                axes.plot(
                    links,
                    [points[each] for each in links],
                    color=SERIES[number % len(SERIES)],
                    marker=MARKERS[number % len(MARKERS)],
                    markersize=5,
                    label=_named(run),
                )
            axes.set(xlabel="links", yscale="log")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            where = f"modules of {name.replace('class', 'class ')}" if name else "all test modules"
            axes.set_title(f"autoencoder, {where}", fontsize=9, color=MUTED)
        panels[0].set_ylabel("mean EMD (adjacent cell = 2)")
        plain_decades(panels[0])
        panels[0].legend(fontsize=8)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=130, metadata={"Software": None})
    return stream.getvalue()


def _named(run: str) -> str:
    """The end of a path, which tells runs apart; dollars would begin formulas."""
    text = printable(run).replace("$", r"\$")
    return text if len(text) <= WIDEST else f"...{text[3 - WIDEST :]}"
