"""What no weight changes, compiled and synthesised while a run still trains.

The RTL of a chip, whose weights are reloadable, follows from the network alone; so do its programs
and its netlist. ``python -m asicae.runs.ahead RUN DONE`` fills the cache with what the stages of
the run will look for there, in their order, and leaves a file by the name of each in the folder
DONE. It writes nothing else: what it cannot make, the stage makes, or says why not.
"""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen
from typing import Final

from asicae.foundation.errors import AsicaeError
from asicae.foundation.process_group import end_with_starter, started_group
from asicae.foundation.progress import step
from asicae.foundation.threads import worker_count
from asicae.runs.job import Job

Before = Callable[[str], None]
"""Called with the name of a stage before it begins."""
POLITENESS: Final = 5
"""Of the process: the training goes before it."""
POLL_S: Final = 0.1
CHIP: Final = ".chip"
"""In the folder of what is done: the name of no stage."""


@contextlib.contextmanager
def working_ahead(job: Job) -> Iterator[Before]:
    """Work ahead for a run in another process; what is given waits for what a stage will look for.

    With one core there is nothing to gain, and nothing is done.
    """
    if worker_count() == 1:
        yield _nothing
        return
    command = [sys.executable, "-m", "asicae.runs.ahead", str(job.path.resolve())]
    with (
        tempfile.TemporaryDirectory(prefix="asicae-ahead-") as done,
        started_group([*command, done]) as program,
    ):
        names = [stage.name for stage in job.stages if stage.ahead]

        def before(name: str) -> None:
            if name in names:
                _wait_for(Path(done) / name, program)

        yield before


@contextlib.contextmanager
def nothing_ahead() -> Iterator[Before]:
    """Each stage makes what it needs."""
    yield _nothing


def _nothing(name: str) -> None:
    del name


def _wait_for(done: Path, program: "Popen[bytes]") -> None:
    """Until the file is there, or nobody is left who would write it."""
    if done.exists() or program.poll() is not None:
        return
    step(f"{done.name}: waiting for what is compiled ahead")
    while not done.exists() and program.poll() is None:
        time.sleep(POLL_S)


def work_ahead(job: Job, done: Path) -> None:
    """Fill the cache for each stage of a run that wants it, and say so in the folder ``done``.

    The chip lies there, too: whoever ends this process removes it.
    """
    from asicae.export.rtl import export_rtl

    chip = done / CHIP
    export_rtl(job.network, chip, job.settings.chip)
    for stage in job.stages:
        if stage.ahead is not None:
            # Whatever is wrong, its stage says so when its turn comes.
            with contextlib.suppress(AsicaeError):
                stage.ahead(job.network, job.settings, chip / "rtl")
            (done / stage.name).touch()


def main() -> None:
    """See the module."""
    end_with_starter()
    os.nice(POLITENESS)
    run, done = map(Path, sys.argv[1:])
    work_ahead(Job.open(run), done)


if __name__ == "__main__":
    main()
