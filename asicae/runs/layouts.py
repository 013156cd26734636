"""Blocks of the chip of a run, placed and routed into it."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from asicae.foundation.files import sha256
from asicae.runs.job import Job
from asicae.runs.record import StageRecord, matching
from asicae.runs.seal import LAYOUT
from asicae.runs.stale_layouts import RTL, layout_key

if TYPE_CHECKING:
    from asicae.layout.block import Choice
    from asicae.layout.record import LayoutRecord


def lay_out_in(job: Job, choice: "Choice", force: bool) -> "LayoutRecord":
    """Lay out a block of the chip of a run into ``layout/BLOCK``, and draw a finished report again.

    Raises:
        BadInput: as ``layout.block.lay_out``; the block is there and ``force`` is false; the run is
            not as its stages left it.
        CheckFailed, MissingTool: as ``layout.block.lay_out``; the run is as it was.
    """
    from asicae.layout.block import lay_out

    if force and LAYOUT not in job.folder.records():
        # A record that is damaged or lost is what this makes again.
        job.folder.forget(LAYOUT)
        job.write_provenance()
    job.prepare()
    job.seal.require(RTL)
    begin = time.perf_counter()
    made = lay_out(
        job.path / "rtl",
        job.path / LAYOUT / choice.block,
        choice,
        [Path(name) for name in job.settings.liberty],
        force=force,
    )
    seconds = round(time.perf_counter() - begin, 2)
    earlier = job.folder.records().get(LAYOUT)
    own, key = f"{LAYOUT}/{choice.block}/", layout_key(job.folder)
    metrics, outputs = dict(made.metrics), {}
    if earlier is not None and earlier.key == key:
        metrics = {**earlier.metrics, **metrics}
        outputs = {n: content for n, content in earlier.outputs.items() if not n.startswith(own)}
    outputs |= {name: sha256(job.path / name) for name in matching(job.path, [f"{own}*"])}
    StageRecord(stage=LAYOUT, key=key, metrics=metrics, outputs=outputs, seconds=seconds).save(
        job.path
    )
    job.folder.write_metrics()
    job.write_provenance()
    if "report" in job.folder.records():
        job.run(["report"])
    return made
