"""Benches of one's own on the chip of a run: no stage of it, and no result of its folder."""

from asicae.runs.job import Job
from asicae.runs.readouts import load_part
from asicae.runs.stages.verify import FOLDER, STAGE
from asicae.simulation.regression.bench import BenchRun
from asicae.simulation.regression.mutation import Mutation
from asicae.simulation.regression.own_bench import OwnBench, run_own

BENCH = f"{FOLDER}/bench"


def run_on(
    job: Job, bench: OwnBench, mutate: Mutation | None = None, waves: bool = False
) -> BenchRun:
    """Run ``bench`` with the weight sets and events that the run is verified with.

    Raises:
        BadInput: what the run is verified with is not as it was left (see ``Seal.require``).
        CheckFailed, MissingTool: as ``run_own``.
    """
    job.seal.require(STAGE.inputs)
    return run_own(
        bench,
        job.network,
        job.weight_sets(),
        load_part(job.path, "test").calq,
        job.path / "rtl",
        job.path / BENCH,
        command=["asicae", "verify", str(job.path)],
        events=min(job.settings.verify_events, job.settings.test_events),
        mutate=mutate,
        waves=waves,
    )
