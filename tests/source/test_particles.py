"""Pileup, decays and jets against published laws, typed here once more."""

import numpy as np
import pytest
from scipy import integrate, stats

from asicae.module import detector
from asicae.source import particles, signals

MASS = 0.13498  # GeV, neutral pion


def within(sample, expected, spread=4.5):
    error = sample.std() / np.sqrt(len(sample))
    assert abs(sample.mean() - expected) < spread * error, (sample.mean(), expected, error)


def one_place(layer, count, radius_cm):
    """The module of a layer closest to a radius, ``count`` times."""
    every = detector.modules()
    here = np.flatnonzero(every.layer == layer)
    return every.at(np.full(count, here[abs(every.radius_cm[here] - radius_cm).argmin()]))


@pytest.mark.parametrize("radius_cm", [45.0, 70.0, 120.0])
def test_minimum_bias_has_the_published_density_and_momenta(radius_cm):
    """5.49 charged hadrons per unit of eta and collision (times 1.25), p (1 + p/s)^-6.7."""
    modules = one_place(7, 4000, radius_cm)
    rng = np.random.default_rng(10)
    ours = particles.pileup_particles(modules, np.full(4000, 200), rng)
    assert (np.diff((ours.kind > particles.PHOTON).astype(int)) >= 0).all()
    reach = 16.74 / np.sqrt(3) + 1.5
    eta, radius = modules.eta[0], modules.radius_cm[0]
    assert np.hypot(ours.x_cm, ours.y_cm).max() <= reach
    # d(eta) = dR / (R coth eta), so an area A covers A tanh(eta) / R^2 of eta and phi.
    covered = np.pi * reach**2 * np.tanh(eta) / radius**2 / (2 * np.pi)
    density = 200 * 5.49 * 1.25 * covered
    for kind, share in ((particles.PHOTON, 0.95), (particles.NEUTRAL_HADRON, 0.15)):
        counts = np.bincount(ours.event[ours.kind == kind], minlength=4000)
        within(counts.astype(float), share * density)
    momentum = ours.energy / np.cosh(eta)
    for kind, mean in ((particles.PHOTON, 0.3), (particles.NEUTRAL_HADRON, 0.6)):
        x = momentum[ours.kind == kind][:100_000] / (mean * 3.7 / 2)
        law = stats.kstest(x, lambda p: 1 - (1 + p) ** -5.7 * (1 + 5.7 * p))
        assert law.pvalue > 1e-3
    # Charged particles of momentum p turn back at the radius 2 p / (0.3 B).
    least = 0.003 * 3.8 * radius / 2
    charged = momentum[ours.kind == particles.PION]
    assert least < charged.min() < 1.02 * least

    def flux(p):
        x = least / p
        return np.minimum(x / (np.arcsin(x) * np.sqrt(1 - x * x)), 4.0)

    def law_of(p):
        return (p / 1.11**2) * (1 + p / 1.11) ** -6.7 * 5.7 * 4.7 * flux(p)

    # Fast particles come as they would without field; slow ones at the edge are capped.
    above = 1.3 * least
    expected = density * integrate.quad(law_of, above, np.inf)[0]
    counts = np.bincount(ours.event[(ours.kind == particles.PION) & (momentum > above)],
                         minlength=4000)  # fmt: skip
    within(counts.astype(float), expected)


def test_a_helix_in_the_field_explains_the_flux():
    """Follow 400,000 helices of 0.4 GeV from the beam line to the layer: where do they land?"""
    pt, z, count = 0.4, 330.0, 400_000
    eta = np.random.default_rng(1).uniform(1.0, 6.0, count)
    curvature_cm = pt / (0.003 * 3.8)
    turn = z / np.sinh(eta) / curvature_cm
    radius = 2 * curvature_cm * np.sin(turn / 2)
    radius = radius[turn < np.pi]
    for middle in (30.0, 45.0, 60.0):
        seen = np.mean((radius > middle - 2) & (radius < middle + 2)) * len(radius) / count
        # Straight tracks: d(eta) = dR tanh(eta) / R, over a range of 5 units of eta.
        straight = 4.0 / middle * np.tanh(np.arcsinh(z / middle)) / 5.0
        ours = particles.bent_flux(np.array([middle]), np.array([pt]))[0]
        assert abs(seen / straight / ours - 1) < 0.05
    assert particles.bent_flux(np.array([75.0]), np.array([pt]))[0] == 0.0


def pions(count, pt, modules):
    return signals.Momenta(np.arange(count), np.full(count, pt), np.zeros(count, complex))


def test_neutral_pions_decay_to_two_photons_with_their_mass():
    modules = one_place(9, 20_000, 60.0)
    photons = signals.decay(pions(20_000, 5.0, modules), modules, np.random.default_rng(2))
    assert len(photons.pt) == 40_000
    first, second = photons.pt[:20_000], photons.pt[20_000:]
    assert np.allclose(first + second, 5.0)
    assert stats.kstest(first / 5.0, "uniform").pvalue > 1e-3
    # Opening angle = distance / path; m^2 = E1 E2 angle^2 for small angles.
    path = modules.radius_cm * np.cosh(modules.eta)
    angle = abs(photons.place[:20_000] - photons.place[20_000:]) / path
    mass2 = first * second * np.cosh(modules.eta) ** 2 * angle**2
    assert np.allclose(mass2, MASS**2, rtol=1e-9)
    assert angle.min() > 2 * MASS / (5.0 * np.cosh(modules.eta[0])) * (1 - 1e-9)


def test_jets_break_up_as_field_and_feynman():
    """Moments of 1 - a + 3 a (1 - z)^2 with a = 0.77, and of the hadrons that follow from it."""
    count, pt, a = 20_000, 80.0, 0.77
    modules = one_place(9, count, 60.0)
    jets = pions(count, pt, modules)
    hadrons = signals.fragment(jets, modules, np.random.default_rng(3))
    total = np.bincount(hadrons.event, hadrons.pt, count)
    assert (total < pt).all() and (total > pt - 0.3).all()
    # Hadrons of all ranks: sum of z^n is E[z^n] / (1 - E[(1 - z)^n]).
    for n in (2, 3):
        taken = (1 - a) / (n + 1) + 3 * a * 2 / ((n + 1) * (n + 2) * (n + 3))
        left = (1 - a) / (n + 1) + 3 * a / (n + 3)
        within(np.bincount(hadrons.event, (hadrons.pt / pt) ** n, count), taken / (1 - left))
    # The first hadron: distribution of z itself.
    z = hadrons.pt[:count] / pt
    law = stats.kstest(z, lambda z: (1 - a) * z + a * (1 - (1 - z) ** 3))
    assert law.pvalue > 1e-3
    # Its transverse kick is that of one quark pair, 0.35 GeV in each direction; later ones differ
    # by two independent pairs.
    kick = hadrons.place * hadrons.pt / modules.radius_cm[0]
    for part in (kick[:count].real, kick[:count].imag):
        assert abs(part.std() / 0.35 - 1) < 5 / np.sqrt(2 * count)
    later = kick[count : 2 * count].real
    assert abs(later.std() / (0.35 * np.sqrt(2)) - 1) < 5 / np.sqrt(2 * len(later))


def test_signals_have_the_kinds_and_momenta_that_are_asked_for():
    modules = one_place(9, 30_000, 60.0)
    rng = np.random.default_rng(4)
    ours = signals.signal_particles(modules, (1, 1, 2, 0, 0), (2.0, 50.0), rng)
    assert len(ours) == 30_000 and len(np.unique(ours.event)) == 30_000
    shares = np.bincount(ours.kind, minlength=3) / len(ours)
    assert np.allclose(shares, [0.25, 0.25, 0.5], atol=0.015)
    log_pt = np.log(ours.energy / np.cosh(modules.eta[0]))
    spread = stats.kstest(log_pt, stats.uniform(np.log(2), np.log(25)).cdf)
    assert spread.pvalue > 1e-3
    inside = np.hypot(ours.x_cm, ours.y_cm) ** 2 / (16.74 / np.sqrt(3) + 2.5) ** 2
    assert stats.kstest(inside, "uniform").pvalue > 1e-3
    jets = signals.signal_particles(modules, (0, 0, 0, 0, 1), (20.0, 50.0), rng)
    per_jet = np.bincount(jets.event, minlength=30_000)
    assert 3 < per_jet.mean() < 15 and set(np.unique(jets.kind)) == {1, 2, 3}
    energy = np.bincount(jets.event, jets.energy, 30_000) / np.cosh(modules.eta)
    assert energy.max() < 50.0
    # What lands near the module: most of the energy, as 65 % charged, 25 % photons, 10 % neutral.
    by_kind = np.bincount(jets.kind, jets.energy)[1:] / jets.energy.sum()
    assert np.allclose(by_kind, [0.25, 0.65, 0.10], atol=0.02)
