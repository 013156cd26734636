"""Events on which the tests of this room choose and measure."""

import pytest

from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate


@pytest.fixture(scope="module")
def readouts():
    return simulate(SourceSettings(events=5_000, seed=21))


@pytest.fixture(scope="module")
def parts(readouts):
    return tuple(readouts.select(slice(*ends)) for ends in ((0, 4000), (4000, 4500), (4500, None)))
