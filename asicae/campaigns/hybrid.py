"""The encoder of Hybrid Choice in Verilog: exactness, area, energy, timing, beside ``econ-t``.

    python -m asicae.campaigns.hybrid --out docs/results/hybrid.json

Writes the record, after each row, and at the end its page. A row is a network built in one of the
named microarchitectures. Drawn events go through the verilated export, and some of these and events
of the source through the netlist; every frame must be that of the algorithm. Weights are drawn.
Beside a row stands the chip of ``econ-t`` built alike, as the record of
``asicae.campaigns.silicon`` has it. Exits with 1 where a frame differs or a path is too long.

    python -m asicae.campaigns.hybrid --rows hybrid-2/lean --out docs/results/hybrid.json

measures the named rows, again where they were, and keeps the others of the record, if there is one.
"""

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from asicae.campaigns.hybrid_pages import AROUND, ERROR, SLACK, page
from asicae.campaigns.record import Record, publish, record
from asicae.campaigns.silicon import ESTIMATE_EVENTS, PACKAGES, dynamic_pj, too_slow
from asicae.campaigns.silicon_beside import rows_beside
from asicae.campaigns.silicon_kept import Kept, names_of
from asicae.campaigns.silicon_pages import AREA, ENERGY
from asicae.campaigns.silicon_row import Row, digest, digest_in
from asicae.chip.design import design_of
from asicae.chip.microarchitectures import MICROARCHITECTURES
from asicae.concentrator.algorithms.hybrid_choice import LINKS
from asicae.concentrator.algorithms.table import HYBRID_CHOICE
from asicae.concentrator.silicon.events import drawn_hybrid_events
from asicae.concentrator.silicon.hybrid_choice import CHIP_INSTANCE, LATENCY
from asicae.estimation.figures import Figures
from asicae.estimation.hybrid import HybridEstimate, estimate_hybrid
from asicae.export.hybrid.export import Hybrid, drawn_encoder, export_hybrid, hybrid_of
from asicae.export.hybrid.files import hybrid_files
from asicae.foundation.errors import CheckFailed
from asicae.foundation.progress import step
from asicae.network.description import Network
from asicae.simulation.builds.verilated_bench import simulated_list
from asicae.simulation.coder.comparison import compare_hybrid
from asicae.simulation.drawn import DrawnChip

BESIDE: Final = "econ-t"
CHIP: Final = CHIP_INSTANCE.removeprefix("u_")


def designs() -> dict[str, Hybrid]:
    """Rows by name: a network in each microarchitecture whose chip answers in time."""
    found = {}
    for links in LINKS:
        network = Network.preset(f"hybrid-{links}")
        values = {"alg_type": HYBRID_CHOICE.name, "links": links}
        for built in MICROARCHITECTURES.values():
            if design_of(network, built.configuration, hides=True).latency_bx == LATENCY:
                encoder = drawn_encoder(values, network)
                hybrid = hybrid_of(values, encoder, built.configuration)
                found[f"hybrid-{links}/{built.name}"] = hybrid
    return found


@dataclass(frozen=True)
class Measured:
    """How a row is measured."""

    seed: int
    events: int
    timed_events: int

    def row(self, name: str, hybrid: Hybrid) -> Row:
        """Export, compare with the algorithm in RTL and in the netlist, and estimate.

        Raises:
            CheckFailed: a frame or a word differs, or triplication did not survive.
        """
        design, encoder = hybrid.design, hybrid.encoder
        drawn = drawn_hybrid_events(design.settings, self.events, self.seed)
        # Energy is that of the first events, as of the chip beside.
        source = DrawnChip(encoder.network, seed=self.seed).calq(ESTIMATE_EVENTS)
        both = np.concatenate([source, drawn[:ESTIMATE_EVENTS].astype(np.int32)])
        with tempfile.TemporaryDirectory(prefix="asicae-hybrid-") as made:
            folder = Path(made)
            rtl = export_hybrid(hybrid, folder).folder / "rtl"
            done = compare_hybrid(design, encoder, rtl, drawn)
            found = estimate_hybrid(
                design, encoder, rtl, both, folder / "estimate.json", timed_events=self.timed_events
            )
            return Row(
                name=name,
                status=MICROARCHITECTURES[name.partition("/")[2]].status,
                latency_bx=design.latency_bx,
                rtl_sources=simulated_list(rtl),
                rtl_sha256=digest_in(rtl),
                figures=figures_of(found) | {"exact.verilated.frames": done.frames},
                area_um2=area_of(found),
                dynamic_pj=dynamic_of(found),
            )


def figures_of(found: HybridEstimate) -> Figures:
    """Those of the whole encoder, those of the chip behind ``chip.``, and areas around it."""
    around, chip = found.around, found.chip.metrics
    figures: Figures = {f"chip.{key}": value for key, value in chip.items()}
    figures |= {f"area.um2.around.{name}": area for name, area in around.area_um2.items()}
    figures |= {f"timing.ns.{name}": path for name, path in around.paths_ns.items()}
    figures |= {"exact.netlist.frames": around.frames, "flip_flops": around.flip_flops}
    error = float(chip[ERROR]) + found.around_error_fj * 1e-3  # of the same events: no root
    figures[ERROR] = error
    if around.factors is not None and around.slack_ns_65nm is not None:
        area, energy = sum(area_of(found).values()), sum(dynamic_of(found).values())
        for key, scaled in (
            (AREA, around.factors.area.times(area * 1e-6)),
            (ENERGY, around.factors.energy.times(energy * 1e-3)),
        ):
            figures |= {f"{key}.{level}": value for level, value in asdict(scaled).items()}
        figures[SLACK] = min(float(chip[SLACK]), around.slack_ns_65nm)
    return figures


def area_of(found: HybridEstimate) -> dict[str, float]:
    """By block of the chip, and all around it, um2."""
    around = sum(area for name, area in found.around.area_um2.items() if name != CHIP)
    return {**found.chip.area_um2, AROUND: around}


def dynamic_of(found: HybridEstimate) -> dict[str, float]:
    """Likewise the energy of a crossing without leakage, pJ."""
    return {**dynamic_pj(found.chip), AROUND: found.around_fj.dynamic * 1e-3}


def today(rows: Mapping[str, Row], known: Mapping[str, Hybrid]) -> dict[str, bool]:
    """By name, whether a row was measured on the RTL that is exported now."""
    return {
        name: name in known and row.rtl_sha256 == digest(hybrid_files(known[name].design))
        for name, row in rows.items()
    }


def main() -> None:
    """Measure the rows that are asked for, write the record after each, then its page."""
    known = designs()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="of each row, in RTL")
    parser.add_argument("--timed-events", type=int, default=200, help="simulated with delays")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--rows", type=partial(names_of, known=known), help="measured again; all of them without"
    )
    parser.add_argument("--silicon", type=Path, default=Path("docs/results/silicon.json"))
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    beside = rows_beside(Record.load(arguments.silicon))
    again = arguments.rows if arguments.out.exists() else None
    kept = Kept.of(arguments.out, again, _record(arguments, {}, beside, []))
    rows, violations = {row.name: row for row in kept.rows}, list(kept.violations)
    measured = Measured(arguments.seed, arguments.events, arguments.timed_events)
    for name in known if arguments.rows is None else arguments.rows:
        step(name)
        try:
            rows[name] = measured.row(name, known[name])
            violations += too_slow(rows[name])
        except CheckFailed as error:
            violations.append(f"{name}: {error}")
        rows = {each: rows[each] for each in known if each in rows}
        _record(arguments, rows, beside, violations).save(arguments.out)
    made = _record(arguments, rows, beside, violations)
    publish(made, page(made, today(rows, known), tuple(known)), arguments.out)


def _record(
    arguments: argparse.Namespace,
    rows: Mapping[str, Row],
    beside: list[Row],
    violations: list[str],
) -> Record:
    return record(
        arguments.seed,
        {
            "compared_events": arguments.events,
            "estimate_events": ESTIMATE_EVENTS,
            "timed_events": arguments.timed_events,
            "beside": BESIDE,
        },
        {
            "rows": [row.model_dump() for row in rows.values()],
            "beside": [row.model_dump() for row in beside],
        },
        packages=PACKAGES,
        violations=violations,
        measures_speed=False,
    )


if __name__ == "__main__":
    main()
