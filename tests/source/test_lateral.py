"""What the source leaves in the 48 cells of a module against the published parameterisation.

20,000 equal particles go through the code that the source runs. The mean signals of the 48 cells
are held against depth x (core + tail) integrated over the hexagons: the test value is chi square
with the covariance of the sample, given in its own standard deviations. Below 5 is agreement.
"""

import numpy as np
import pytest

from asicae.module import detector
from asicae.source import particles, spots
from tests.judges.published_showers import em_cells, pion_cells

COUNT = 20_000
ETA = 2.0
AXIS = (1.3, -2.1)  # cm from the centre of the module
STRAGGLING = 0.09  # of the 300 µm sensor


def deposited(kind, energy, layer, seed=1):
    """Signals float[COUNT, 48] of equal particles, each in a module of its own."""
    full, number = np.ones(COUNT), np.full(COUNT, 1)
    modules = detector.Modules(
        layer=layer * number, u=number, v=number, radius_cm=full, eta=ETA * full,
        wafer_type=2 * number, present=np.ones((COUNT, 48), bool),
    )  # fmt: skip
    beam = particles.Particles(
        np.arange(COUNT), kind * number, energy * full, AXIS[0] * full, AXIS[1] * full
    )
    return spots.deposit(beam, modules, np.random.default_rng(seed))


def deviation(seen, expected):
    """Chi square of the 48 means in standard deviations from what is expected by chance."""
    miss = seen.mean(axis=0) - expected
    square = miss @ np.linalg.solve(np.cov(seen.T) / len(seen), miss)
    return (square - 48) / np.sqrt(2 * 48)


@pytest.mark.parametrize(
    ("kind", "energy", "layer"),
    [
        (particles.ELECTRON, 5.0, 3),
        (particles.ELECTRON, 5.0, 11),
        (particles.ELECTRON, 60.0, 7),
        (particles.ELECTRON, 60.0, 19),
        (particles.PHOTON, 20.0, 13),
        (particles.PHOTON, 200.0, 9),
        (particles.PHOTON, 200.0, 25),
    ],
)
def test_electromagnetic_showers_fill_the_cells_as_published(kind, energy, layer):
    constant = 0.5 if kind == particles.PHOTON else -0.5
    published = (energy, constant, layer, np.tanh(ETA), AXIS)
    seen, expected = deposited(kind, energy, layer), em_cells(*published)
    assert abs(deviation(seen, expected)) < 5
    total = seen.sum(axis=1)
    error = total.std() / np.sqrt(COUNT)
    assert abs(total.mean() - expected.sum()) < 4.5 * error
    assert error < 0.01 * total.mean()
    # What the test sees: a Molière radius 5 % off, radii and shares that do not follow the depth.
    for other in ({"moliere": 1.05 * 2.8}, {"tau": 1.0}, {"core_share": 0.75}):
        assert deviation(seen, em_cells(*published, **other)) > 10


@pytest.mark.parametrize(("energy", "layer"), [(10.0, 7), (40.0, 29), (100.0, 21), (100.0, 35)])
def test_pions_fill_the_cells_as_published(energy, layer):
    """Depth of Bock, soft part of Grindhammer and Peters, hard part of the width that is ours."""
    published = (energy, layer, np.tanh(ETA), AXIS, STRAGGLING)
    seen = deposited(particles.PION, energy, layer)
    assert abs(deviation(seen, pion_cells(*published))) < 5
    for other in ({"moliere": 0.7 * 2.8}, {"width": 1.2 * 25.0}):
        assert deviation(seen, pion_cells(*published, **other)) > 10
