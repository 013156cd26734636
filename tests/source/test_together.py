"""Whole crossings: layers and neighbours belong together, and each module is as one by one."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.module import detector, plane
from asicae.module.geometry import CENTRES, cell_at
from asicae.readout.reading import load
from asicae.source import showers
from asicae.source import simulate as source
from asicae.source.particles import ELECTRON
from asicae.source.response import layer_sums
from asicae.source.settings import SourceSettings, layers_from, settings_from
from asicae.source.simulate import simulate
from asicae.source.together import region_for
from tests.support.command_line import call

ELECTRONS = {"electrons": 1, "photons": 0, "pions": 0, "pt_min_gev": 40, "pt_max_gev": 40}
SHOWERS = SourceSettings(
    together=True, events=120, seed=5, pileup=(0,), layers=(7, 9, 11), **ELECTRONS
)


def cell_places(readouts):
    """Where cells are in their layer, complex[n, 48] in cm."""
    u, v = readouts.wafer_u.astype(float), readouts.wafer_v.astype(float)
    half = 16.74 / 2
    centre = (v - 2 * u) * half + 1j * np.sqrt(3) * v * half
    turned = np.exp(1j * np.pi / 6) * detector.HALF_PITCH_CM * (CENTRES @ np.array([1, 1j]))
    return centre[:, None] + turned


def per_event(readouts, layer, values):
    """Sums of ``values`` over the modules of a layer, by event."""
    here = readouts.layer == layer
    return np.bincount(readouts.event[here], values[here], SHOWERS.events)


@pytest.fixture(scope="module")
def electrons():
    return simulate(SHOWERS, progress=False)


def test_modules_cover_the_plane_without_gaps_or_overlap():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-150, 150, (2, 20_000))
    u, v, cell = plane.cells_at(x, y)
    half = 16.74 / 2
    centre = (v - 2 * u) * half + 1j * np.sqrt(3) * v * half
    inside = (x + 1j * y - centre) * np.exp(-1j * np.pi / 6) / detector.HALF_PITCH_CM
    assert np.array_equal(cell_at(inside.real, inside.imag), cell)


def test_same_seed_same_bytes_and_every_crossing_fills_every_module():
    settings = {"together": True, "seed": 9, "layers": (5, 27), "jets": 0.5, "drop_empty": False}
    many = simulate(SourceSettings(events=6, **settings), threads=3, progress=False)
    few = simulate(SourceSettings(events=3, **settings), threads=1, progress=False)
    modules = region_for(SourceSettings(**settings)).modules
    assert len(many) == 6 * len(modules) and len(few) == 3 * len(modules)
    assert np.array_equal(many.event, np.repeat(np.arange(6), len(modules)))
    for name in ("layer", "wafer_u", "wafer_v"):
        found = getattr(many, name).reshape(6, -1)
        assert np.array_equal(found, np.tile(found[0], (6, 1)))
    for name in ("calq", "sim_energy", "pileup", "event"):
        assert getattr(few, name).tobytes() == getattr(many, name)[: len(few)].tobytes()
    every = detector.modules()
    assert 3 * len(modules) == np.isin(every.layer, (5, 27)).sum()
    assert len(np.unique(many.pileup.reshape(6, -1), axis=1).T) == 1  # one for a crossing
    other = simulate(SourceSettings(events=3, **(settings | {"seed": 10})), progress=False)
    assert not np.array_equal(other.calq, few.calq)


def test_in_pileup_each_module_is_as_if_it_were_drawn_alone():
    """Occupancy and charge of the modules of a class: 8 % from those drawn one by one."""
    settings = {"links": 5, "layers": (5, 7), "seed": 3}
    whole = simulate(SourceSettings(together=True, events=60, **settings), progress=False)
    alone = simulate(SourceSettings(events=2048, **settings), progress=False)
    assert set(zip(whole.layer, whole.wafer_u, whole.wafer_v, strict=True)) <= set(
        zip(alone.layer, alone.wafer_u, alone.wafer_v, strict=True)
    )
    hits = [(readouts.calq > 0).sum(axis=1).mean() for readouts in (whole, alone)]
    charge = [np.minimum(r.calq.sum(axis=1), 1000).mean() for r in (whole, alone)]
    assert abs(hits[0] / hits[1] - 1) < 0.08 and hits[1] > 8
    assert abs(charge[0] / charge[1] - 1) < 0.08


def test_a_shower_goes_through_its_layers(electrons):
    sums = {n: per_event(electrons, n, electrons.sim_energy) for n in (7, 9, 11)}
    shower = (sums[7] > 0) & (sums[9] > 0)
    assert shower.mean() > 0.9
    logs = np.log(sums[7][shower]), np.log(sums[9][shower])
    assert np.corrcoef(*logs)[0, 1] > 0.7
    mixed = np.random.default_rng(1).permutation(shower.sum())
    assert abs(np.corrcoef(logs[0], logs[1][mixed])[0, 1]) < 0.35  # of another event: nothing
    # The charge lies on a straight line from the collision point.
    weight = electrons.calq * (electrons.calq > 100)
    moment = (weight * cell_places(electrons)).sum(axis=1)
    slopes = []
    for layer in (7, 11):
        total = per_event(electrons, layer, weight.sum(axis=1).astype(float))
        real, imag = (per_event(electrons, layer, x) for x in (moment.real, moment.imag))
        with np.errstate(invalid="ignore", divide="ignore"):
            slopes.append((real + 1j * imag) / total / detector.layers().z_cm[layer - 1])
    apart = abs(slopes[0] - slopes[1])[shower] * detector.layers().z_cm[8]
    assert np.nanmedian(apart) < 0.5  # cm, a quarter of a cell; other events are a metre away


def test_no_charge_is_lost_between_modules(electrons):
    """The mean of a layer over the whole sector is that of the published profile."""
    inside = np.flatnonzero(per_event(electrons, 9, electrons.sim_energy) > 0)
    eta = np.array([np.average(electrons.eta[mine], weights=electrons.sim_energy[mine] + 1e-9)
                    for mine in (electrons.event == n for n in inside)])  # fmt: skip
    found = per_event(electrons, 9, electrons.sim_energy)[inside] / (40 * np.cosh(eta))
    core = (eta > 1.65) & (eta < 2.85)  # away from the edges of the silicon
    rng = np.random.default_rng(2)
    beam = np.full(300, 40 * np.cosh(2.25))
    sums = layer_sums(ELECTRON, beam, 2.25, 1, rng)[:, 8] * showers.energy_per_mip()[8]
    wanted = (sums / beam).mean()
    assert abs(np.mean(found[core]) / wanted - 1) < 0.15
    shared = (electrons.sim_energy[electrons.layer == 9] > 0).sum() / len(inside)
    assert shared > 1.2  # modules that see a shower in this layer


def test_what_cannot_be_together_is_refused(monkeypatch):
    assert settings_from({"together": True}).events == 100
    with pytest.raises(BadInput, match=r"events is 99999, together of \d+ modules; allowed are 16"):
        simulate(SourceSettings(together=True, events=99_999), progress=False)
    bare = SourceSettings(together=True, events=2, pileup=(0,), layers=(47,), threshold_mip_t=20,
                          pt_max_gev=1)  # fmt: skip
    with pytest.raises(BadInput, match=r"threshold_mip_t 20: none of .* holds any charge"):
        simulate(bare, progress=False)
    with pytest.raises(BadInput, match=r"links 11, layers \(25,\): no module"):
        simulate(SourceSettings(together=True, links=11, layers=(25,)), progress=False)
    monkeypatch.setattr(source, "MAX_MODULES", 10)
    with pytest.raises(BadInput, match="allowed are 10"):
        simulate(SourceSettings(together=True, events=1), progress=False)


def test_the_command_line_keeps_crossings_together(tmp_path, capsys):
    words = ("data", "simulate", "--together", "--layers", "5-8", "--events", 2, "--class", "dense")
    assert call(*words, "-o", tmp_path / "a.csv") == 0
    ours = load(tmp_path / "a.csv")
    wanted = simulate(
        SourceSettings(together=True, layers=(5, 7), events=2, links=7), progress=False
    )
    assert np.array_equal(ours.calq, wanted.calq) and np.array_equal(ours.event, wanted.event)
    assert set(ours.event) == {0, 1}
    assert layers_from("1-4,27") == (1, 3, 27)
    for text in ("2", "4,6", "0-3", "5-x", "7-5"):
        assert call(*words[:3], "--layers", text, "-o", tmp_path / "b.csv") == 2
    assert "layers" in capsys.readouterr().err
