"""A run whose stages write words in place of what they would take hours to make."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from asicae.foundation.files import write_text
from asicae.runs import kinds
from asicae.runs.job import Job
from asicae.runs.kinds import TRAINED, WITH_HYBRID
from asicae.runs.settings import RunSettings
from asicae.runs.stage import Metrics, RunView, Stage


def stand_in(stage: Stage) -> Stage:
    """A stage with the same name, inputs and outputs."""
    return replace(stage, action=_writer(stage))


def _writer(stage: Stage) -> Callable[[RunView], Metrics]:
    def write(run: RunView) -> Metrics:
        for name in stage.makes(run):
            write_text(run.path / name, f"{name} of {stage.name}\n")
        return {f"{stage.name}.made": len(stage.makes(run))}

    return write


def use_stand_ins(patch: pytest.MonkeyPatch) -> None:
    """Let runs that train have stand-ins for their stages."""
    for name, kind in (("TRAINED", TRAINED), ("WITH_HYBRID", WITH_HYBRID)):
        patch.setattr(kinds, name, replace(kind, stages=tuple(map(stand_in, kind.stages))))
    patch.setattr("asicae.foundation.extras.require", lambda *names: None)
    patch.setattr("asicae.simulation.executions.tools", dict)


def finished(path: Path, settings: RunSettings | None = None) -> Job:
    """Such a run, whole; only where ``use_stand_ins`` holds."""
    job = Job.create(path, settings or RunSettings(network="small", links=(2, 5)))
    job.run()
    return job
