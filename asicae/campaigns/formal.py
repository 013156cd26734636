"""Properties of the hand-written Verilog, proven over all inputs, and mutations of it refuted.

    python -m asicae.campaigns.formal --out docs/results/formal.json

Writes the record, and beside it the page (``.md``). Exits with 1 where a property does not hold, or
where one of its mutations is not refuted: a property that refutes nothing says nothing.
"""

import argparse
import resource
import tempfile
from pathlib import Path
from typing import Any

from asicae.campaigns.proof_page import page
from asicae.campaigns.proof_table import NETWORK, properties
from asicae.campaigns.proofs import LIMIT_S, Change, Property, Query, Verdict, decide
from asicae.campaigns.record import publish, record
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import CheckFailed
from asicae.foundation.progress import step

PACKAGES = ("pyosys",)
SHOWN = 400
"""Characters of a counterexample that a violation tells."""


def main() -> None:
    """Prove and refute all, print the page, and write both; exit 1 for a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    violations: list[str] = []
    rows = [_row(asked, violations) for asked in properties()]
    done = record(
        0,
        {"network": NETWORK, "limit_s": LIMIT_S},
        {"properties": rows},
        packages=PACKAGES,
        violations=violations,
    )
    publish(done, page(done), arguments.out)


def _row(asked: Property, violations: list[str]) -> dict[str, Any]:
    step(f"formal: {asked.name}")
    rtl = asset_folder("rtl")
    before = _processor_s()
    proven = _decided(asked, None, violations)
    seconds = _processor_s() - before
    refuted = [_decided(asked, change, violations) for change in asked.mutations]
    return {
        "name": asked.name,
        "states": asked.states,
        "module": asked.module,
        "parameters": dict(asked.parameters),
        "clocks": asked.steps,
        "files": [str(f.relative_to(rtl)) for f in asked.files(rtl) if f.is_relative_to(rtl)],
        "proven": proven is not None and proven.proven,
        "variables": 0 if proven is None else proven.variables,
        "clauses": 0 if proven is None else proven.clauses,
        "processor_s": round(seconds, 2),
        "mutations": [
            {
                "file": change.file,
                "old": change.old,
                "new": change.new,
                "refuted": verdict is not None and not verdict.proven,
            }
            for change, verdict in zip(asked.mutations, refuted, strict=True)
        ],
    }


def _decided(asked: Property, change: Change | None, violations: list[str]) -> Verdict | None:
    with tempfile.TemporaryDirectory(prefix="asicae-formal-") as name:
        try:
            found = decide([Query(asked, change)], Path(name))[0]
        except CheckFailed as error:
            violations.append(str(error))
            return None
    if change is None and not found.proven:
        violations.append(f"{asked.name}: does not hold: {'; '.join(found.inputs)[:SHOWN]}")
    if change is not None and found.proven:
        told = f"{change.old!r} -> {change.new!r} in {change.file}"
        violations.append(f"{asked.name}: holds all the same with {told}")
    return found


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
