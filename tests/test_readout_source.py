import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from asicae.errors import BadInput
from asicae.readout import codes, detector, frontend, sample, source
from asicae.readout.dataset import load
from asicae.readout.geometry import CENTRES
from asicae.readout.source import SourceSettings, settings_from, simulate

FIELDS = ("calq", "layer", "wafer_u", "wafer_v", "wafer_type", "high_density", "eta", "sim_energy",
          "pileup")  # fmt: skip
SHALLOW = tuple(range(1, 14, 2))
DATA = Path(__file__).parents[1] / "data"


def test_same_seed_same_bytes_and_a_longer_run_begins_alike():
    few, many = (simulate(SourceSettings(events=n, seed=11)) for n in (300, 2500))
    again = simulate(SourceSettings(events=2500, seed=11))
    other = simulate(SourceSettings(events=300, seed=12))
    assert len(few) == 300 and len(many) == 2500
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


def test_pileup_200_fills_about_15_of_48_cells_at_shallow_depth():
    """As in public captures of front-end codes, where about 15 of 48 are non-zero."""
    settings = {"mixture": "pileup", "drop_empty": False, "events": 6000, "seed": 3}
    ours = simulate(SourceSettings(layers=SHALLOW, **settings))
    hits = (ours.calq > 0).sum(axis=1)
    assert 13.5 < hits.mean() < 16.5
    edges = [1.5, 1.9, 2.3, 2.7, 3.0]
    by_eta = [hits[(ours.eta >= low) & (ours.eta < high)].mean()
              for low, high in itertools.pairwise(edges)]  # fmt: skip
    assert (np.diff(by_eta) > 2).all() and by_eta[0] < 8 and by_eta[-1] > 25
    less = simulate(SourceSettings(layers=SHALLOW, pileup=(140,), **settings))
    assert 0.6 < (less.calq > 0).sum(axis=1).mean() / hits.mean() < 0.9
    deep = simulate(SourceSettings(layers=(25,), **settings))
    first = hits[ours.layer == 1].mean()
    middle = hits[ours.layer == 7].mean()
    assert (deep.calq > 0).sum(axis=1).mean() < first < middle
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


def test_front_end_hand_worked():
    """10 MIP in 300 µm at cosh(eta) = 2: 38.8 fC = 397 counts, code 44, charge 400, CALQ 60."""
    chain = frontend.FrontEnd(threshold_mip_t=1.0, calq_per_mip_t=12.0, noise_scale=0.0)
    mips = np.zeros((1, 48))
    mips[0, :3] = (10.0, 2.05, 1.98)  # the threshold of 1 MIP_T is 2 MIP here
    kind, eta = np.array([2]), np.array([np.arccosh(2.0)])
    sent = frontend.link_codes(mips, kind, eta, chain, np.random.default_rng(1))
    # 2.05 MIP = 81 counts: v = 40 = 0b101000, e = 3, m = 2; decoded 64 | 16 | 4.
    assert sent[0, :4].tolist() == [44, 26, 0, 0]
    assert frontend.calibration_factor(kind, eta, 12.0).tolist() == [309]
    assert frontend.calibrated(sent, kind, eta, 12.0)[0, :3].tolist() == [60, 84 * 309 >> 11, 0]
    # An empty cell of either density is decoded to 1 or 4 and calibrated to 0.
    every = detector.modules()
    empty = np.zeros((len(every.eta), 48), np.uint8)
    assert (frontend.calibrated(empty, every.wafer_type, every.eta, 12.0) == 0).all()
    with pytest.raises(BadInput, match="needs the calibration factor"):
        frontend.calibration_factor(np.array([0]), np.array([0.5]), 40.0)


def test_noise_has_the_stated_width():
    chain = frontend.FrontEnd(threshold_mip_t=0.0, calq_per_mip_t=12.0, noise_scale=1.0)
    count = 4000
    kind = np.full(count, 1)
    sent = frontend.link_codes(
        np.full((count, 48), 40.0), kind, np.full(count, 2.0), chain, np.random.default_rng(2)
    )
    charge = codes.decode_4e3m(sent, False).astype(float) * 100 / 1024
    # 40 MIP = 102.8 fC in bins of 64 counts, wider than the noise: count the two codes instead.
    edge = 1024 * 100 / 1024
    above = (charge > edge).mean()
    sigma = 2100 * 1.602e-4 * 2  # four cells
    expected = norm.sf((edge - 40 * 2.57) / sigma)
    assert abs(above - expected) < 5 * np.sqrt(expected * (1 - expected) / charge.size)
    assert 0.9 < expected < 1.0 - 1e-5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"events": 0}, "setting: events: found 0, input should be greater than or equal to 1"),
        ({"seed": -1}, "setting: seed: found -1"),
        (
            {"mixture": "both"},
            "setting: mixture: found 'both', input should be 'signal' or 'pileup'",
        ),
        ({"pileup": ()}, "pileup is"),
        ({"pileup": (401,)}, "allowed is one or more of 0..400"),
        ({"mixture": "pileup", "pileup": (0,)}, "pileup is 0 in a mixture without signal"),
        ({"electrons": 0, "photons": 0, "pions": 0}, "all 0, allowed"),
        ({"pt_min_gev": 50, "pt_max_gev": 20}, "pt_max_gev is 20, allowed is pt_min_gev 50"),
        ({"layers": (2,)}, r"layers holds \[2\], allowed"),
        ({"threshold_mip_t": float("nan")}, "setting: threshold_mip_t"),
        ({"colour": 1}, "setting: colour: found 1"),
    ],
)
def test_bad_settings_are_refused_in_one_line(values, message):
    with pytest.raises(BadInput, match=message) as error:
        settings_from(values)
    assert "\n" not in str(error.value)


def test_settings_that_leave_nothing_are_refused(monkeypatch):
    monkeypatch.setattr(source, "_MAX_IDLE_CHUNKS", 3)
    settings = SourceSettings(
        pileup=(0,), layers=(47,), electrons=1, photons=0, pions=0, threshold_mip_t=20,
        pt_max_gev=1,
    )  # fmt: skip
    with pytest.raises(BadInput, match="none of 3072 modules holds any charge"):
        simulate(settings)


def test_the_sample_in_data_is_what_the_code_makes(tmp_path):
    npz, csv = sample.write_sample(tmp_path)
    assert csv.read_bytes() == (DATA / "sample.csv").read_bytes()
    ours, stored, text = load(npz), load(DATA / "sample.npz"), load(DATA / "sample.csv")
    assert ours.source == stored.source
    for name in FIELDS:
        assert np.array_equal(getattr(ours, name), getattr(stored, name))
        assert np.array_equal(getattr(ours, name), getattr(text, name))
    changed = simulate(sample.SETTINGS.model_copy(update={"seed": sample.SETTINGS.seed + 1}))
    assert not np.array_equal(changed.calq, stored.calq)
    assert sum(path.stat().st_size for path in DATA.glob("sample.*")) < 1 << 20
