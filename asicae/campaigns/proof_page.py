"""The page about properties that were decided."""

from collections.abc import Mapping
from typing import Any

from asicae.campaigns.markdown import markdown_table, what_must_not_be
from asicae.campaigns.record import Record


def page(found: Record) -> str:
    """Markdown: each property with its size, its time and how many mutations it refuted."""
    figures: Any = found.figures
    rows = figures["properties"]
    mutations = [mutation for row in rows for mutation in row["mutations"]]
    files = sorted({file for row in rows for file in row["files"]})
    lines = [
        "# Formal",
        "",
        f"Written by `{found.command}`: properties under `verification/formal/`, decided over all",
        "inputs by the SAT solver of Yosys. What is clocked begins in every state there is.",
        "",
        f"Proven: {sum(row['proven'] for row in rows)} of {len(rows)}. "
        f"Refuted with a counterexample: {sum(m['refuted'] for m in mutations)} of "
        f"{len(mutations)} mutations of the Verilog.",
        "",
        *markdown_table(
            (
                "",
                "what is proven",
                "clocks",
                "variables",
                "clauses",
                "processor s",
                "mutations refuted",
            ),
            [_cells(row) for row in rows],
        ),
        "",
        f"Files of `rtl/` that they are made of: {', '.join(f'`{file}`' for file in files)}.",
        "",
        "Small sizes stand for large ones where a block only repeats a pattern; that the chip of",
        "each size equals golden is simulated.",
    ]
    return "\n".join([*lines, *what_must_not_be(found)]) + "\n"


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    refuted = sum(mutation["refuted"] for mutation in row["mutations"])
    return (
        row["name"],
        row["states"] if row["proven"] else f"**not proven**: {row['states']}",
        str(row["clocks"] or "none"),
        f"{row['variables']:,}",
        f"{row['clauses']:,}",
        f"{row['processor_s']:.1f}",
        f"{refuted} of {len(row['mutations'])}",
    )
