"""Tables and picture of the comparison over seeds."""

import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asicae.campaigns.markdown import markdown_table
from asicae.campaigns.physics_goals import OF_ADAPTIVE, OF_HYBRID, Goals, goals_reached
from asicae.campaigns.physics_row import WHOLE, Row
from asicae.campaigns.physics_verdict import (
    about,
    beside_nearest,
    links_of,
    sentences,
)
from asicae.comparison.crossings_record import CrossingsRecord
from asicae.comparison.crossings_table import told as crossings_told
from asicae.comparison.links_record import LinksRecord
from asicae.comparison.links_table import told
from asicae.comparison.verdict import regime_words
from asicae.concentrator.algorithms.table import AUTOENCODER, HYBRID_CHOICE
from asicae.report.algorithm_figures import in_order, is_reference, look_of
from asicae.report.figures import STYLE, plain_decades

_FLOOR: Final = 1e-3
Code = tuple[str, bool]


def table(
    rows: Sequence[Row],
    links: LinksRecord,
    crossings: CrossingsRecord,
    command: str,
    budget: Mapping[str, Any],
) -> str:
    """Markdown: who is nearest where, a table a kind of modules, links needed, whole crossings.

    Args:
        rows: those of a kind of modules beside each other.
        links: needed by class.
        crossings: whole ones after each code.
        command: that wrote the page.
        budget: settings of each run, as far as they are not those of the demo.
    """
    seeds = len(rows[0].emd)
    lines = [
        "# Codes by regime",
        "",
        f"Written by `{command}`: {seeds} seeds, each with events and trainings of its own.",
        "Mean EMD (adjacent cell = 2) over the seeds ± standard deviation between them, which is",
        "that of events and, for the autoencoder and learned decodings, of trainings. A code of",
        "variable rate has an endless buffer unless it says other, and does not compete. Level",
        "with the nearest code is one that is not farther in every seed.",
        "",
        f"Settings that are not those of the demo, which trains longer: {_told(budget)}.",
        "",
        "## Who is nearest where",
        "",
        *(f"* {said}" for said in sentences(rows)),
        "",
        *_plainly("the autoencoder", AUTOENCODER.name, rows, links),
        *_plainly("Hybrid Choice", HYBRID_CHOICE.name, rows, links),
        "## Adaptive Choice beside the chip's own codes of fixed rate, mixture",
        "",
        "Each with the best decoding found on validation events; settings fitted to the mixture.",
        "",
        *_markdown(_goals(rows, OF_ADAPTIVE)),
    ]
    if _is_there(rows, HYBRID_CHOICE.name):
        lines += [
            "",
            "## Hybrid Choice beside the best code of fixed rate that needs no network",
            "",
            "Each trained, or fitted, on the modules that it is measured on.",
            "",
            *_markdown(_goals(rows, OF_HYBRID)),
        ]
    for modules, many in groupby(rows, lambda row: row.modules):
        lines += ["", f"## Modules: {modules}", "", *_markdown(_distances(list(many)))]
    lines += ["", "## Links needed", "", "```", *told(links), "```"]
    lines += ["", "## Whole crossings", "", "```", *crossings_told(crossings), "```"]
    return "\n".join(lines) + "\n"


def _told(budget: Mapping[str, Any]) -> str:
    """Settings in a line, in an order that does not depend on theirs."""
    flat = [
        f"{name}.{key} {value}" if key else f"{name} {value}"
        for name, content in budget.items()
        for key, value in (content.items() if isinstance(content, Mapping) else [("", content)])
    ]
    return ", ".join(sorted(flat)) or "none"


def _plainly(name: str, algorithm: str, rows: Sequence[Row], links: LinksRecord) -> Sequence[str]:
    """What there is to say of a code that is trained; nothing where it was not."""
    if not _is_there(rows, algorithm):
        return []
    return [
        f"## Where {name} wins, and where not",
        "",
        *(f"* {said}" for said in about(rows, algorithm)),
        "",
        *_markdown(beside_nearest(rows, algorithm)),
        "",
        *(f"* {said}" for said in links_of(links, algorithm)),
        "",
    ]


def _is_there(rows: Sequence[Row], algorithm: str) -> bool:
    return any(row.algorithm == algorithm for row in rows)


def _goals(rows: Sequence[Row], goals: Goals) -> Iterable[Sequence[str]]:
    mine = look_of(goals.algorithm)[0]
    yield "events", "links", goals.others_in_words, "its", mine, "below by", "wanted"
    for each in goals_reached(rows, goals):
        regime = (each.breakdown, each.regime)
        events = "all" if regime == WHOLE else regime_words(*regime)
        yield (
            f"{each.modules}, {events}" if len(goals.modules) > 1 else events,
            *(str(each.links), look_of(each.other)[0], f"{each.its:.3f}", f"{each.mine:.3f}"),
            f"{100 * each.below:.0f} %",
            f"{100 * each.wanted:.0f} %" + ("" if each.is_met else ": missed"),
        )


def _distances(rows: Sequence[Row]) -> Iterable[Sequence[str]]:
    codes = codes_of(rows)
    regimes = list(dict.fromkeys((row.breakdown, row.regime) for row in rows))
    regimes.sort(key=lambda regime: regime == WHOLE)  # the mean of all stands last
    yield ["regime", "events", "links", *(label_of(code) for code in codes)]
    for regime in regimes:
        here = [row for row in rows if (row.breakdown, row.regime) == regime]
        for links in sorted({row.links for row in here if not is_reference(row.algorithm)}):
            by_code = {row.code: row for row in here if row.links == links}
            events = next(iter(by_code.values())).events
            words = "all" if regime == WHOLE else regime_words(*regime)
            cells = [_cell(by_code.get(code)) for code in codes]
            yield [words, f"{events:,.0f}", str(links), *cells]


def codes_of(rows: Sequence[Row]) -> list[Code]:
    """The codes in the order of legends, without the reference."""
    found = dict.fromkeys(row.code for row in rows if not is_reference(row.algorithm))
    order = in_order(algorithm for algorithm, _ in found)
    return sorted(found, key=lambda code: (order.index(code[0]), code[1]))


def label_of(code: Code) -> str:
    """A code for people."""
    algorithm, behind = code
    return look_of(algorithm)[0] + (", chip's buffer" if behind else "")


def _cell(row: Row | None) -> str:
    if row is None:
        return "–"
    lost = f", {100 * row.charge_lost:.0f} % lost" if row.behind else ""
    return f"{row.mean:.3f} ± {row.spread:.3f}{lost}"


def _markdown(rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; the first row is its head."""
    head, *others = rows
    return markdown_table(head, others)


def picture(rows: Sequence[Row]) -> bytes:
    """PNG: a row of panels a kind of modules, a panel an occupancy."""
    kinds = list(dict.fromkeys(row.modules for row in rows))
    regimes = list(dict.fromkeys(r.regime for r in rows if r.breakdown == "occupancy"))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.1 * len(regimes), 2.6 * len(kinds) + 0.6), layout="constrained")
        grid = figure.subplots(len(kinds), len(regimes), squeeze=False, sharex=True, sharey=True)
        for line, modules in zip(grid, kinds, strict=True):
            for axes, regime in zip(line, regimes, strict=True):
                here = [r for r in rows if (r.modules, r.regime) == (modules, regime)]
                _draw(axes, [row for row in here if row.breakdown == "occupancy"])
                axes.set_title(f"{modules}, {regime_words('occupancy', regime)}", fontsize=9)
        grid[0, 0].set(yscale="log")
        plain_decades(grid[0, 0])
        for axes in grid[-1]:
            axes.set_xlabel("links of 32 bits per BX")
        floor = f"{_FLOOR:g} stands for less"
        figure.supylabel(f"mean EMD (adjacent cell = 2; {floor})", fontsize=9)
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=130, metadata={"Software": None})
    return stream.getvalue()


def _draw(axes: Axes, rows: Sequence[Row]) -> None:
    for code in codes_of(rows):
        many = sorted((row for row in rows if row.code == code), key=lambda row: row.links)
        _, colour, marker = look_of(code[0])
        axes.errorbar(
            [row.links for row in many],
            [max(row.mean, _FLOOR) for row in many],
            [min(row.spread, max(row.mean - _FLOOR, 0.0)) for row in many],
            color=colour, marker=marker, markersize=4, linestyle=":" if code[1] else "-",
            linewidth=1.2, label=label_of(code),
        )  # fmt: skip
