"""What tests share: one small run of the whole path, the record of a long campaign, and that
warnings of the C++ compiler are errors."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from asicae.runs.job import Job
from asicae.runs.settings import RunSettings
from asicae.simulation import compiler
from asicae.source.simulate import SourceSettings
from asicae.training.settings import CompareSettings, TrainSettings
from tests.campaigns.exactness_record import Campaign

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


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The finished run; tests leave it as complete as they found it."""
    folder = tmp_path_factory.mktemp("flow")
    # Made under a relative name, as `make demo` does, and used under an absolute one.
    with contextlib.chdir(folder):
        Job.create(Path("run"), SETTINGS).run()
    return Job.open(folder / "run")


@pytest.fixture(scope="session", autouse=True)
def _no_warnings() -> Iterator[None]:
    """The kit's C++ compiles without a warning, here and with this compiler."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "WARNINGS", (*compiler.WARNINGS, "-Werror"))
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--campaign",
        type=Path,
        metavar="PATH",
        help="run the whole exactness matrix (half an hour) and write what it compared to PATH",
    )


@pytest.fixture(scope="session")
def campaign(request: pytest.FixtureRequest) -> Iterator[Campaign | None]:
    """The record of a campaign, None without ``--campaign``; written when the tests are done."""
    path: Path | None = request.config.getoption("--campaign")
    if path is None:
        yield None
        return
    record = Campaign(path, request.config.invocation_params.args)
    yield record
    record.write()
