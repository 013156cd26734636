"""One short run of the whole path on the small network, made once and copied to each process."""

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from asicae.comparison.settings import CompareSettings
from asicae.runs.job import Job
from asicae.runs.settings import RunSettings
from asicae.source.settings import SourceSettings
from asicae.training.settings import TrainSettings

SETTINGS = RunSettings(
    network="small",
    source=SourceSettings(events=3_000, seed=5),
    train=TrainSettings(epochs=2, next_epochs=1, fine_tune_epochs=1, hidden=(32,)),
    compare=CompareSettings(choice_events=100, spreading_epochs=1),
    links=(2, 5),
    dead_cells_links=5,
    validation_events=300,
    test_events=500,
    verify_events=200,
    engine_events=3_000,
    estimate_events=100,
)
NAME = "run"


def make(folder: Path) -> None:
    """The run, whole, as ``folder/run``."""
    # Made under a relative name, as `make demo` does, and used under an absolute one.
    with contextlib.chdir(folder):
        Job.create(Path(NAME), SETTINGS).run()


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Job:
    """The finished run; tests leave it as complete as they found it.

    Every process has a copy of its own; the first that needs one makes it for all.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "short"
    with _one_at_a_time(shared.with_suffix(".lock")):
        if not shared.is_dir():
            made = tmp_path_factory.mktemp("short")
            make(made)
            made.rename(shared)
    copy = tmp_path_factory.mktemp("flow") / NAME
    shutil.copytree(shared / NAME, copy)
    return Job.open(copy)


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
