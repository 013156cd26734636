"""How much of the hand-written Verilog the benches run, and what of the description they reach.

    python -m asicae.campaigns.coverage --seed 1 --out docs/results/coverage.json

Verilator counts statements, branches and toggling bits in the bench of control, the benches of
blocks, those of whole chips, and encoders of frames. Holes that are none stand in
``verification/coverage_waivers.toml`` with their reasons. Writes the record, and beside it the page
(``.md``); exits with 1 where too little is covered, or a waiver is of no hole.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

from asicae.campaigns.coverage_figures import LEAST, code_figures, code_violations
from asicae.campaigns.coverage_page import page
from asicae.campaigns.coverage_points import Counts
from asicae.campaigns.coverage_regression import (
    BLOCKS,
    ENCODER_EVENTS,
    EVENTS,
    Simulated,
    arithmetic,
    block_benches,
    chip_benches,
    chips,
    control,
    encoder,
    regression,
)
from asicae.campaigns.coverage_waivers import unreachable, waivers
from asicae.campaigns.functional_coverage import Points, violations
from asicae.campaigns.functional_coverage import figures as figures_of
from asicae.campaigns.judged_coders import JUDGED_CODERS
from asicae.campaigns.record import publish, record
from asicae.export.rtl import all_files
from asicae.foundation.assets import asset_folder

PACKAGES: Final = ("verilator", "cocotb")
JOBS: Final = 6
"""More than most have cores: each waits for its compiler, and for its own Python."""


def main() -> None:
    """Simulate, print the page, and write both; exit 1 for a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", type=int, default=200, help="of the bench of control")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=JOBS, help="simulations at a time")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="asicae-coverage-") as name:
        found = simulated(Path(name), arguments.seed, arguments.transfers, arguments.jobs)
    figures = merged(found)
    done = record(
        arguments.seed,
        {
            "transfers": arguments.transfers,
            "networks": sorted({chip.network.name for chip in chips()}),
            "events": EVENTS,
            "events_of_an_encoder": ENCODER_EVENTS,
            "least": dict(LEAST),
        },
        figures,
        packages=PACKAGES,
        violations=[*code_violations(figures["code"]), *violations(figures["functional"])],
        measures_speed=False,
    )
    publish(done, page(done), arguments.out)


def merged(found: Sequence[Simulated]) -> dict[str, Any]:
    """What all simulations reached together, and how much of it each of them alone."""
    counts, points = Counts(), Points()
    seen: Counter[object] = Counter()
    for one in found:
        counts.update(one.counts)
        points.update(one.points)
        seen.update(_hits(one))
    return {
        "simulations": {
            one.name: {
                "reached": len(_hits(one)),
                "alone": sum(seen[hit] == 1 for hit in _hits(one)),
            }
            for one in found
        },
        "code": code_figures(counts, all_files(), waivers(), asset_folder("rtl")),
        "functional": figures_of(points, unreachable()),
    }


def _hits(one: Simulated) -> list[object]:
    return [hit for counts in (one.counts, one.points) for hit, count in counts.items() if count]


def simulated(folder: Path, seed: int, transfers: int, jobs: int) -> list[Simulated]:
    """All simulations, so many at a time; ``folder`` is theirs."""
    tasks: list[Callable[[], Iterable[Simulated]]] = [
        lambda: [control(folder, seed, transfers)],
        *(
            partial(chip_benches, chip, folder / f"chip{number}", seed)
            for number, chip in enumerate(chips())
        ),
        *(partial(block_benches, block, folder / block, seed) for block in BLOCKS),
        lambda: [regression(folder / "regression", seed)],
        lambda: [arithmetic(folder / "arithmetic", seed)],
        *(
            partial(encoder, name, folder / f"encoder{number}", seed)
            for number, name in enumerate(JUDGED_CODERS)
        ),
    ]
    with ThreadPoolExecutor(jobs) as pool:
        return [one for found in pool.map(lambda task: list(task()), tasks) for one in found]


if __name__ == "__main__":
    main()
