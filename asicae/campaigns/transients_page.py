"""The page about transients that were tried."""

from collections.abc import Mapping
from typing import Any, Final

from asicae.campaigns.markdown import markdown_table, what_must_not_be
from asicae.campaigns.record import Record
from asicae.campaigns.stages import STAGES
from asicae.campaigns.transient_tally import HELD
from asicae.simulation.twin.twin import Kind

KINDS: Final = tuple(kind.name.lower() for kind in Kind)


def page(found: Record) -> str:
    """Markdown: all transients, by what the chip did, by pulse and block; single nets apart."""
    figures: Any = found.figures
    settings: Any = found.settings
    built = f"{settings['network']} built as {settings['microarchitecture']}"
    counted = ("", "transients", *KINDS, "in a copy", "at a write")
    lines = [
        "# Transients",
        "",
        f"Written by `{found.command}`: {built},",
        f"mapped to {settings['library']}. Of its netlist the blocks that keep something three",
        f"times, {figures['flip_flops']:,} flip-flops and {figures['nets']:,} nets that gates and",
        "flip-flops drive: reset, I2C target, register file, weight bank, ranks; what comes from",
        "the data path between them is drawn at each clock. The netlist runs without delays, 256",
        "chips in step on the same pins, of which one is clean. In the others each net is inverted",
        "for a while, on the way to all that follows, at a drawn moment:",
        f"{settings['rounds']} time(s) in each scene.",
        "",
        "* **corrected**: no vote of what is stored and nothing that leaves the chip ever differed",
        "  from the clean one, looked at before each rise of the clock",
        "* **recovered**: something did, and both were equal again",
        "* **silent**, **standing**, **hung**: they differ for good; tmr_error_o is low, is high,",
        "  or no results come or SDA stays pulled",
        "* **in a copy**: a flip-flop took it, and tmr_error_o told of it. **at a write**: at an",
        "  edge that changed the weight image",
        "",
        "## Control",
        "",
        "All nets but those that were found to be single, below.",
        "",
        *markdown_table(
            ("", "transients", "share, 95 % limits (Clopper-Pearson)"), _totals(figures)
        ),
        "",
        f"That transients are seen: {_planted(figures)}. Bits whose next state the vote does not",
        "reach at that moment let two copies pass as well; each register has one that is seen.",
        f"What was not as it has to be: {len(found.violations)}.",
        "",
        *markdown_table(counted, [_row(row) for row in figures["scenes"]]),
        "",
        *markdown_table(counted, [_row(row) for row in figures["pulses"]]),
        "",
        *markdown_table(counted, [_row(row, "`") for row in figures["blocks"]]),
        "",
        "## Single on purpose",
        "",
        "Nets that spoiled what their row allows, while the chip does what it says, and no more,",
        "with all their transients. That a copy took one untold is allowed of no net. Pins, clock",
        "and what comes from the data path were not hit; they are single as well.",
        "",
        *markdown_table(
            ("", "why", "while", "nets", *counted[1:]),
            [_single(row, settings["single"][row["name"]]) for row in figures["single"]],
        ),
    ]
    return "\n".join([*lines, *what_must_not_be(found)]) + "\n"


def _single(row: Mapping[str, Any], allowed: Mapping[str, Any]) -> tuple[str, ...]:
    always = len(allowed["scene"]) == len(STAGES)
    scene = "always" if always else ", ".join(allowed["scene"])
    return (row["name"], allowed["reason"], scene, f"{row['nets']:,}", *_row(row)[1:])


def _totals(figures: Mapping[str, Any]) -> list[tuple[str, ...]]:
    limits = figures["limits_95"]
    return [
        (kind, f"{figures[f'set.{kind}']:,}", f"{limits[kind][0]:.6g} to {limits[kind][1]:.6g}")
        for kind in KINDS
    ]


def _planted(figures: Mapping[str, Any]) -> str:
    rows = figures["planted"]
    return "; ".join(f"{row['name']}, {row['seen']:,} of {row['injected']:,}" for row in rows)


def _row(row: Mapping[str, Any], mark: str = "") -> tuple[str, ...]:
    total = sum(row[kind] for kind in KINDS)
    numbers = (total, *(row[part] for part in (*KINDS, *HELD)))
    return (f"{mark}{row['name']}{mark}", *(f"{number:,}" for number in numbers))
