"""The page about upsets that were tried."""

from collections.abc import Mapping
from typing import Any, Final

from asicae.campaigns.markdown import markdown_table, what_must_not_be
from asicae.campaigns.record import Record
from asicae.simulation.twin.twin import Kind

KINDS: Final = tuple(kind.name.lower() for kind in Kind)
NAMES: Final = {
    "single": "one flip-flop",
    "pair": "two, of different registers, at one clock",
}


def page(found: Record) -> str:
    """Markdown: all upsets, by what the chip did meanwhile, and by block."""
    figures: Any = found.figures
    settings: Any = found.settings
    injected, flip_flops = figures["seu.injected"], figures["flip_flops"]
    planted = figures["planted"]
    built = f"{settings['network']} built as {settings['microarchitecture']}"
    lines = [
        "# Upsets",
        "",
        f"Written by `{found.command}`: {built},",
        f"{sum(flip_flops.values()):,} flip-flops in the RTL, {injected:,} upsets;",
        "the verilated chip runs in step with a clean twin.",
        "",
        "* **corrected**: no vote and nothing that leaves the chip ever differed from the twin",
        "* **recovered**: something did, and both were equal again",
        "* **silent**, **standing**, **hung**: they differ for good; tmr_error_o is low, is high,",
        "  or no results come or the bus does not answer",
        "",
        *markdown_table(("", "upsets", "share, 95 % limits (Clopper-Pearson)"), _totals(figures)),
        "",
        f"Both chips were equal again after {figures['clocks_until_equal']} clock(s) at most.",
        f"That upsets are seen at all: of {planted['two_copies_of_a_bit']:,} planted in two copies",
        f"of one bit each, {planted['seen']:,} were. That tmr_error_o is high in as many clocks",
        "as copies that report it disagree was compared for each upset; TMR_ERRORS, TMR_SOURCES",
        "where the chip has it, and tmr_error_o while there was no upset, after at most",
        f"{settings['between_readings']} each, {figures['reports_compared']:,} times in all.",
        f"What was not as it has to be: {len(found.violations)}.",
        "",
        "## By what the chip does meanwhile",
        "",
        *markdown_table(
            (
                "",
                "upsets",
                "each flip-flop at least",
                "at an edge that writes weights",
                *KINDS,
            ),
            [_part(part) for part in figures["parts"]],
        ),
        "",
        "## By block",
        "",
        *markdown_table(
            ("", "flip-flops", "upsets", *KINDS),
            [
                (block, f"{flip_flops[block]:,}", f"{row['injected']:,}", *_kinds(row))
                for block, row in figures["blocks"].items()
            ],
        ),
        "",
        "Single on purpose, where the chip has them, and wrong for at most one event:",
        *(f"`{module}` ({why})." for module, why in settings["single"].items()),
        "Triplicated and not reported on purpose:",
        *(f"`{place}` ({why})." for place, why in settings["not_reported"].items()),
    ]
    return "\n".join([*lines, *what_must_not_be(found)]) + "\n"


def _totals(figures: Mapping[str, Any]) -> list[tuple[str, ...]]:
    limits = figures["limits_95"]
    return [
        (kind, f"{figures[f'seu.{kind}']:,}", f"{limits[kind][0]:.6g} to {limits[kind][1]:.6g}")
        for kind in KINDS
    ]


def _part(part: Mapping[str, Any]) -> tuple[str, ...]:
    flips, _, scene = part["name"].partition(", ")
    return (
        f"{NAMES[flips]}; {scene}",
        f"{part['injected']:,}",
        str(part["each_flip_flop_at_least"]),
        f"{part['at_an_edge_that_writes_weights']:,}",
        *_kinds(part),
    )


def _kinds(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{row[kind]:,}" for kind in KINDS)
