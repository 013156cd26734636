"""Cells that a module lacks or that are dead send nothing."""

import numpy as np

from asicae.module import detector
from asicae.module.geometry import CENTRES
from asicae.source.dead_cells import dead_cells_at
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate


def test_partial_modules_lack_the_cells_outside_the_silicon():
    ours = simulate(SourceSettings(events=6000, seed=6, mixture="pileup", partial=True))
    place = (ours.layer, ours.wafer_u, ours.wafer_v)
    present = detector.cells_present(*place)
    missing = (~present).sum(axis=1)
    assert np.array_equal(ours.partial, missing > 0)
    assert not simulate(SourceSettings(events=500, seed=6, mixture="pileup")).partial.any()
    assert (ours.calq[~present] == 0).all()
    assert 0.05 < (missing > 0).mean() < 0.4 and missing.max() <= 36
    crowded = (ours.eta > 2.9) & (ours.layer < 14) & (missing > 0)
    assert crowded.sum() > 20 and (ours.calq[crowded][present[crowded]] > 0).mean() > 0.5
    # Cells are absent beyond the edge: none that is left is further out than any lost one.
    every = detector.modules(partial=True)
    outer = (every.layer == 9) & (every.radius_cm > 100) & ~every.present.all(axis=1)
    turned = CENTRES @ [1, 1j] * np.exp(1j * np.pi / 6) * detector.HALF_PITCH_CM
    half = 16.74 / 2
    centres = (-2 * every.u + every.v) * half + 1j * np.sqrt(3) * every.v * half
    for row in np.flatnonzero(outer):
        distance = abs(centres[row] + turned)
        here = every.present[row]
        assert distance[here].max() < distance[~here].min()
    complete = detector.modules()
    assert complete.present.all() and len(complete) < len(every)


def test_dead_cells_belong_to_the_place_and_send_nothing():
    settings = SourceSettings(
        events=4000, seed=7, mixture="pileup", dead_share=0.1, dead_cells=(5, 17), layers=(5, 7)
    )
    ours = simulate(settings)
    place = (ours.layer, ours.wafer_u, ours.wafer_v)
    dead = dead_cells_at(settings, *place)
    assert (ours.calq[dead] == 0).all() and dead[:, [5, 17]].all()
    everywhere = detector.modules(partial=True)
    map_of = dead_cells_at(settings, everywhere.layer, everywhere.u, everywhere.v)
    free = np.delete(map_of, [5, 17], axis=1)
    assert abs(free.mean() - 0.1) < 5 * np.sqrt(0.09 / free.size)
    assert np.array_equal(dead, dead_cells_at(settings, *place))
    other = settings.model_copy(update={"seed": 8})
    assert not np.array_equal(dead, dead_cells_at(other, *place))
    # The cells that are alive see what they would see in intact modules.
    intact = simulate(settings.model_copy(update={"dead_share": 0.0, "dead_cells": ()}))
    assert np.isclose((ours.calq[~dead] > 0).mean(), (intact.calq > 0).mean(), rtol=0.1)
    nowhere = np.array([1]), np.array([0]), np.array([0])
    assert dead_cells_at(settings, *nowhere).sum() == 2
    assert not detector.cells_present(*nowhere).any()
