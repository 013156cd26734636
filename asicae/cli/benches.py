"""``asicae verify --bench``: a file of cocotb tests of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asicae.cli.options import DEFAULT_SEED
from asicae.cli.output import say
from asicae.foundation.errors import BadInput

if TYPE_CHECKING:
    from asicae.simulation.regression.mutation import Mutation
    from asicae.simulation.regression.own_bench import OwnBench

BenchFile = Annotated[
    Path | None,
    typer.Option("--bench", help="Run this file of cocotb tests on the chip instead."),
]
TestPattern = Annotated[
    str | None,
    typer.Option("--test", help="With --bench: tests whose names this regular expression meets."),
]
VerifySeed = Annotated[
    int | None,
    typer.Option(
        min=0, help="Of a --bench; with --network of drawn weights and events; 1 unless given."
    ),
]


def own_bench(
    path: Path | None, test: str | None, seed: int | None, engine: str | None
) -> "OwnBench | None":
    """The bench that is asked for, looked into before anything is built.

    Raises:
        BadInput: an option that does not go with it, or as ``OwnBench.find``.
        MissingTool: what benches need is not installed.
    """
    if path is None:
        if test is not None:
            raise BadInput("--test: belongs to --bench")
        return None
    if engine is not None:
        raise BadInput("--bench: not with --engine; cocotb runs on the verilated chip")
    from asicae.foundation.extras import require
    from asicae.simulation.regression.own_bench import OwnBench

    require("sim")
    return OwnBench.find(path, test, DEFAULT_SEED if seed is None else seed)


def run_own_bench(folder: Path, bench: "OwnBench", mutate: "Mutation | None", waves: bool) -> None:
    """The tests on the chip of a run; what they leave lies in its ``verify/bench``."""
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in
    from asicae.runs.own_benches import run_on

    with alone_in(folder):
        job = Job.open(folder)
        job.prepare()
        finished = run_on(job, bench, mutate, waves)
    say(*finished.summary(), finished.junit, *finished.recording())
