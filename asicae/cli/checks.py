"""``asicae verify`` and ``estimate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from asicae.cli.benches import BenchFile, TestPattern, VerifySeed, own_bench, run_own_bench
from asicae.cli.chip_options import ChipOptions, with_chip_options
from asicae.cli.described import (
    RunIfAny,
    Seed,
    compare_drawn,
    drawn_chip,
    estimate_drawn,
    verify_drawn,
)
from asicae.cli.options import NETWORK, Force, InsteadOfFolder, OutUnlessRun
from asicae.cli.output import say
from asicae.cli.table_help import ENGINES
from asicae.foundation.errors import BadInput

if TYPE_CHECKING:
    from asicae.runs.job import Job

Mutation = Literal["weight", "expected"]
COMPARED_EVENTS = 1_000_000


@with_chip_options
def verify(
    chip: ChipOptions,
    folder: RunIfAny = None,
    network: InsteadOfFolder = None,
    mutate: Annotated[
        Mutation | None, typer.Option(help="Flip one bit on purpose: the regression must fail.")
    ] = None,
    waves: Annotated[bool, typer.Option("--waves", help="Record waves of the run.")] = False,
    engine: Annotated[
        str | None,
        typer.Option(
            help=f"Compare this engine instead, over fresh events of the source: {ENGINES}."
        ),
    ] = None,
    events: Annotated[
        int | None,
        typer.Option(help="Of the source, with --engine (else a million) or --network."),
    ] = None,
    bench: BenchFile = None,
    test: TestPattern = None,
    seed: VerifySeed = None,
    out: OutUnlessRun = None,
    force: Force = False,
) -> None:
    """Load the weights through I2C into the verilated chip and compare every word with golden."""
    of_description = {"out": out, "force": force} | ({} if bench else {"seed": seed})
    drawn = drawn_chip(folder, network, chip, of_description, seed)
    own = own_bench(bench, test, seed, engine)
    if engine is not None:
        if waves or out is not None:
            raise BadInput(
                "--waves, --out: not with --engine; only the I2C regression leaves files"
            )
        _check_engine(engine)
        count = COMPARED_EVENTS if events is None else events
        if drawn is not None:
            compare_drawn(drawn, engine, count, mutate)
        elif folder is not None:
            _compare(folder, engine, count, mutate)
    elif drawn is not None:
        command = ["asicae", "verify", NETWORK, str(network), *chip.words()]
        verify_drawn(drawn, out, events, mutate, waves, force, own, command)
    elif folder is not None:
        if events is not None:
            raise BadInput(
                "--events: belongs to --engine; the settings say how many are streamed else"
            )
        if own is not None:
            run_own_bench(folder, own, mutate, waves)
        else:
            _verify_run(folder, mutate, waves)


def _verify_run(folder: Path, mutate: Mutation | None, waves: bool) -> None:
    from asicae.foundation.extras import require
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in
    from asicae.runs.stages.verify import FOLDER, STAGE, regress
    from asicae.simulation.regression.verify import compared_in, left_in

    require("sim")
    with alone_in(folder):
        job = Job.open(folder)
        job.prepare()
        if mutate is None and not waves:
            job.run(["verify"], force=True)
            say(*compared_in(folder / FOLDER), *left_in(folder / FOLDER))
            return
        job.seal.require(STAGE.inputs)
        # A mutated or recorded run is no result of the folder: it stays apart from its metrics.
        into = folder / FOLDER / (mutate or "waves")
        regress(job.view, into, mutate, waves)
        say(*compared_in(into), *left_in(into))


def _check_engine(engine: str) -> None:
    from asicae.simulation.engines.table import compared_engines

    if engine not in compared_engines():
        allowed = ", ".join(compared_engines())
        raise BadInput(f"--engine: found {engine!r}, allowed are {allowed}")


def _compare(folder: Path, engine: str, events: int, mutate: Mutation | None) -> None:
    from asicae.export.design_record import DESIGN
    from asicae.runs.encoders import NETWORK, WEIGHTS
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in
    from asicae.simulation.engine_comparison import compare_engine

    with alone_in(folder):
        job = Job.open(folder)
        job.prepare()
        job.seal.require([NETWORK, WEIGHTS, DESIGN, "rtl/*"])
        source, rtl = job.settings.source, job.path / "rtl"
        sets = job.weight_sets()
        done = compare_engine(
            job.network, sets, engine, events, source=source, rtl_folder=rtl, mutate=mutate
        )
    say(done.summary())


@with_chip_options
def estimate(
    chip: ChipOptions,
    folder: RunIfAny = None,
    network: InsteadOfFolder = None,
    liberty: Annotated[
        list[Path] | None,
        typer.Option(
            help="Cells of this Liberty file (.lib, .lib.gz) instead; once for each file of it."
        ),
    ] = None,
    events: Annotated[
        int | None, typer.Option(help="Of the source, with --network; as a run's unless given.")
    ] = None,
    timed_events: Annotated[
        int | None, typer.Option(help="Of them simulated with gate delays, with --network.")
    ] = None,
    seed: Seed = None,
    out: OutUnlessRun = None,
    force: Force = False,
) -> None:
    """Synthesise, and estimate area, energy and timing."""
    from asicae.foundation.extras import require

    drawn = drawn_chip(
        folder,
        network,
        chip,
        {
            "events": events,
            "timed-events": timed_events,
            "seed": seed,
            "out": out,
            "force": force,
        },
        seed,
    )
    require("asic")
    if drawn is not None:
        estimate_drawn(drawn, liberty or [], out, events, timed_events, force)
    elif folder is not None:
        _estimate_run(folder, liberty)


def _estimate_run(folder: Path, liberty: list[Path] | None) -> None:
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in

    with alone_in(folder):
        job = Job.open(folder)
        job.prepare()
        if liberty:
            _estimate_apart(job, liberty)
        else:
            job.run(["estimate"], force=True)


def _estimate_apart(job: "Job", liberty: list[Path]) -> None:
    from asicae.estimation.library_record import summary
    from asicae.estimation.record import EstimateRecord
    from asicae.runs.stages.estimate import STAGE, estimate_apart

    job.seal.require(STAGE.inputs)
    path = estimate_apart(job.view, liberty)
    say(*summary(EstimateRecord.load(path)), path)
