"""Simulated readouts: the same for a seed, and like what was published."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.module import codes, detector
from asicae.module.geometry import CENTRES
from asicae.source import frontend, spots
from asicae.source import simulate as source
from asicae.source.particles import pileup_particles
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

FIELDS = ("calq", "layer", "wafer_u", "wafer_v", "wafer_type", "high_density", "eta", "sim_energy",
          "pileup")  # fmt: skip


SHALLOW = tuple(range(1, 14, 2))


EVERYTHING = {
    "neutral_pions": 0.2, "jets": 0.2, "partial": True, "dead_share": 0.05, "dead_cells": (3, 40),
}  # fmt: skip


@pytest.mark.parametrize("options", [{}, EVERYTHING])
def test_same_seed_same_bytes_for_any_threads_and_a_longer_run_begins_alike(options):
    few, many = (simulate(SourceSettings(events=n, seed=11, **options)) for n in (300, 5500))
    again = simulate(SourceSettings(events=5500, seed=11, **options), threads=1)
    other = simulate(SourceSettings(events=300, seed=12, **options), threads=3)
    assert len(few) == 300 and len(many) == 5500
    for name in FIELDS:
        assert getattr(many, name).tobytes() == getattr(again, name).tobytes()
        assert getattr(few, name).tobytes() == getattr(many, name)[:300].tobytes()
    assert not np.array_equal(few.calq, other.calq)


def test_every_charge_is_a_decoded_4e3m_code_times_the_calibration():
    ours = simulate(SourceSettings(events=3000, seed=2))
    assert ours.calq.max() > 2000 and ours.calq.dtype == np.int32
    # The front end of a module knows only 128 charges; recompute eta in full precision.
    eta = detector.module_eta(
        *(x.astype(np.int64) for x in (ours.layer, ours.wafer_u, ours.wafer_v))
    )
    assert np.allclose(eta, ours.eta, atol=1e-6)
    every = np.arange(128)
    off_grid = 0
    for row in range(len(ours)):
        mip_counts = (12.8, 26.3168, 39.7312)[ours.wafer_type[row]]
        factor = round(12.0 / (mip_counts * np.cosh(eta[row])) * 2048)
        charges = codes.decode_4e3m(every, bool(ours.high_density[row])).astype(np.int64)
        grid = charges * factor >> 11
        assert np.isin(ours.calq[row], grid).all()
        off_grid += (~np.isin(ours.calq[row] + 1, grid)).sum()
    assert off_grid > 1000  # the grid is coarse enough for the test to mean something


# Mean number of trigger cells above 1.35 transverse MIP at pileup 200, full simulation of CMS
# (github.com/mhassans/hgcal-linkmapping, average_tcs_sil_v11_relval_neutrino_gun_20200625.csv; the
# threshold is the default of CMSSW for that geometry): u^2 - u v + v^2 -> layers 1, 3 .. 25.
PUBLISHED = {
    7: (13.73, 25.87, 27.00, 23.86, 18.78, 13.70, 9.81, 7.19, 5.55, 4.67, 3.98, 3.50, 3.10),
    9: (10.35, 19.78, 20.48, 17.43, 13.26, 9.59, 6.74, 5.03, 3.84, 3.25, 2.86, 2.54, 2.27),
    13: (7.03, 13.25, 13.43, 11.24, 8.28, 5.77, 4.21, 3.27, 2.58, 2.19, 1.94, 1.75, 1.59),
    21: (4.30, 7.98, 7.79, 6.24, 4.54, 3.20, 2.29, 1.82, 1.47, 1.28, 1.15, 1.02, 0.91),
    31: (2.94, 5.04, 4.79, 3.74, 2.70, 1.91, 1.44, 1.11, 0.96, 0.83, 0.76, 0.67, 0.60),
    43: (2.11, 3.47, 3.19, 2.46, 1.77, 1.26, 0.94, 0.76, 0.65, 0.53, 0.49, 0.44, 0.40),
    52: (1.76, 2.75, 2.46, 1.88, 1.36, 0.94, 0.74, 0.61, 0.48, 0.43, 0.37, 0.33, 0.32),
    67: (1.37, 1.97, 1.70, 1.21, 0.89, 0.68, 0.48, 0.38, 0.30, 0.27, 0.24, 0.22, 0.19),
}  # fmt: skip


def test_pileup_200_has_the_published_occupancy_by_radius_and_layer():
    """Eight radii (eta 1.7 to 2.8) and 13 layers: 15 % on average, a third at worst, no trend."""
    every, rng, count = detector.modules(), np.random.default_rng(1), 400
    ratios = np.empty((len(PUBLISHED), 13))
    for row, (distance2, cells) in enumerate(PUBLISHED.items()):
        for column, published in enumerate(cells):
            here = (every.u**2 - every.u * every.v + every.v**2 == distance2) & (
                every.layer == 2 * column + 1
            )
            modules = every.at(np.full(count, np.flatnonzero(here)[0]))
            pileup = pileup_particles(modules, np.full(count, 200), rng)
            mips = spots.deposit(pileup, modules, rng)
            chain = frontend.FrontEnd(threshold_mip_t=1.35)
            sent = frontend.link_codes(mips, modules, modules.present, chain, rng)
            ratios[row, column] = np.count_nonzero(sent, axis=1).mean() / published
    logs = np.log(ratios)
    assert np.sqrt(np.mean(logs**2)) < 0.18
    assert abs(np.median(logs)) < 0.08
    assert abs(np.median(logs, axis=0)).max() < 0.25
    assert abs(np.median(logs, axis=1)).max() < 0.3


def test_pileup_200_fills_about_15_of_48_cells_at_shallow_depth():
    """On average, as many as in a public capture of the front-end codes of one module."""
    settings = {"mixture": "pileup", "drop_empty": False, "events": 6000, "seed": 3}
    ours = simulate(SourceSettings(layers=SHALLOW, **settings))
    hits = (ours.calq > 0).sum(axis=1)
    assert 13.5 < hits.mean() < 16.5
    less = simulate(SourceSettings(layers=SHALLOW, pileup=(140,), **settings))
    assert 0.6 < (less.calq > 0).sum(axis=1).mean() / hits.mean() < 0.9
    # Pileup is nearly uncorrelated between far cells, a little between neighbours.
    inner = np.minimum(ours.calq[(ours.eta > 2.4) & (ours.eta < 2.55)], 200)
    correlation = np.corrcoef(inner.T)
    distance = np.linalg.norm(CENTRES[:, None] - CENTRES[None], axis=-1)
    near = correlation[np.isclose(distance, 2.0)].mean()
    far = correlation[distance > 8].mean()
    assert 0.05 < near < 0.25 and abs(far) < near / 2


def test_signal_showers_have_a_core_and_a_halo():
    ours = simulate(
        SourceSettings(events=4000, seed=4, photons=0, pions=0, pileup=(0,), layers=(7, 9, 11))
    )
    bright = ours.select(ours.calq.max(axis=1) > 500)
    assert len(bright) > 500
    peak = bright.calq.argmax(axis=1)
    distance = np.linalg.norm(CENTRES[peak][:, None] - CENTRES[None], axis=-1)
    total = bright.calq.sum(axis=1)
    rings = [np.where((distance > low) & (distance < high), bright.calq, 0).sum(axis=1) / total
             for low, high in ((-1, 1), (1, 2.5), (2.5, 4.5), (4.5, 99))]  # fmt: skip
    core, halo, outer, far = (ring.mean() for ring in rings)
    assert 0.5 < core < 0.9 and core > halo > outer > far
    assert np.corrcoef(np.log(bright.sim_energy), np.log(total))[0, 1] > 0.7
    pions = simulate(
        SourceSettings(
            events=4000, seed=4, photons=0, electrons=0, pileup=(0,), layers=(27, 29, 31)
        )
    )
    assert (pions.calq.max(axis=1) > 100).mean() > 0.02


def test_metadata_and_empty_modules():
    ours = simulate(SourceSettings(events=5000, seed=5))
    assert (ours.calq > 0).any(axis=1).all()
    assert set(np.unique(ours.pileup)) == {0, 140, 200}
    assert set(np.unique(ours.layer)) <= set(detector.TRIGGER_LAYERS)
    assert (ours.high_density == (ours.wafer_type == 0)).all() and set(ours.wafer_type) == {0, 1, 2}
    assert ours.eta.min() >= 1.5 and ours.eta.max() <= 3.0
    assert (ours.sim_energy > 0).mean() > 0.5
    drawn = simulate(SourceSettings(events=5000, seed=5, drop_empty=False))
    filled = drawn.select((drawn.calq > 0).any(axis=1))
    assert 0.02 < 1 - len(filled) / len(drawn) < 0.7
    assert np.array_equal(ours.calq[: len(filled)], filled.calq)
    hadronic = (drawn.layer > 26).mean()
    assert abs(hadronic - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 5000)
    quiet = simulate(SourceSettings(events=500, seed=5, mixture="pileup"))
    assert (quiet.sim_energy == 0).all() and (quiet.pileup == 200).all()
    assert '"seed":5' in quiet.source


def test_settings_that_leave_nothing_are_refused(monkeypatch):
    monkeypatch.setattr(source, "_MAX_IDLE_CHUNKS", 3)
    settings = SourceSettings(
        pileup=(0,), layers=(47,), electrons=1, photons=0, pions=0, threshold_mip_t=20,
        pt_max_gev=1,
    )  # fmt: skip
    with pytest.raises(BadInput, match="none of 3072 modules holds any charge"):
        simulate(settings)
    with pytest.raises(BadInput, match="threads: found 0, allowed are 1 and more"):
        simulate(SourceSettings(), threads=0)
