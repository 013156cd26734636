"""The page about coverage."""

from collections.abc import Mapping
from typing import Any

from asicae.campaigns.coverage_figures import share
from asicae.campaigns.coverage_points import KINDS
from asicae.campaigns.markdown import markdown_table, what_must_not_be
from asicae.campaigns.record import Record


def page(found: Record) -> str:
    """Markdown: code by file, holes, waivers with their reasons."""
    figures: Any = found.figures
    code = figures["code"]
    lines = [
        "# Coverage",
        "",
        f"Written by `{found.command}`, over the simulations below.",
        "",
        *markdown_table(
            ("simulation", "reached", "by it alone"), _simulations(figures["simulations"])
        ),
        "",
        *_functional(figures["functional"]),
        "## Code",
        "",
        "Of the hand-written Verilog, counted by Verilator, over all instances and parameters. A",
        "line is covered where all that begins in it was run, a branch is a way of `if`, `case` or",
        "`?:`, a toggle a bit that rises, or falls. Files of continuous assignments have no lines",
        "to run: their bits tell. What is waived (below) is left out of the share.",
        "",
        *markdown_table(("", *KINDS), _rows(code)),
        "",
        "## Holes",
        "",
        *([f"* {kind}: {hole}" for kind in KINDS for hole in code["holes"][kind]] or ["None."]),
        "",
        "## Waived",
        "",
        *markdown_table(
            ("file", "line", "what", "holes", "why"),
            [_waiver(row) for row in code["waivers"]],
        ),
    ]
    return "\n".join([*lines, *what_must_not_be(found)]) + "\n"


def _waiver(row: Mapping[str, Any]) -> tuple[str, ...]:
    what = f"{row['kind']} `{_cell(row['point'])}`"
    line = f"`{_cell(row['text'])}`"
    return f"`{row['file']}`", line, what, str(row["holes"]), row["reason"]


def _functional(found: Mapping[str, Any]) -> list[str]:
    rows = [
        (name, f"{row['met']:,}", f"{row['of'] - row['unreachable']:,}", str(row["unreachable"]))
        for name, row in found["groups"].items()
    ]
    return [
        "## What the description has",
        "",
        "Points that follow from it: each bit of each register of econ-t, written and read at both",
        "levels, those that tell of upsets among them; START, STOP and reset in each bit and",
        "byte of a transfer, and what is acknowledged; each mode of rounding and overflow with",
        "numbers that it rounds either way, above, below and in the range; accumulators at both",
        "ends; bits of latents at both levels, kept and cleared; masks of all numbers of links;",
        "exponents of the module sum.",
        "",
        *markdown_table(("", "met", "of", "unreachable"), rows),
        "",
        *(f"* not met: {hole}" for hole in found["holes"]),
        *(f"* `{row['point']}`: {row['reason']}" for row in found["unreachable"]),
        "",
    ]


def _simulations(rows: Mapping[str, Mapping[str, int]]) -> list[tuple[str, ...]]:
    ordered = sorted(rows.items())
    return [(name, f"{row['reached']:,}", f"{row['alone']:,}") for name, row in ordered]


def _rows(code: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = {"all": code["total"]} | {f"`{file}`": row for file, row in code["files"].items()}
    return [(name, *(_share(row[kind]) for kind in KINDS)) for name, row in rows.items()]


def _share(row: Mapping[str, int]) -> str:
    found = share(row)
    if found is None:
        return "none" if not row["waived"] else f"none, {row['waived']} waived"
    waived = f", {row['waived']} waived" if row["waived"] else ""
    return f"{found:.1%} of {row['of'] - row['waived']:,}{waived}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
