"""Towers: cells of neighbours and layers add up where they are, and nothing is lost."""

import dataclasses

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.metrics.crossing import crossing
from asicae.metrics.towers import PHI_BINS, tower_energy, towers_of
from asicae.module import detector
from asicae.module.geometry import CENTRES
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.readout.made_up_readouts import readouts as made_up


def modules(*places: tuple[int, int, int, int]):
    """Modules (event, layer, u, v) without charge."""
    event, layer, u, v = np.array(places).T
    return dataclasses.replace(
        made_up(len(places)),
        calq=np.zeros((len(places), 48), np.int32),
        event=event.astype(np.int64),
        layer=layer.astype(np.int16),
        wafer_u=u.astype(np.int16),
        wafer_v=v.astype(np.int16),
    )


def tower_by_hand(layer: int, u: int, v: int, cell: int) -> int:
    """Bin of eta from 1.479 to 3 in 18 steps, and of azimuth in 72 from -180 degrees on."""
    half = 16.74 / 2
    pitch = np.sqrt(np.sqrt(3) / 2 * 16.74**2 / 48 / (2 * np.sqrt(3)))
    turned = complex(*CENTRES[cell]) * complex(np.cos(np.pi / 6), 0.5) * pitch
    place = complex((v - 2 * u) * half, np.sqrt(3) * v * half) + turned
    distance = detector.layers().z_cm[layer - 1]
    eta = -np.log(np.tan(np.arctan2(abs(place), distance) / 2))
    row = int((eta - 1.479) / ((3.0 - 1.479) / 18))
    return row * 72 + int((np.degrees(np.angle(place)) + 180) / 5)


def test_cells_add_to_the_tower_that_holds_them_over_neighbours_and_layers() -> None:
    places = [(3, 5, 4, 2), (3, 5, 4, 3), (3, 9, 4, 2), (8, 5, 4, 2)]
    ours = modules(*places)
    towers = towers_of(crossing(ours))
    assert len(set(zip(towers.event.tolist(), towers.tower.tolist(), strict=True))) == len(towers)
    cells = {
        (row, cell): tower_by_hand(*places[row][1:], cell) for row in range(4) for cell in range(48)
    }
    for (row, cell), tower in cells.items():
        mine = towers.index[row, cell]
        assert (towers.tower[mine], towers.event[mine]) == (tower, int(row == 3))
    # One cell each of two modules and of another layer in one tower, and the same in another event.
    shared = set.intersection(*({cells[row, cell] for cell in range(48)} for row in range(3)))
    tower = min(shared)
    charges = np.zeros((4, 48))
    wanted = {0: 0.0, 1: 0.0}
    for row in range(4):
        cell = next(cell for cell in range(48) if cells[row, cell] == tower)
        charges[row, cell] = 12 * (row + 1)
        gev = detector.trigger_energy_per_mip()[places[row][1] - 1] * (row + 1)
        wanted[int(row == 3)] += gev
    energies = towers.energies(charges)
    filled = np.flatnonzero(energies)
    assert {int(towers.event[at]): energies[at] for at in filled} == pytest.approx(wanted)
    assert set(towers.tower[filled]) == {tower} and tower // PHI_BINS < 18


def test_a_layer_that_sends_stands_for_those_before_it() -> None:
    gev, layers = detector.trigger_energy_per_mip(), detector.layers()
    sends = np.isin(np.arange(1, 48), detector.TRIGGER_LAYERS)
    assert ((gev > 0) == sends).all()
    assert (gev * layers.e_over_mip).sum() == pytest.approx(layers.mip_loss_gev.sum())
    two = (layers.mip_loss_gev[1] + layers.mip_loss_gev[2]) / layers.e_over_mip[2]
    assert gev[2] == pytest.approx(two) and gev[0] < gev[2]


def test_errors_are_worked_out_by_hand_and_do_not_grow_when_classes_are_joined() -> None:
    true, decoded = np.array([4.0, 2.0, 0.5, 0.0]), np.array([5.0, 1.0, 0.5, 0.5])
    found = tower_energy(true, decoded)
    assert found.error == pytest.approx(2.5 / 6.5)
    assert (found.towers, found.response) == (2, pytest.approx((1.25 + 0.5) / 2))
    assert found.resolution == pytest.approx(0.375)
    assert tower_energy(true, true).error == 0.0
    rng = np.random.default_rng(1)
    parts = [(rng.exponential(3, 50), rng.exponential(3, 50)) for _ in range(3)]
    errors = [tower_energy(*part).error for part in parts]
    shares = [part[0].sum() for part in parts]
    joined = tower_energy(sum(t for t, _ in parts), sum(d for _, d in parts)).error
    assert joined <= np.average(errors, weights=shares)
    quiet = tower_energy(np.array([0.5, 0.2]), np.array([0.4, 0.2]))  # no tower is high enough
    assert (quiet.towers, quiet.response, quiet.resolution) == (0, None, None)
    assert quiet.error == pytest.approx(0.1 / 0.7)
    with pytest.raises(BadInput, match="no energy"):
        tower_energy(np.zeros(3), decoded[:3])


def test_an_electron_is_in_one_crossing_what_it_brought() -> None:
    """Transverse energy of all towers: that of 40 GeV electrons, within 10 % in the mean."""
    settings = SourceSettings(
        together=True, events=40, seed=2, pileup=(0,), layers=tuple(range(1, 26, 2)), electrons=1,
        photons=0, pions=0, pt_min_gev=40, pt_max_gev=40, threshold_mip_t=0, noise_scale=0,
    )  # fmt: skip
    ours = simulate(settings, progress=False)
    towers = towers_of(crossing(ours))
    total = np.bincount(towers.event, towers.energies(ours.calq))
    assert np.median(total) == pytest.approx(40, rel=0.1)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("event", -1, "event is unknown in row 1, allowed is a number"),
        ("layer", 4, "layer sends no trigger data in row 1, allowed is one of"),
        ("layer", 99, "no trigger data in row 1, .* up to 47"),
        ("wafer_u", 0, r"place is \(0, 0\) in row 1"),
    ],
)
def test_modules_that_belong_nowhere_are_refused(column: str, value: int, said: str) -> None:
    ours = modules((0, 5, 4, 2), (0, 5, 4, 0))
    values = getattr(ours, column).copy()
    values[1] = value
    with pytest.raises(BadInput, match=said):
        crossing(dataclasses.replace(ours, **{column: values}))
    with pytest.raises(BadInput, match="no modules"):
        crossing(ours.select(slice(0, 0)))
