"""Noise, digitisation, saturation and coding of the synthetic front end, by hand."""

import numpy as np
import pytest
from scipy.stats import norm

from asicae.foundation.errors import BadInput
from asicae.module import codes, detector
from asicae.source import frontend
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate


def modules(kind, cosh, count=1):
    """Modules of one wafer type at cosh(eta); where they stand does not matter to the front end."""
    full = np.full(count, 1)
    return detector.Modules(
        layer=full, u=full, v=full, radius_cm=1.0 * full, eta=np.arccosh(cosh) * full,
        wafer_type=kind * full, present=np.ones((count, 48), bool),
    )  # fmt: skip


def test_front_end_hand_worked():
    """10 MIP in 300 µm at cosh(eta) = 2: 38.8 fC = 397 counts, code 44, charge 400, CALQ 60."""
    chain = frontend.FrontEnd(threshold_mip_t=1.0, calq_per_mip_t=12.0, noise_scale=0.0)
    mips = np.zeros((1, 48))
    mips[0, :4] = (10.0, 2.05, 1.98, 10.0)  # the threshold of 1 MIP_T is 2 MIP here
    alive = np.ones((1, 48), bool)
    alive[0, 3] = False
    module = modules(2, 2.0)
    sent = frontend.link_codes(mips, module, alive, chain, np.random.default_rng(1))
    # 2.05 MIP = 81 counts: v = 40 = 0b101000, e = 3, m = 2; decoded 64 | 16 | 4.
    assert sent[0, :5].tolist() == [44, 26, 0, 0, 0]
    kind, eta = module.wafer_type, module.eta
    assert frontend.calibration_factor(kind, eta, 12.0).tolist() == [309]
    assert frontend.calibrated(sent, kind, eta, 12.0)[0, :3].tolist() == [60, 84 * 309 >> 11, 0]
    # An empty cell of either density is decoded to 1 or 4 and calibrated to 0.
    every = detector.modules(partial=True)
    empty = np.zeros((len(every), 48), np.uint8)
    assert (frontend.calibrated(empty, every.wafer_type, every.eta, 12.0) == 0).all()
    with pytest.raises(BadInput, match="needs the calibration factor"):
        frontend.calibration_factor(np.array([0]), np.array([0.5]), 40.0)


def test_charges_are_measured_by_adc_then_time_over_threshold_then_saturate():
    """100 fC / 1024 a count up to 100 fC, steps of 10 pC / 4096 = 25 counts up to 10 pC."""
    charges = np.array([-1.0, 0.097, 0.098, 99.95, 100.0, 103.0, 5000.0, 10_000.0, 1e9])
    expected = [0, 0, 1, 1023, 1024, 42 * 25, 2048 * 25, 4096 * 25, 4096 * 25]
    assert frontend.counts(charges).tolist() == expected
    assert frontend.counts(np.array([3000.0]), saturation_fc=200.0).tolist() == [81 * 25]
    # In the simulation: 4096 x 25 counts are code 127 of neither density, but nothing is above it.
    loud = {"photons": 0, "pions": 0, "pileup": (0,), "layers": (9,), "events": 2000,
            "pt_min_gev": 900, "pt_max_gev": 1000, "drop_empty": False}  # fmt: skip
    held = simulate(SourceSettings(**loud))
    free = simulate(SourceSettings(saturation_fc=1e6, **loud))
    factor = frontend.calibration_factor(held.wafer_type.astype(int), held.eta.astype(float), 12.0)
    step = 1.13  # one bin of the code
    assert (held.calq.max(axis=1) <= step * factor * 102_400 / 2048).all()
    assert (free.calq.max(axis=1) > step * factor * 102_400 / 2048).mean() > 0.1


def test_noise_has_the_stated_width():
    chain = frontend.FrontEnd(threshold_mip_t=0.0, calq_per_mip_t=12.0, noise_scale=1.0)
    module = modules(1, 2.0, 4000)
    mips = np.full((4000, 48), 38.0)
    sent = frontend.link_codes(mips, module, module.present, chain, np.random.default_rng(2))
    charge = codes.decode_4e3m(sent, False).astype(float)
    # 38 MIP = 97.66 fC = 1000.04 counts in bins of 64: count the two codes around 960 instead.
    above = (charge > 1024).mean()
    sigma = 2100 * 1.602e-4 * 2  # four cells
    expected = norm.sf((1024 * 100 / 1024 - 38 * 2.57) / sigma)
    assert abs(above - expected) < 5 * np.sqrt(expected * (1 - expected) / charge.size)
    assert 1e-4 < expected < 0.1
