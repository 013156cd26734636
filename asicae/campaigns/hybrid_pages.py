"""The page about the encoder of Hybrid Choice, from nothing but its record."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from asicae.campaigns.markdown import markdown_table, what_must_not_be
from asicae.campaigns.record import Record
from asicae.campaigns.silicon_pages import AREA, ENERGY, band
from asicae.campaigns.silicon_row import Row

AROUND: Final = "around"
"""The block that is all but the chip of the network."""
ERROR, SLACK = "energy.statistical_error_pj", "timing.slack_ns_65nm"
BESIDE: Final = "`econ-t`"
FIGURES: Final = (
    *("", "mm² at 45 nm", "around the chip", BESIDE, "smaller by"),
    *("pJ at 45 nm, dynamic", "around the chip", BESIDE, "less by"),
    *("mm² at 65 nm", BESIDE, "nJ at 65 nm", BESIDE, "least slack ns, 65 nm", "latency BX"),
)
COMPARED: Final = (
    *("", "frames of RTL", "of the netlist", "words of the chip's netlist", "its RTL"),
)
NONE: Final = "–"


def page(found: Record, today: Mapping[str, bool], known: Sequence[str]) -> str:
    """Markdown: a row a network and microarchitecture, beside ``econ-t`` built alike.

    ``today``: by name, whether the RTL of a row is what is exported now; ``known``: all rows that
    there could be.
    """
    figures: Any = found.figures
    rows = [Row.model_validate(row) for row in figures["rows"]]
    beside = {row.name: row for row in map(Row.model_validate, figures["beside"])}
    return "\n".join(
        [
            "# Encoder of Hybrid Choice",
            "",
            f"Written by `{found.command}`. Estimates before layout, mapped to NanGate45; drawn",
            "weights. At 65 nm: nominal (low to high), scaled. Area and energy are of the whole",
            "encoder, around the chip that of all but the chip of the network. Energy is all but",
            "leakage, of events of the synthetic source, with gate delays; the chip and what is",
            "around it are simulated apart, each with a clock tree of its own, and behind ± is the",
            "sum of both standard errors. `econ-t` is the chip of that network, built alike, on as",
            "many events of the same source; it sends no frames.",
            "",
            *markdown_table(
                FIGURES, [_figures(row, beside.get(row.name.partition("/")[2])) for row in rows]
            ),
            "",
            *_not_measured([name for name in known if name not in {row.name for row in rows}]),
            "## What was compared",
            "",
            "Frames with the algorithm, on any number of hits, ties and saturated charges; words",
            "of the chip with golden. All are equal unless said below. Last column: SHA-256 of the",
            "RTL that a row was measured on, and whether it is what `export-rtl` writes now.",
            "",
            *markdown_table(COMPARED, [_compared(row, today[row.name]) for row in rows]),
            *what_must_not_be(found),
            "",
        ]
    )


def _not_measured(names: Sequence[str]) -> list[str]:
    return [f"Not measured: {', '.join(names)}.", ""] if names else []


def _figures(row: Row, beside: Row | None) -> list[str]:
    picojoule = row.energy_nj * 1e3
    return [
        row.name,
        *(f"{row.area_mm2:.3f}", f"{row.area_um2[AROUND] * 1e-6:.3f}"),
        *_ratio(row.area_mm2, beside.area_mm2 if beside else None, ".3f"),
        *(f"{picojoule:.0f} ± {row.figure(ERROR):.0f}", f"{row.dynamic_pj[AROUND]:.0f}"),
        *_ratio(picojoule, beside.energy_nj * 1e3 if beside else None, ".0f"),
        *(band(row, AREA), band(beside, AREA) if beside else NONE),
        *(band(row, ENERGY), band(beside, ENERGY) if beside else NONE),
        *(f"{row.figure(SLACK):.1f}", str(row.latency_bx)),
    ]


def _compared(row: Row, is_todays: bool) -> list[str]:
    return [
        row.name,
        f"{row.figure('exact.verilated.frames'):,.0f}",
        f"{row.figure('exact.netlist.frames'):,.0f}",
        f"{row.figure('chip.exact.golden_vs_netlist.words'):,.0f}",
        f"`{(row.rtl_sha256 or '')[:12]}`, {'as now' if is_todays else 'CHANGED SINCE'}",
    ]


def _ratio(mine: float, its: float | None, digits: str) -> list[str]:
    """Figure of the chip beside, and how many times that of a row it is."""
    return [NONE, NONE] if its is None else [f"{its:{digits}}", f"{its / mine:.2f}"]
