"""Modules through the endcap, those cut at its edges, and dead cells."""

import numpy as np

from asicae.module import detector
from asicae.module import parameters as par
from asicae.module.geometry import CENTRES
from asicae.source import simulate as source
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate


def test_modules_stand_on_their_lattice():
    every = detector.modules()
    assert every.eta.min() >= 1.5 - 1e-9 and every.eta.max() <= 3.0 + 1e-9
    layers = detector.layers()
    z = layers.z_cm[every.layer - 1]
    assert np.allclose(np.sinh(every.eta) * every.radius_cm, z)
    assert np.allclose(detector.module_eta(every.layer, every.u, every.v), every.eta)
    half = par.MODULE_PITCH_CM / 2
    here = every.layer == 7
    places = np.stack(
        [(-2 * every.u + every.v)[here] * half, np.sqrt(3) * every.v[here] * half], axis=1
    )
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1)[~np.eye(here.sum(), dtype=bool)]
    assert np.isclose(gaps.min(), 16.74)
    # 48 hexagons of the cell lattice have the area of the module.
    assert np.isclose(48 * 2 * np.sqrt(3) * detector.HALF_PITCH_CM**2, np.sqrt(3) / 2 * 16.74**2)
    assert detector.module_eta(np.array([5]), np.array([0]), np.array([0])) == 0
    # Published figures: 27.7 X0 and 1.5 lengths of CE-E, 10 lengths in all, sensors of 120 µm
    # inside 70 cm, silicon up to 104.6 cm in the last layers, 321.05 to 361.97 cm for CE-E.
    assert np.isclose(layers.step_x0[:26].sum(), 27.7)
    assert np.isclose(layers.step_length[:26].sum(), 1.5)
    assert np.isclose(layers.step_length.sum(), 10.0)
    assert layers.z_cm[0] > 321.05 and layers.z_cm[25] < 361.97 < layers.z_cm[26]
    assert (np.diff(layers.z_cm) > 1.3).all() and layers.z_cm[46] < 514.05
    assert every.radius_cm[every.wafer_type == 0].max() < 70
    assert every.radius_cm[every.wafer_type > 0].min() >= 70
    assert every.radius_cm[every.layer == 47].max() <= 104.6


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
    dead = source.dead_cells_at(settings, *place)
    assert (ours.calq[dead] == 0).all() and dead[:, [5, 17]].all()
    everywhere = detector.modules(partial=True)
    map_of = source.dead_cells_at(settings, everywhere.layer, everywhere.u, everywhere.v)
    free = np.delete(map_of, [5, 17], axis=1)
    assert abs(free.mean() - 0.1) < 5 * np.sqrt(0.09 / free.size)
    assert np.array_equal(dead, source.dead_cells_at(settings, *place))
    other = settings.model_copy(update={"seed": 8})
    assert not np.array_equal(dead, source.dead_cells_at(other, *place))
    # The cells that are alive see what they would see in intact modules.
    intact = simulate(settings.model_copy(update={"dead_share": 0.0, "dead_cells": ()}))
    assert np.isclose((ours.calq[~dead] > 0).mean(), (intact.calq > 0).mean(), rtol=0.1)
    nowhere = np.array([1]), np.array([0]), np.array([0])
    assert source.dead_cells_at(settings, *nowhere).sum() == 2
    assert not detector.cells_present(*nowhere).any()
