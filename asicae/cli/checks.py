"""``asicae verify`` and ``estimate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from asicae.cli.options import Run
from asicae.cli.output import say
from asicae.cli.table_help import ENGINES
from asicae.foundation.errors import BadInput

if TYPE_CHECKING:
    from asicae.runs.job import Job

Mutation = Literal["weight", "expected"]
COMPARED_EVENTS = 1_000_000


def verify(
    folder: Run,
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
        int | None, typer.Option(help="Of the source, with --engine; a million unless given.")
    ] = None,
) -> None:
    """Load the weights through I2C into the verilated chip and compare every word with golden."""
    from asicae.foundation.extras import require
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in
    from asicae.runs.stages.verify import STAGE, regress

    if engine is not None:
        if waves:
            raise BadInput("--waves: not with --engine; only the I2C regression records waves")
        _compare(folder, engine, COMPARED_EVENTS if events is None else events, mutate)
        return
    if events is not None:
        raise BadInput("--events: belongs to --engine; the settings say how many are streamed else")
    require("sim")
    with alone_in(folder):
        job = Job.open(folder)
        job.prepare()
        if mutate is None and not waves:
            job.run(["verify"], force=True)
            return
        job.seal.require(STAGE.inputs)
        # A mutated or recorded run is no result of the folder: it stays apart from its metrics.
        regress(job.view, folder / "sim" / (mutate or "waves"), mutate, waves)


def _compare(folder: Path, engine: str, events: int, mutate: Mutation | None) -> None:
    from asicae.export.design_record import DESIGN
    from asicae.runs.encoders import NETWORK, WEIGHTS
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in
    from asicae.simulation.engine_comparison import compare_engine
    from asicae.simulation.engines.table import compared_engines

    if engine not in compared_engines():
        allowed = ", ".join(compared_engines())
        raise BadInput(f"--engine: found {engine!r}, allowed are {allowed}")

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


def estimate(
    folder: Run,
    liberty: Annotated[
        list[Path] | None,
        typer.Option(
            help="Cells of this Liberty file (.lib, .lib.gz) instead; once for each file of it."
        ),
    ] = None,
) -> None:
    """Synthesise, and estimate area, energy and timing."""
    from asicae.foundation.extras import require
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in

    require("asic")
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
