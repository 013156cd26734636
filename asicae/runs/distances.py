"""What runs have found out about their descriptions: how well they encode."""

from collections.abc import Sequence
from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.runs.job import Job
from asicae.runs.lock import alone_in
from asicae.runs.stages.evaluate import STAGE
from asicae.scan.record import ScanDistance
from asicae.training.record import set_name


def distances_of(runs: Sequence[Path]) -> list[tuple[Network, ScanDistance]]:
    """Mean held-out EMD of each run, with its description: of the weights for most links.

    Raises:
        BadInput: no run, one that is not as its stages left it, or that has not been evaluated.
    """
    return [_distance(run) for run in runs]


def _distance(run: Path) -> tuple[Network, ScanDistance]:
    with alone_in(run):
        job = Job.open(run)
        job.seal.require(STAGE.inputs)
        job.seal.require_left(STAGE.name)
        record, weights = job.folder.records().get(STAGE.name), set_name(max(job.settings.links))
        emd = record.metrics.get(f"emd.autoencoder.{weights}") if record else None
        if emd is None:
            raise BadInput(f"{run}: has no EMD, allowed are runs that have been evaluated")
        return job.network, ScanDistance(emd=float(emd), weights=weights, run=str(run))
