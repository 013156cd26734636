"""Energy response and resolution of showers that are followed through all layers."""

import numpy as np
import pytest
from scipy import stats

from asicae.source import particles
from asicae.source.response import energies, layer_sums
from tests.judges.published_showers import DEPTH_LENGTH, DEPTH_X0, STEP_X0, fluctuated, hadron_mips

BEAM = np.array([20.0, 30.0, 50.0, 80.0, 120.0, 200.0, 300.0])  # GeV
ETA = 2.4
COSINE = np.tanh(ETA)


def beam(kind, count, seed):
    """Energies of ``count`` showers at every point of ``BEAM``."""
    rng = np.random.default_rng(seed)
    return [energies(layer_sums(kind, np.full(count, e), ETA, 2, rng)) for e in BEAM]


@pytest.fixture(scope="module")
def electrons():
    return beam(particles.ELECTRON, 1200, 1)


def fitted(samples):
    """Stochastic and constant term of (sigma / E)^2 = S^2 / E + C^2, and the error of S.

    The relative error of a variance of n values is sqrt(2 / n).
    """
    square = np.array([(sample.std() / sample.mean()) ** 2 for sample in samples])
    weight = 1 / (square * np.sqrt(2 / len(samples[0])))
    design = np.stack([1 / BEAM, np.ones(len(BEAM))], axis=1) * weight[:, None]
    (stochastic2, constant2), *_ = np.linalg.lstsq(design, square * weight, rcond=None)
    covariance = np.linalg.inv(design.T @ design)
    stochastic = np.sqrt(stochastic2)
    return stochastic, constant2, np.sqrt(covariance[0, 0]) / (2 * stochastic)


def pull(sample, expected):
    """Mean of a sample against what is expected, in standard errors."""
    return (sample.mean() - expected) / (sample.std() / np.sqrt(len(sample)))


def test_response_to_electrons_is_the_published_profile_and_linear(electrons):
    """The sum over layers is E x the gamma profile at the sensors: Longo, Sestili; PDG; Grindhammer
    and Peters for the fluctuations."""
    for energy, sample in zip(BEAM, electrons, strict=True):
        weight, t_max, a = fluctuated(energy, -0.5)
        density = [
            (weight * stats.gamma.pdf(depth / COSINE, a, scale=t_max / (a - 1))).sum()
            for depth in DEPTH_X0
        ]
        assert abs(pull(sample, energy * (density @ STEP_X0) / COSINE)) < 4
    ratios = np.array([sample.mean() for sample in electrons]) / BEAM
    assert ratios.max() - ratios.min() < 0.012 and 0.97 < ratios.mean() < 1.0


def test_resolution_of_electrons_is_that_of_the_prototype(electrons):
    """22 % sqrt(GeV) and below 1 %: CMS HGCAL prototype in positron beams, arXiv:2111.06855.

    The spots are chosen for this figure, so it is met within one per cent of energy at 1 GeV.
    """
    stochastic, constant2, error = fitted(electrons)
    assert error < 0.004
    assert abs(stochastic - 0.22) < 0.01 + 3 * error
    assert constant2 < 0.01**2


def test_response_to_pions_is_that_of_bock_and_their_resolution_plausible():
    """The mean is the published profile with our h/mip; the resolution is held against nothing.

    Its fluctuations are ours and no measurement is claimed: the bounds only keep it where hadron
    calorimeters without compensation lie, several times worse than for electrons.
    """
    samples = beam(particles.PION, 1000, 2)
    step_length = np.diff(DEPTH_LENGTH, prepend=0.3)
    loss = np.where(np.arange(47) < 26, 0.010 * STEP_X0 / 0.77, 0.19 * step_length / 0.84)
    for energy, sample in zip(BEAM, samples, strict=True):
        expected = 0.0
        for layer in range(1, 48):
            depth = DEPTH_LENGTH[layer - 1] / COSINE
            start = (np.arange(400) + 0.5) / 400 * depth
            mean = sum(hadron_mips(energy, layer, COSINE, start)) @ np.exp(-start) * depth / 400
            track = 1 + 0.09 * (np.euler_gamma + np.log(2))
            expected += loss[layer - 1] * (mean + np.exp(-depth) * track / COSINE)
        assert abs(pull(sample, expected)) < 4
    stochastic, constant2, _ = fitted(samples)
    assert 0.6 < stochastic < 1.5 and constant2 < 0.15**2


def test_hadrons_are_tracks_or_nothing_before_they_interact():
    rng = np.random.default_rng(3)
    sums = layer_sums(particles.PION, np.full(4000, 20.0), ETA, 2, rng)
    counts, edges = np.histogram(sums[:, 0] * COSINE, bins=np.arange(0.5, 3, 0.1))
    assert abs(edges[counts.argmax()] + 0.05 - 1.0) < 0.1
    neutral = layer_sums(particles.NEUTRAL_HADRON, np.full(4000, 20.0), ETA, 2, rng)
    assert abs((neutral[:, 0] == 0).mean() - np.exp(-0.33)) < 0.05
