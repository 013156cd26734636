"""``--campaign PATH``: the whole exactness matrix, and a record of what it compared."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from asicae.campaigns.record import record
from asicae.simulation.builds.toolchain import compiler
from asicae.simulation.builds.verilator import find

SEED = 20260101
PACKAGES = ("hls4ml", "hypothesis", "numpy", "qkeras-v3", "tensorflow")


class Figures(Protocol):
    """What a class counts while it runs."""

    def record(self) -> dict[str, object]: ...


class Campaign:
    """Figures of the classes of a run, written when it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.started = time.monotonic()
        self.settings: dict[str, Any] = {}
        self.classes: dict[str, Figures] = {}

    def write(self) -> None:
        tools = {"c++": compiler().version.splitlines()[0], "verilator": find().label}
        figures = {
            "classes": {name: figures.record() for name, figures in self.classes.items()},
            "seconds": round(time.monotonic() - self.started, 1),
        }
        record(SEED, self.settings, figures, packages=PACKAGES, tools=tools).save(self.path)


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
    found = Campaign(path)
    yield found
    found.write()
