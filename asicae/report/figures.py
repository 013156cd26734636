"""Figures of a run as SVG text: small enough to be read on a telephone at their own size."""

import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from asicae.module.geometry import CENTRES, hexagon_corners

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float64]

WIDTH_INCHES = 4.7
_MANY = 1000
"""From this ratio of its ends on, an axis has room for the names of decades only."""
INK, MUTED, ACCENT, WARM = "#1d2733", "#7b8794", "#0b6e99", "#c8553d"
SERIES = ("#c8553d", "#d99a2b", "#5a9a5a", "#0b6e99", "#5d4a99", "#7b8794")
BLOCKS = (
    "#0b6e99",
    "#d99a2b",
    "#5a9a5a",
    "#c8553d",
    "#5d4a99",
    "#3aa6a6",
    "#a0522d",
    "#9aa5b1",
    "#1d2733",
)
STYLE = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.grid": True,
    "grid.color": "#e4e9ee",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.hashsalt": "asicae",
    "svg.fonttype": "path",
}


def canvas(height: float, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure of the page's width with ``columns`` axes side by side."""
    figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def svg(figure: Figure) -> str:
    """SVG element of a figure, without XML header, date or anything that changes by itself."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "asicae"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def module(axes: Axes, charges: Floats, title: str, top: float) -> None:
    """48 charges (AE order) as hexagons on the module; white is zero, darker is more."""
    corners = np.asarray(hexagon_corners())
    norm = LogNorm(max(top / 300, 1e-9), max(top, 1e-6))
    colours = mpl.colormaps["YlGnBu"](norm(np.maximum(charges, 1e-12)))
    colours[np.asarray(charges) < top / 300] = (1, 1, 1, 1)
    hexagons = [corners + centre for centre in CENTRES]
    axes.add_collection(
        PolyCollection(hexagons, facecolors=colours, edgecolors="#b8c2cc", linewidths=0.5)
    )
    reach = np.abs(CENTRES).max() + 1.6
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.axis("off")
    axes.set_title(title, fontsize=8.5)


def event(charges: Floats, latents: Array, decoded: Floats, latent_max: int) -> Figure:
    """One event: charges that came in, latents that left the chip, charges decoded from them."""
    with mpl.rc_context(STYLE):
        figure, (left, middle, right) = canvas(1.75, 3)
        top = float(charges.max())
        module(left, charges, f"in: {int(charges.sum())} CALQ", top)
        middle.barh(np.arange(len(latents)), latents, color=ACCENT, height=0.8)
        middle.set(xlim=(0, latent_max), ylim=(len(latents) - 0.5, -0.5))
        middle.set_yticks([0, len(latents) - 1])
        middle.set_xticks([0, latent_max])
        middle.tick_params(labelsize=7.5)
        middle.set_title(f"{len(latents)} latents", fontsize=8.5)
        module(right, decoded, "out", top)
        return figure


def dead_event(
    true: Floats, seen: Floats, base: Floats, tuned: Floats, dead: Sequence[int]
) -> Figure:
    """One event on a module with ``dead`` cells: truth, what the chip saw, both decoded images."""
    with mpl.rc_context(STYLE):
        figure, axes = canvas(1.45, 4)
        images = (true, seen, base, tuned)
        titles = ("truth", "seen", "base set", "tuned set")
        for place, charges, title in zip(axes, images, titles, strict=True):
            module(place, charges, title, float(true.max()))
        centres = CENTRES[list(dead)]
        axes[1].plot(centres[:, 0], centres[:, 1], "x", color=WARM, markersize=5)
        return figure


def loss_curves(curves: Mapping[str, tuple[Floats, Floats]]) -> Figure:
    """Validation loss (solid) and training loss (thin) by epoch, one colour a weight set."""
    with mpl.rc_context(STYLE):
        figure, (axes,) = canvas(3.0)
        for colour, (name, (training, validation)) in zip(
            SERIES * 3, sorted(curves.items()), strict=False
        ):
            epochs = np.arange(1, len(training) + 1)
            axes.plot(epochs, training, color=colour, linewidth=0.7, alpha=0.6)
            axes.plot(epochs, validation, color=colour, linewidth=1.6, label=name)
        axes.set(xlabel="epoch", ylabel="loss", yscale="log")
        plain_decades(axes)
        axes.legend(ncols=2, fontsize=8)
        return figure


def distance_by_links(
    links: Sequence[int], distances: Sequence[float], baselines: Mapping[str, float]
) -> Figure:
    """Mean EMD against the number of links, with the baselines as lines."""
    with mpl.rc_context(STYLE):
        figure, (axes,) = canvas(3.0)
        axes.plot(links, distances, "o-", color=ACCENT, label="autoencoder")
        for n, value in zip(links, distances, strict=True):
            axes.annotate(
                f"{value:.2f}", (n, value), (0, 6), textcoords="offset points", ha="center"
            )
        for style, (name, value) in zip(("--", ":"), baselines.items(), strict=False):
            axes.axhline(value, color=WARM, linestyle=style, label=f"{name} ({value:.2f})")
        axes.set(xlabel="links of 32 bits per BX", ylabel="mean EMD (adjacent cell = 2)")
        axes.set(yscale="log", xticks=list(links))
        plain_decades(axes)
        axes.legend(fontsize=8)
        return figure


def histograms(values: Mapping[str, Floats], label: str, low: float, high: float) -> Figure:
    """Outlined histograms on common bins, overflow in the last one; shares of events."""
    with mpl.rc_context(STYLE):
        figure, (axes,) = canvas(3.0)
        bins = np.linspace(low, high, 61).tolist()
        for colour, (name, sample) in zip(SERIES, sorted(values.items()), strict=False):
            clipped = np.clip(sample, low, high)
            weights = np.full(len(sample), 1 / max(len(sample), 1))
            axes.hist(clipped, bins, weights=weights, histtype="step", color=colour, label=name)
        axes.set(xlabel=label, ylabel="share of events", xlim=(low, high))
        axes.legend(fontsize=8)
        return figure


def stacked_bars(shares: Mapping[str, Mapping[str, float]], totals: Mapping[str, str]) -> Figure:
    """Horizontal bars of shares by block, one bar a quantity; the legend names the blocks."""
    with mpl.rc_context(STYLE):
        figure, (axes,) = canvas(0.9 + 0.55 * len(shares) + 0.75)
        blocks = sorted(
            {block for bar in shares.values() for block in bar},
            key=lambda block: -max(bar.get(block, 0.0) for bar in shares.values()),
        )
        labels = [f"{name}\n{totals[name]}" for name in shares]
        start = np.zeros(len(shares))
        for number, block in enumerate(blocks):
            sizes = np.array([bar.get(block, 0.0) for bar in shares.values()])
            colour = BLOCKS[number % len(BLOCKS)]
            axes.barh(labels, sizes, left=start, color=colour, height=0.6, label=block)
            for row, size in enumerate(sizes):
                if size >= 0.08:
                    axes.text(
                        start[row] + size / 2,
                        row,
                        f"{100 * size:.0f}",
                        color="white",
                        ha="center",
                        va="center",
                        fontsize=8,
                    )
            start += sizes
        axes.invert_yaxis()
        axes.set(xlim=(0, 1), xlabel="share of the total (numbers in %)")
        axes.grid(axis="y", visible=False)
        figure.legend(loc="outside lower center", ncols=3, fontsize=7.5)
        return figure


def energy_by_kind(energies: Mapping[str, Mapping[str, float]]) -> Figure:
    """Energy per inference of each block in pJ, stacked by kind (switching, clock, ...)."""
    with mpl.rc_context(STYLE):
        figure, (axes,) = canvas(3.0)
        blocks = sorted(energies, key=lambda block: sum(energies[block].values()))
        start = np.zeros(len(blocks))
        kinds = sorted({kind for energy in energies.values() for kind in energy})
        for colour, kind in zip(SERIES, kinds, strict=False):
            sizes = np.array([energies[block].get(kind, 0.0) for block in blocks])
            axes.barh(blocks, sizes, left=start, color=colour, height=0.65, label=kind)
            start += sizes
        for row, total in enumerate(start):
            axes.annotate(f"{total:.3g}", (total, row), (3, -3), textcoords="offset points")
        axes.set(
            xlabel="pJ per inference, at the node of the library",
            xlim=(0, 1.15 * max(start.max(), 1e-9)),
        )
        axes.tick_params(axis="y", labelsize=7.5)
        axes.grid(axis="y", visible=False)
        axes.legend(fontsize=8, loc="lower right")
        return figure


def chip_comparison(
    bands: Mapping[str, tuple[float, float, float]], published: Mapping[str, float]
) -> Figure:
    """Estimated band and nominal value of each quantity, the published chip as a star."""
    with mpl.rc_context(STYLE):
        figure, axes = canvas(1.7, len(bands))
        for place, (name, (low, nominal, high)) in zip(axes, bands.items(), strict=True):
            place.plot([low, high], [0, 0], color=ACCENT, linewidth=7, alpha=0.3)
            place.plot([nominal], [0], "o", color=ACCENT, label="this run, estimated")
            place.plot([published[name]], [0], "*", color=WARM, markersize=13, label="ECON-T")
            place.set(xlim=(0, 1.15 * max(high, published[name])), yticks=[], xlabel=name)
            place.set_ylim(-1, 1)
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper center", ncols=2, fontsize=8)
        return figure


def plain_decades(axes: Axes) -> None:
    """Numbers as people write them on a logarithmic axis; of many decades the decades alone."""
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < _MANY * low else (1,)))
    axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.yaxis.set_minor_formatter(NullFormatter())
