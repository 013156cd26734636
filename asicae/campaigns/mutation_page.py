"""The page about mistakes that were planted in the Verilog."""

from collections.abc import Mapping, Sequence
from typing import Any

from asicae.campaigns.markdown import markdown_table, what_must_not_be
from asicae.campaigns.record import Record


def page(found: Record) -> str:
    """Markdown: what found how many, by file, then survivors and equivalents."""
    figures: Any = found.figures
    settings: Any = found.settings
    each = settings["each"]
    sample = f"{each} drawn of each file" if each else "all of them"
    lines = [
        "# Mutation",
        "",
        f"Written by `{found.command}`: {figures['judged']} of {figures['mutants']:,} mistakes in",
        f"the hand-written Verilog, {sample}. Operators, negations, constants, selects,",
        "conditions, resets, edges and assignments; not declarations, ports, and parameters with",
        "their defaults. Each went through what follows until something found it:",
        "",
        *markdown_table(
            ("", "found"),
            [(name, str(figures["by"][name])) for name in settings["killers"]],
        ),
        "",
        f"Lint aside, tests found {_share(figures['score'])} of what is no equivalent"
        f"{_limits(figures['limits_95'])}; at least {settings['least']:.0%} is asked for, and",
        f"{settings['least_of_a_file']:.0%} of a file of ten or more. "
        "`lint` is Verilator's -Wall on the block,",
        "with what Yosys refuses. Bench tests of the whole chip, upsets and transients on it do",
        "not take part: what survives may be found by them.",
        "",
        *markdown_table(
            ("", "mistakes", "judged", "lint", "tests", "equivalent", "survive", "score of tests"),
            [_row(file, row) for file, row in figures["files"].items()],
        ),
        "",
        "## Survivors",
        "",
        *([f"* {text}" for text in figures["survivors"]] or ["None."]),
        "",
        "## Equivalent",
        "",
        *([f"* {row['mutant']}: {row['argument']}" for row in figures["equivalents"]] or ["None."]),
    ]
    return "\n".join([*lines, *what_must_not_be(found)]) + "\n"


def _row(file: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    numbers = ("mutants", "judged", "lint", "tests", "equivalent", "survive")
    return (f"`{file}`", *(str(row[name]) for name in numbers), _share(row["score"]))


def _limits(limits: Sequence[float] | None) -> str:
    return "" if limits is None else f" (95 % limits {limits[0]:.1%} to {limits[1]:.1%})"


def _share(score: float | None) -> str:
    return "" if score is None else f"{score:.1%}"
