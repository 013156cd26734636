"""Figures of the comparison of algorithms; every algorithm keeps its colour and its marker."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from asicae.comparison.record import ComparedPoint
from asicae.comparison.verdict import rated_label
from asicae.concentrator.algorithms.table import ALGORITHMS
from asicae.report.figures import ACCENT, INK, MUTED, STYLE, WARM, canvas, plain_decades

Look = tuple[str, str, str]
"""Name, colour and marker."""
COLOURS: Final = (
    ("#4d8f4d", "D"),
    ("#d99a2b", "^"),
    (WARM, "s"),
    (ACCENT, "o"),
    ("#7b5ea7", "P"),
    ("#a34f6b", "h"),
)
"""Colour and marker of the algorithms in their order, but for the reference; more are in ink."""
OTHERS: Final = (INK, "v")
OF_REFERENCE: Final = (MUTED, "x")
HEIGHT: Final = 3.5
_OFFSET: Final = 0.13  # links between neighbouring algorithms where bars would overlap

Series = Mapping[str, Sequence[ComparedPoint]]
"""Algorithm -> its points by links."""
Scale = Callable[[ComparedPoint], tuple[float, float]]
"""Response and resolution of a point."""
MODULE_SUM: Final[Scale] = attrgetter("response", "resolution")
HOTTEST_CELL: Final[Scale] = attrgetter("response_hottest", "resolution_hottest")


def is_reference(algorithm: str) -> bool:
    """It has one number of links, and is a line where the others are curves."""
    return algorithm in ALGORITHMS and ALGORITHMS[algorithm].is_reference


def in_order(algorithms: Iterable[str]) -> list[str]:
    """Different ``algorithms`` in the order of legends: the last first, the reference at the end.

    Names that this kit does not know come behind.
    """
    found = dict.fromkeys(algorithms)
    known = sorted([name for name in reversed(ALGORITHMS) if name in found], key=is_reference)
    return [*known, *(name for name in found if name not in ALGORITHMS)]


def look_of(algorithm: str) -> Look:
    """How an algorithm is drawn."""
    if algorithm not in ALGORITHMS:
        return (algorithm, *OTHERS)
    label = rated_label(algorithm)
    if is_reference(algorithm):
        return (label, *OF_REFERENCE)
    coloured = [name for name in ALGORITHMS if not is_reference(name)]
    return (label, *dict(zip(coloured, COLOURS, strict=False)).get(algorithm, OTHERS))


def algorithm_distances(series: Series, limits: tuple[float, float]) -> Figure:
    """Mean EMD with its statistical error against the number of links; the repeater as a line."""
    with mpl.rc_context(STYLE):
        figure, (axes,) = canvas(HEIGHT)
        for algorithm, (name, colour, marker) in _present(series):
            points = series[algorithm]
            values = [point.emd for point in points]
            if is_reference(algorithm):
                axes.axhline(values[0], color=colour, linestyle="--", linewidth=1.2, label=name)
                continue
            links = [point.links for point in points]
            errors = [point.emd_error for point in points]
            axes.errorbar(
                links, values, errors, color=colour, marker=marker, markersize=5, label=name
            )
        axes.set(xlabel="links of 32 bits per BX", ylabel="mean EMD (adjacent cell = 2)")
        axes.set(yscale="log", ylim=limits, xticks=_links(series))
        plain_decades(axes)
        figure.legend(loc="outside lower center", ncols=3, fontsize=7.5)
        return figure


def distance_by_bits(sets: Mapping[str, Series], limits: tuple[float, float]) -> Figure:
    """Mean EMD against mean bits of a frame: filled and solid the first set, open the second."""
    with mpl.rc_context(STYLE):
        figure, (axes,) = canvas(HEIGHT)
        for number, series in enumerate(sets.values()):
            for algorithm, (_, colour, marker) in _present(series):
                points = sorted(series[algorithm], key=lambda point: point.mean_bits)
                bits = [point.mean_bits for point in points]
                distances = [point.emd for point in points]
                fill, dash = (colour, "-") if number == 0 else ("white", ":")
                axes.plot(
                    bits, distances, dash, color=colour, marker=marker, markersize=5,
                    markerfacecolor=fill, linewidth=1.2,
                )  # fmt: skip
        axes.set(xlabel="mean bits of a frame", ylabel="mean EMD (adjacent cell = 2)")
        axes.set(xscale="log", yscale="log", ylim=limits)
        axes.set_xticks([32, 64, 96, 128, 160, 352], ["32", "64", "96", "128", "160", "352"])
        axes.minorticks_off()
        plain_decades(axes)
        figure.legend(handles=_legend(sets), loc="outside lower center", ncols=3, fontsize=7.5)
        return figure


def scale_by_links(series: Series, scale: Scale, label: str, reach: float) -> Figure:
    """Response with the resolution as bar; the algorithms stand beside each other at each link.

    ``label`` says what is scaled; the axis shows 1 ± ``reach``.
    """
    with mpl.rc_context(STYLE):
        figure, (axes,) = canvas(HEIGHT)
        drawn = [entry for entry in _present(series) if not is_reference(entry[0])]
        for place, (algorithm, (name, colour, marker)) in enumerate(drawn):
            points = series[algorithm]
            shift = _OFFSET * (place - (len(drawn) - 1) / 2)
            links = np.array([point.links for point in points]) + shift
            responses, resolutions = zip(*map(scale, points), strict=True)
            axes.errorbar(
                links, responses, resolutions, color=colour, marker=marker, markersize=4,
                linestyle="none", capsize=2, label=name,
            )  # fmt: skip
        axes.axhline(1.0, color=MUTED, linewidth=1, zorder=0)
        axes.set(xlabel="links of 32 bits per BX", ylabel=label, xticks=_links(series))
        axes.set_ylim(1 - reach, 1 + reach)
        figure.legend(loc="outside lower center", ncols=3, fontsize=7.5)
        return figure


def _present(series: Series) -> list[tuple[str, Look]]:
    """The algorithms that have points, in the order of legends, with their looks."""
    found = []
    for algorithm in in_order(name for name, points in series.items() if points):
        name, colour, marker = look_of(algorithm)
        if is_reference(algorithm):
            name = f"{name}, {series[algorithm][0].links} links"
        found.append((algorithm, (name, colour, marker)))
    return found


def _links(series: Series) -> list[int]:
    found = {
        point.links for name, many in series.items() if not is_reference(name) for point in many
    }
    return sorted(found)


def _legend(sets: Mapping[str, Series]) -> list[Line2D]:
    """One entry an algorithm, one a set."""
    looks = {algorithm: look for series in sets.values() for algorithm, look in _present(series)}
    entries = [
        Line2D([], [], color=colour, marker=marker, markersize=5, label=name)
        for name, colour, marker in (looks[algorithm] for algorithm in in_order(looks))
    ]
    if len(sets) > 1:
        entries += [
            Line2D(
                [], [], color=MUTED, linestyle=dash, marker="o", markerfacecolor=fill, label=name
            )
            for name, dash, fill in zip(sets, "-:", (MUTED, "white"), strict=False)
        ]
    return entries
