"""Table and picture of the microarchitectures that were measured."""

import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asicae.campaigns.markdown import markdown_table
from asicae.campaigns.silicon_row import Row
from asicae.report.figures import ACCENT, BLOCKS, INK, MUTED, SERIES, STYLE
from asicae.report.published import CHIP, PAPER

AREA, ENERGY = "area.mm2_65nm", "energy.nj_65nm"
PUBLISHED = {row.key: row.value for row in CHIP}
NAMES = {"pipeline_registers": "register ranks", "i2c_target": "I2C target"}
HEAD = (
    "",
    "status",
    "mm² at 45 nm",
    "smaller by",
    "pJ at 45 nm, dynamic",
    "less by",
    "glitch factor",
    "mm² at 65 nm",
    "nJ at 65 nm",
    "least slack ns, 65 nm",
    "latency BX",
    "words of RTL",
    "of the netlist of `filelist.f`",
    "differ",
    "its RTL",
)


HYBRID_HEAD = (
    *("", "mm² at 45 nm", "smaller by", "pJ at 45 nm, dynamic", "less by"),
    *("mm² at 65 nm", "nJ at 65 nm", "latency BX"),
)


def table(
    rows: Sequence[Row],
    command: str,
    today: Mapping[str, bool | None],
    hybrid: Sequence[Row] = (),
) -> str:
    """Markdown: totals against the first row, then area and energy by block.

    ``today``: ``rows_of_today``; ``hybrid``: encoders of Hybrid Choice, each compared with the row
    that is built alike.
    """
    if not rows:
        return "# Silicon\n\nNothing could be measured; the record says why.\n"
    lines = [
        "# Silicon",
        "",
        f"Written by `{command}`. Estimates before layout, from synthesis to NanGate45 (typical,",
        "1.1 V, 25 °C) and a simulation with gate delays; drawn weights, synthetic events. Dynamic",
        "energy is all but leakage, clock tree included. At 65 nm: nominal (low to high), scaled.",
        "The same events went through the verilated RTL and the data path of the mapped netlist.",
        f"The published chip: {PUBLISHED[AREA]} mm², {PUBLISHED[ENERGY]} nJ ({PAPER}).",
        "Last column: SHA-256 of the RTL that a row was measured on, and whether it is what",
        "`export-rtl` writes now; `--rows NAME` measures a row again.",
        "",
        *markdown_table(
            HEAD, [(*_totals(row, rows[0]), _rtl(row, today[row.name])) for row in rows]
        ),
    ]
    for title, parts in (
        ("Area by block, mm² at 45 nm", [_scaled(row.area_um2, 1e-6) for row in rows]),
        ("Dynamic energy by block, pJ at 45 nm", [row.dynamic_pj for row in rows]),
    ):
        labels = _labels(parts)
        cells = [
            (row.name, *(f"{part.get(label, 0.0):.3g}" for label in labels))
            for row, part in zip(rows, parts, strict=True)
        ]
        head = ("", *(_shown(label) for label in labels))
        lines += ["", f"## {title}", "", *markdown_table(head, cells)]
    return "\n".join([*lines, *_of_hybrid(hybrid, {row.name: row for row in rows})]) + "\n"


def _of_hybrid(hybrid: Sequence[Row], alike: Mapping[str, Row]) -> list[str]:
    if not hybrid:
        return []
    cells = [
        (
            row.name,
            f"{row.area_mm2:.3f}",
            f"{beside.area_mm2 / row.area_mm2:.2f}",
            f"{row.energy_nj * 1e3:.0f}",
            f"{beside.energy_nj / row.energy_nj:.2f}",
            *(band(row, AREA), band(row, ENERGY), str(row.latency_bx)),
        )
        for row in hybrid
        if (beside := alike.get(row.name.partition("/")[2])) is not None
    ]
    return [
        "",
        "## Encoders of Hybrid Choice",
        "",
        "The chip of a small network with all that makes whole frames around it, for one and two",
        "links, against `econ-t` built alike, which sends latents without a frame: from",
        "[hybrid.md](hybrid.md), with the RTL that each was measured on. Diamonds in the picture.",
        "",
        *markdown_table(HYBRID_HEAD, cells),
    ]


def _totals(row: Row, first: Row) -> tuple[str, ...]:
    words = [row.figure(f"exact.golden_vs_{kind}.words") for kind in ("verilated", "netlist")]
    differ = [row.figure(f"exact.golden_vs_{kind}.mismatches") for kind in ("verilated", "netlist")]
    error = row.figure("energy.statistical_error_pj")
    return (
        row.name,
        row.status,
        f"{row.area_mm2:.3f}",
        f"{first.area_mm2 / row.area_mm2:.2f}",
        f"{row.energy_nj * 1e3:.0f} ± {error:.0f}",
        f"{first.energy_nj / row.energy_nj:.2f}",
        f"{row.figure('energy.glitch_factor'):.2f}",
        band(row, AREA),
        band(row, ENERGY),
        f"{row.figure('timing.slack_ns_65nm'):.1f}",
        str(row.latency_bx),
        f"{words[0]:,.0f} (`{row.rtl_sources}`)",
        f"{words[1]:,.0f}",
        f"{sum(differ):.0f}",
    )


def _rtl(row: Row, today: bool | None) -> str:
    """Which RTL a row is of, shortened, and whether it is that of today."""
    if row.rtl_sha256 is None:
        return "not recorded"
    return f"`{row.rtl_sha256[:12]}`, {'as now' if today else 'CHANGED SINCE'}"


def band(row: Row, key: str) -> str:
    """A figure at 65 nm with its band, for people."""
    low, nominal, high = row.band(key)
    return f"{nominal:.3g} ({low:.2g} to {high:.2g})"


def picture(rows: Sequence[Row], hybrid: Sequence[Row] = ()) -> bytes:
    """PNG: area against energy at 65 nm with bands, and both by block at the library's node.

    ``hybrid``: encoders of Hybrid Choice, of which those stand in the plane that are built as the
    row of the least energy.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(12.5, 4.4), layout="constrained")
        plane, area, energy = figure.subplots(1, 3, width_ratios=(1.25, 1, 1))
        _plane(plane, rows)
        least = min(rows, key=lambda row: row.energy_nj).name
        _diamonds(plane, [row for row in hybrid if row.name.partition("/")[2] == least])
        names = [row.name for row in rows]
        areas, energies = (
            [_scaled(row.area_um2, 1e-6) for row in rows],
            [_scaled(row.dynamic_pj, 1e-3) for row in rows],
        )
        labels = _labels(areas + energies)
        colours = dict(zip(labels, BLOCKS * 2, strict=False))
        _bars(area, names, areas, colours, "area, mm² at 45 nm")
        _bars(energy, names, energies, colours, "dynamic energy per inference, nJ at 45 nm")
        shown = [label for label in labels if _visible(label, areas) or _visible(label, energies)]
        handles = [mpl.patches.Patch(color=colours[label], label=_shown(label)) for label in shown]
        figure.legend(handles=handles, loc="outside right center", fontsize=8)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=130, metadata={"Software": None})
    return stream.getvalue()


def _plane(axes: Axes, rows: Sequence[Row]) -> None:
    for place, (row, colour) in enumerate(zip(rows, SERIES * 3, strict=False)):
        (low_x, x, high_x), (low_y, y, high_y) = row.band(AREA), row.band(ENERGY)
        axes.errorbar(
            x,
            y,
            xerr=[[x - low_x], [high_x - x]],
            yerr=[[y - low_y], [high_y - y]],
            fmt="o",
            color=colour,
            elinewidth=0.8,
            capsize=2,
        )
        # Bars cross: names stand at their ends, those of neighbours at another or to another side.
        end, away = (high_y, 4) if place % 2 == 0 else (low_y, -12)
        aligned = "left" if place // 2 % 2 == 0 else "right"
        offset = (-4 if aligned == "left" else 4, away)
        axes.annotate(
            row.name, (x, end), offset, textcoords="offset points", color=colour, ha=aligned
        )
    star = PUBLISHED[AREA], PUBLISHED[ENERGY]
    axes.plot(*star, "*", color=INK, markersize=14, linestyle="none")
    axes.annotate(
        "published\nchip",
        star,
        (0, -9),
        textcoords="offset points",
        color=INK,
        ha="center",
        va="top",
    )
    axes.set(xlabel="area, mm² at 65 nm", ylabel="dynamic energy per inference, nJ at 65 nm")
    axes.set_yscale("log")
    axes.set_xlim(left=0)
    axes.margins(0.1)
    axes.set_title("pre-layout estimates, scaled; bars are bands", fontsize=9, color=MUTED)


def _diamonds(axes: Axes, rows: Sequence[Row]) -> None:
    for row, side in zip(rows, (-1, 1), strict=False):
        (_, x, _), (low, y, high) = row.band(AREA), row.band(ENERGY)
        axes.errorbar(
            x, y, yerr=[[y - low], [high - y]], fmt="D", color=INK, elinewidth=0.8, capsize=2
        )
        axes.annotate(
            row.name.replace("/", "\n"),
            (x, high if side > 0 else low),
            (0, 4 if side > 0 else -4),
            textcoords="offset points",
            color=INK,
            ha="center",
            va="bottom" if side > 0 else "top",
            fontsize=8,
        )


def _bars(
    axes: Axes,
    names: Sequence[str],
    parts: Sequence[dict[str, float]],
    colours: dict[str, str],
    title: str,
) -> None:
    bottom = [0.0] * len(names)
    for label, colour in colours.items():
        heights = [part.get(label, 0.0) for part in parts]
        axes.bar(names, heights, 0.62, bottom=bottom, color=colour)
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    for place, top in enumerate(bottom):
        axes.annotate(f"{top:.2f}", (place, top), (0, 2), textcoords="offset points", ha="center")
    axes.set_ylim(top=max(bottom) * 1.08)
    axes.set_title(title, fontsize=9, color=ACCENT)
    axes.grid(visible=False, axis="x")
    axes.tick_params(axis="x", rotation=20)


def _labels(parts: Sequence[dict[str, float]]) -> list[str]:
    """Labels of blocks, the largest first."""
    total: dict[str, float] = {}
    for part in parts:
        for label, value in part.items():
            total[label] = total.get(label, 0.0) + value
    return sorted(total, key=lambda label: (-total[label], label))


def _visible(label: str, parts: Sequence[dict[str, float]]) -> bool:
    return any(part.get(label, 0.0) > 0.005 * sum(part.values()) for part in parts)


def _shown(label: str) -> str:
    return NAMES.get(label, label.replace("_", " "))


def _scaled(parts: dict[str, float], factor: float) -> dict[str, float]:
    return {label: value * factor for label, value in parts.items()}
