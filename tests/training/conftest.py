"""Events on which the tests of this room train."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.preset("econ-t")


@pytest.fixture(scope="module")
def readouts() -> Readouts:
    return simulate(SourceSettings(events=6000, seed=5))


@pytest.fixture(scope="module")
def parts(readouts: Readouts) -> tuple[Readouts, Readouts, Readouts]:
    return tuple(readouts.select(slice(*ends)) for ends in ((0, 5000), (5000, 5500), (5500, None)))


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, whose modules are forgotten behind the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(f"{tmp_path}/"):
            del sys.modules[name]
