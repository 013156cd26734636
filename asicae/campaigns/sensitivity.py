"""What an upset of each bit of trained weights costs: which bits to protect where not all can be.

    python -m asicae.campaigns.sensitivity --out docs/results/sensitivity.json

Trains ``econ-t`` for two links on the synthetic source, or takes the run that is there, turns each
bit of its weights over, and measures the EMD of what is decoded. Writes the record, and beside it
the page (``.md``). Exits with 1 where no bit matters, or the lowest bits of a parameter more than
its highest.
"""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asicae.campaigns.record import publish, record
from asicae.campaigns.sensitivity_page import page
from asicae.foundation.files import write_text
from asicae.runs.bit_sensitivity import sensitivity_of_run
from asicae.runs.job import Job
from asicae.runs.lock import alone_in
from asicae.runs.settings import RunSettings
from asicae.training.sensitivity_table import (
    SHARES,
    ByBit,
    by_bit,
    places,
    protected,
    ranked,
)

if TYPE_CHECKING:
    from asicae.training.bit_sensitivity import BitSensitivity

LINKS: Final = 2
RUN: Final = f"""\
network = "econ-t"
links = [{LINKS}]
dead_cells = 0
"""
FIRST: Final = 20
"""Bits that the page names."""


def main() -> None:
    """Train, measure, print the page, and write both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/sensitivity"))
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    run = _trained(options.work, options.seed)
    figures = figures_of(sensitivity_of_run(run, LINKS, options.events))
    made = record(
        options.seed,
        {"run": RUN, "links": LINKS, "events": options.events},
        figures,
        packages=("tensorflow", "numpy", "pot"),
        violations=violations(figures),
        measures_speed=False,
    )
    publish(made, page(made), options.out)


def _trained(work: Path, seed: int) -> Path:
    work.mkdir(parents=True, exist_ok=True)
    text = f"{RUN}\n[train]\nseed = {seed}\n"
    file = write_text(work / "run.toml", text)
    with alone_in(work / "run"):
        Job.create(work / "run", RunSettings.load(file, {})).run(["readouts", "train"])
    return work / "run"


def figures_of(found: "BitSensitivity") -> dict[str, Any]:
    """Of each bit of a number in each parameter, the first bits by name, and protection."""
    every = list(places(found.network))
    first = [
        asdict(every[place])
        | {"index": list(every[place].index)}
        | {"change": round(float(found.change[place]), 4)}
        | {"error": round(float(found.error[place]), 4)}
        for place in ranked(found).tolist()[:FIRST]
    ]
    return {
        "network": found.network.name,
        "events": found.events,
        "emd": round(found.emd, 4),
        "bits": len(found.change),
        "mean": round(float(found.change.mean()), 5),
        "untouched": int((found.touched == 0).sum()),
        "by_bit": [_rounded(row) for row in by_bit(found)],
        "protected": [
            {"share": share, "bits": number}
            for share, number in zip(SHARES, protected(found), strict=True)
        ],
        "first": first,
    }


def _rounded(row: ByBit) -> dict[str, Any]:
    return {
        name: round(value, 5) if isinstance(value, float) else value
        for name, value in asdict(row).items()
    }


def violations(figures: dict[str, Any]) -> list[str]:
    """What would say that nothing was measured."""
    wrong = [] if figures["first"][0]["change"] > 0 else ["no bit adds to the distance"]
    means = {(row["parameter"], row["bit"]): row["mean"] for row in figures["by_bit"]}
    ends = {(row["parameter"], row["of"] - 1) for row in figures["by_bit"]}
    for parameter, highest in sorted(ends):
        if means[parameter, highest] < means[parameter, 0]:
            wrong.append(f"{parameter}: bit 0 adds more than bit {highest}")
    return wrong


if __name__ == "__main__":
    main()
