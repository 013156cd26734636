"""One short run of the whole path on the small network, made once and copied to each process."""

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from asicae.runs.job import Job
from asicae.runs.kinds import TRAINED
from asicae.runs.settings import RunSettings
from tests.support.places import FIXTURES
from tests.support.stage_use import StageUse, watching

SETTINGS = RunSettings.model_validate_json((FIXTURES / "short_run.json").read_bytes())
NAME = "run"
USE = "use.json"
"""What its stages used, beside it."""


def make(folder: Path) -> None:
    """The run, whole, as ``folder/run``, and what its stages used."""
    # Made under a relative name, as `make demo` does, and used under an absolute one.
    with contextlib.chdir(folder), watching(TRAINED.stages) as use:
        Job.create(Path(NAME), SETTINGS).run()
    use.save(folder / USE)


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory, shared_run: Path) -> Job:
    """The finished run; tests leave it as complete as they found it.

    Every process has a copy of its own; the first that needs one makes it for all.
    """
    copy = tmp_path_factory.mktemp("flow") / NAME
    shutil.copytree(shared_run / NAME, copy)
    return Job.open(copy)


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Where the run of all processes lies, which nobody changes."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "short"
    with _one_at_a_time(shared.with_suffix(".lock")):
        if not shared.is_dir():
            made = tmp_path_factory.mktemp("short")
            make(made)
            made.rename(shared)
    return shared


@pytest.fixture(scope="session")
def stage_use(shared_run: Path) -> StageUse:
    """What the stages of the run used while it was made."""
    return StageUse.load(shared_run / USE)


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
