"""The page about a mass regression."""

from collections.abc import Mapping, Sequence
from typing import Any

from asicae.campaigns.record import Record


def page(found: Record) -> str:
    """Markdown: what was compared in all, then chip by chip, and what was left out."""
    figures: Any = found.figures
    settings: Any = found.settings
    rows = figures["chips"]
    lines = [
        "# Regression",
        "",
        f"Written by `{found.command}`.",
        "",
        f"{figures['events']:,} events through the verilated RTL of {len(rows)} chips, one each",
        f"bunch crossing: {figures['words']:,} latents and module sums compared with golden,",
        f"**{figures['mismatches']} differ**.",
        "",
        f"{figures['weight_sets']} weight sets, {settings['weight_sets']} of each chip, drawn",
        "evenly from the range of their types;",
        f"{settings['source_events']:,} events of the synthetic source, which all chips share.",
        "What is simulated fast has most of them:",
        f"{settings['least']:,} at least, chips of latches fewer, of which each latch is evaluated",
        "at every clock. `model.f` is the chip with plain sums in place of adder trees, as",
        "simulators take it; the trees: [silicon.md](silicon.md). Seconds are of the processor; a",
        "build of 0 was found in the cache.",
        "",
        *_table(
            ("chip", "events", "words", "differ", "events/s", "run s", "build s", "files", "RTL"),
            [_cells(row) for row in rows],
        ),
    ]
    if figures["left_out"]:
        told = [f"* {name}: {reason}" for name, reason in sorted(figures["left_out"].items())]
        lines += ["", "## Left out", "", *told]
    if found.violations:
        lines += ["", "## What must not be", "", *(f"* {text}" for text in found.violations)]
    return "\n".join(lines) + "\n"


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    speed = f"{row['events'] / row['run_s']:,.0f}" if row["run_s"] else ""
    counts = (f"{row[name]:,}" for name in ("events", "words", "mismatches"))
    seconds = (f"{row[name]:.1f}" for name in ("run_s", "build_s"))
    return (
        f"`{row['chip']}`",
        *counts,
        speed,
        *seconds,
        f"`{row['rtl_sources']}`",
        f"`{row['rtl_sha256'][:12]}`",
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
