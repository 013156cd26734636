"""Showers over modules and layers: known charge has a known direction, width and depth."""

import dataclasses

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.metrics.cluster import (
    RADIUS,
    SEARCH,
    SEED_BIN,
    around_signals,
    clusters,
    signal_directions,
)
from asicae.metrics.crossing import crossing
from asicae.module import detector
from tests.metrics.test_towers import modules

PLACES = [(0, 5, 4, 2), (0, 5, 4, 3), (0, 9, 4, 2), (0, 27, 4, 2), (7, 5, 4, 2)]


def nearest_cells(ours, direction: complex) -> np.ndarray:
    """Row and cell of each event and layer whose direction is nearest to one."""
    found = {}
    for row in range(len(ours.event)):
        for cell in range(48):
            key = int(ours.event[row]), int(ours.layer[row])
            away = abs(ours.slope[row, cell] - direction)
            if key not in found or away < found[key][0]:
                found[key] = away, row, cell
    return {key: (row, cell) for key, (_, row, cell) in found.items()}


def test_direction_width_and_depth_are_those_worked_out_by_hand() -> None:
    ours = crossing(modules(*PLACES))
    border = (ours.slope[0].mean() + ours.slope[1].mean()) / 2  # between the two neighbours
    near = nearest_cells(ours, border)
    gev = {(0, 5): 3.0, (0, 9): 2.0, (0, 27): 5.0, (1, 5): 4.0}
    charges = np.zeros((len(PLACES), 48))
    for key, energy in gev.items():
        row, cell = near[key]
        charges[row, cell] = energy / ours.weight[row]
    other = np.argmin(np.where(charges[1] + charges[0] > 0, np.inf, abs(ours.slope[1] - border)))
    charges[1, other] += 1.0 / ours.weight[1]  # across the border of the modules
    found = clusters(ours, charges, np.full(2, border))
    cells = [(near[0, 5], 3.0), (near[0, 9], 2.0), (near[0, 27], 5.0), ((1, other), 1.0)]
    slopes = np.array([ours.slope[place] for place, _ in cells])
    assert abs(slopes - border).max() < RADIUS / 2
    weights = np.array([energy for _, energy in cells])
    mean = (slopes * weights).sum() / 11
    assert found.energy == pytest.approx([11.0, 4.0])
    assert found.direction == pytest.approx([mean, ours.slope[near[1, 5]]])
    wanted = np.sqrt((weights * abs(slopes - mean) ** 2).sum() / 11)
    assert found.width == pytest.approx([wanted, 0.0], abs=1e-9)
    x0 = detector.layers().x0
    assert found.depth == pytest.approx([(4 * x0[4] + 2 * x0[8] + 5 * x0[26]) / 11, x0[4]])
    assert found.hadronic == pytest.approx([5 / 11, 0.0])
    assert found.shape.shape == (2, 3)


def test_the_fullest_place_is_the_shower_and_what_is_far_is_none_of_it() -> None:
    ours = crossing(modules(*PLACES))
    charges = np.zeros((len(PLACES), 48))
    middle = ours.slope[0].mean() / SEED_BIN
    centre = SEED_BIN * complex(np.floor(middle.real) + 0.5, np.floor(middle.imag) + 0.5)
    near = nearest_cells(ours, centre)
    for layer in (5, 9):  # 20 GeV in two layers, against 15 in one cell of the neighbour
        row, cell = near[0, layer]
        charges[row, cell] = 10 / ours.weight[row]
    away = abs(ours.slope[1] - centre)
    far = int(np.argmin(abs(away - (RADIUS + SEARCH) / 2)))
    assert RADIUS + 0.005 < away[far] < SEARCH
    charges[1, far] = 15 / ours.weight[1]
    found = clusters(ours, charges, np.full(2, centre))
    assert found.energy[0] == pytest.approx(20)
    assert abs(found.direction[0] - centre) < 0.005
    charges[1, far] *= 2  # 30 GeV: now that is the shower
    moved = clusters(ours, charges, np.full(2, centre))
    assert moved.energy[0] == pytest.approx(30)
    assert moved.direction[0] == pytest.approx(ours.slope[1, far])
    assert found.energy[1] == found.width[1] == found.depth[1] == 0  # without charge
    with pytest.raises(BadInput, match="charges of 4 modules, not 5"):
        clusters(ours, charges[1:], np.full(2, centre))


def test_signals_are_where_their_energy_is_and_modules_around_them_are_kept() -> None:
    far = (0, 5, 1, 6)
    made = modules(*PLACES, far)
    energy = np.array([1.0, 3.0, 0.0, 0.0, 0.0, 0.0], np.float32)
    made = dataclasses.replace(made, sim_energy=energy)
    centres = crossing(made).slope.mean(axis=1)
    number, found = signal_directions(made)
    assert number.tolist() == [0]
    assert found == pytest.approx([(centres[0] + 3 * centres[1]) / 4])
    kept, near = around_signals(made)  # event 7 has no signal
    assert list(zip(kept.event, kept.layer, kept.wafer_u, kept.wafer_v, strict=True)) == PLACES[:4]
    assert near == pytest.approx(found)
    with pytest.raises(BadInput, match="no module has simulated energy"):
        around_signals(dataclasses.replace(made, sim_energy=0 * energy))
