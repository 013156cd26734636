"""Events on which the tests of this room train."""

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
