"""The proof that the RTL equals golden: every word of every weight set, through I2C and TMR."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from asicae.chip import triplication
from asicae.chip.design import TOP, Design, design_of
from asicae.export.case import LOAD_HZ, NamedWeights
from asicae.export.design_record import recorded
from asicae.foundation.errors import CheckFailed
from asicae.foundation.files import read_json, write_json
from asicae.foundation.progress import step
from asicae.network.description import Network
from asicae.simulation.builds.verilated_bench import (
    Build,
    WaveFormat,
    build,
    listed_sources,
    rtl_sources,
)
from asicae.simulation.regression import testplan
from asicae.simulation.regression.bench import (
    COUNTS,
    JUNIT_FILE,
    BenchRun,
    compared,
    dump,
    run,
    sized,
)
from asicae.simulation.regression.mutation import Mutation
from asicae.simulation.regression.record import GOALS_FILE, GoalsRecord
from asicae.simulation.regression.stimulus import prepare

BENCH = "verification.top.bench_top"
FREQUENCY_TOLERANCE = 0.01


@dataclass(frozen=True)
class Verification:
    """A regression that passed.

    ``metrics`` is flat, with the keys of metrics.json; ``build_seconds`` is zero when the build
    was found in the cache.
    """

    metrics: dict[str, float | int | str]
    junit: Path
    waves: Path | None
    build_seconds: float
    run_seconds: float


def verify(
    network: Network,
    weight_sets: Sequence[NamedWeights],
    calq: npt.NDArray[np.integer],
    rtl_folder: Path,
    out_folder: Path,
    *,
    mutate: Mutation | None = None,
    events: int = 2000,
    waves: bool = False,
    seed: int = 1,
    cache: Path | None = None,
) -> Verification:
    """Prove that the RTL in ``rtl_folder`` equals golden on every latent and every sum.

    ``calq`` is (n, 48) in AE order, n >= ``events``; ``events`` of them are streamed with each
    weight set, with directed events behind. When the given sets reach no saturated latent or no
    rounding tie, a set of large weights named "stress" is loaded as well. ``mutate`` plants one
    error, one bit of one weight on its way into the chip or of one expected word, and must make
    the regression fail. JUnit XML, log and waves are left in ``out_folder``.

    Raises:
        BadInput: fewer CALQ than ``events``, no weight set, RTL that is not there.
        MissingTool: Verilator, cocotb or the compiler is not installed.
        CheckFailed: any difference, any failed test, an SCL that is not 1 MHz on the wire, or a
            stimulus that would prove too little.
    """
    stimulus = prepare(network, weight_sets, calq, events=events, seed=seed, mutate=mutate)
    design = design_of(network, recorded(rtl_folder))
    stimulus.write(design, out_folder)
    step(f"building the simulation of {network.name}")
    built = build_chip(network, rtl_folder, waves=waves, cache=cache)
    step(f"streaming {len(stimulus.sets)} weight sets of {events} events and more")
    finished = run(built, BENCH, out_folder, seed=seed, waves=waves)
    _report_goals(finished, out_folder)
    finished.check()
    figures = stimulus.figures | _measured(design, finished)
    write_json(out_folder / "metrics.json", figures)
    return Verification(figures, finished.junit, finished.waves, built.seconds, finished.seconds)


def compared_in(folder: Path) -> list[str]:
    """What the regression that left its results in ``folder`` compared, a line each."""
    found = read_json(folder / "metrics.json")
    exact = [found[f"exact.golden_vs_rtl.{key}"] for key in COUNTS]
    verdicts = [goal.verdict for goal in GoalsRecord.load(folder / GOALS_FILE).goals]
    passed = verdicts.count("passed")
    return [compared(*exact), f"{passed} of {len(verdicts)} goals of the testplan passed"]


def left_in(folder: Path) -> list[str]:
    """JUnit XML and recording that a regression left in ``folder``, a line each."""
    left = [str(folder / JUNIT_FILE)]
    for form in get_args(WaveFormat):
        waves = dump(folder, form)
        left += [sized(waves)] if waves.is_file() else []
    return left


def build_chip(
    network: Network,
    rtl_folder: Path,
    *,
    inner: bool = False,
    waves: bool = False,
    quick: bool = False,
    coverage: bool = False,
    cache: Path | None = None,
) -> Build:
    """Verilate asicae_top as exported for ``network``; ``inner`` opens the triplicated flip-flops.

    With ``coverage`` the hand-written files count what is run, adder trees as they are built.

    Raises:
        BadInput: the folder is no export (see ``listed_files``).
        CheckFailed: Verilator refuses the sources.
    """
    design = design_of(network, recorded(rtl_folder))
    visible = {TOP: [port.name for port in design.ports]}
    if inner:
        modules = triplication.holders(design.configuration)
        visible |= {module: [triplication.STATE] for module in modules}
    sources = listed_sources(rtl_folder) if coverage else rtl_sources(rtl_folder)
    uncovered = [f"{TOP}.v"] if coverage else None
    return build(
        sources,
        TOP,
        visible=visible,
        waves=waves,
        quick=quick,
        uncovered=uncovered,
        cache=cache,
    )


def _report_goals(finished: BenchRun, folder: Path) -> None:
    results = {
        f"{finished.module}.{outcome.name}": testplan.Result(outcome.passed, outcome.seconds)
        for outcome in finished.outcomes
    }
    testplan.judged(testplan.regression(), results, finished.seed).save(folder / GOALS_FILE)


def _measured(design: Design, finished: BenchRun) -> dict[str, Any]:
    sets = finished.results["sets"]
    frequency = sets[0]["scl_hz"]
    if abs(frequency / LOAD_HZ - 1) > FREQUENCY_TOLERANCE:
        raise CheckFailed(f"SCL ran at {frequency:.0f} Hz on the wire, {LOAD_HZ} Hz was asked for")
    latencies = sorted({value for entry in sets for value in entry["latency_bx"]})
    if latencies != [design.latency_bx]:
        raise CheckFailed(f"latency: measured {latencies} BX, the contract is {design.latency_bx}")
    intervals = sorted({entry["interval_bx"] for entry in sets})
    if intervals != [design.interval_bx]:
        raise CheckFailed(
            f"initiation interval: measured {intervals} BX, the contract is {design.interval_bx}"
        )
    streamed = sum(entry["sums"] for entry in sets)
    return {
        "exact.golden_vs_rtl.words": sum(entry["words"] for entry in sets),
        "exact.golden_vs_rtl.sums": streamed,
        "exact.golden_vs_rtl.mismatches": sum(entry["mismatches"] for entry in sets),
        "rtl.interval_bx": int(intervals[0]),
        "rtl.latency_bx": latencies[0],
        "weights.load_ms_1mhz": sets[0]["load_ms"],
        "weights.load_scl_hz": frequency,
        "speed.cocotb_per_s": streamed / sum(entry["stream_wall_s"] for entry in sets),
    }
