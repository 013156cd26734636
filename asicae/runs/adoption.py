"""Weight sets of the user's own, taken into a run."""

import re
from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_bytes, sha256, write_bytes
from asicae.network.weights import Weights
from asicae.runs.encoders import NETWORK, SET_NAME, weights_file
from asicae.runs.job import Job
from asicae.runs.record import Origin, StageRecord
from asicae.runs.seal import ADOPT

MAX_BYTES = 64 << 20


def adopt(job: Job, path: Path, name: str | None, force: bool) -> Path:
    """Copy a weight set into a run and record where it came from.

    It is the first of those that the chip is verified with, and the one that is estimated.

    Args:
        job: the run.
        path: of the weight set, ``.npz``.
        name: letters, digits, ``_`` and ``-``; that of the file without one.
        force: replace a set that was adopted under this name.

    Returns:
        Where it lies in the run.

    Raises:
        BadInput: it does not fit the network; the name cannot be used or is taken; the run is not
            as its stages left it.
    """
    job.require_records()
    job.seal.require([NETWORK])
    chosen = name or path.stem
    if not re.fullmatch(SET_NAME, chosen):
        raise BadInput(f"--name: found {chosen!r}, allowed are letters, digits, _ and -, up to 40")
    records = job.folder.records()
    earlier = records.get(ADOPT)
    file = weights_file(chosen)
    content = read_bytes(path, MAX_BYTES)
    _refuse_taken(job, file, content, force)
    Weights.load(path, job.network)
    write_bytes(job.path / file, content)
    written = sha256(job.path / file)
    Weights.load(job.path / file, job.network)
    origin = Origin(name=chosen, path=str(path.resolve()), sha256=written)
    others = [o for o in earlier.origins if o.name != chosen] if earlier else []
    outputs = dict(earlier.outputs) if earlier else {}
    StageRecord(
        stage=ADOPT,
        key="",
        metrics={},
        outputs=outputs | {file: written},
        seconds=0.0,
        origins=[origin, *others],
    ).save(job.path)
    _forget_unexported(job)
    job.write_provenance()
    return job.path / file


def _refuse_taken(job: Job, file: str, content: bytes, force: bool) -> None:
    path = job.path / file
    owners = [name for name, r in job.folder.records().items() if file in r.outputs]
    if owners and owners != [ADOPT]:
        raise BadInput(f"{path}: is a set of the run itself; choose another name")
    if not path.exists() or force:
        return
    # What an interrupted command left is what it would write again.
    if owners or read_bytes(path, MAX_BYTES) != content:
        raise BadInput(f"{path}: exists already; choose another name or add --force")


def _forget_unexported(job: Job) -> None:
    """Stages that make something of each weight set are not done any more."""
    records = job.folder.records()
    for stage in job.stages:
        record = records.get(stage.name)
        if record is not None and set(stage.makes(job.view)) - record.outputs.keys():
            job.folder.forget(stage.name)
    job.folder.write_metrics()
