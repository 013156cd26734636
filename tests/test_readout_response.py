"""Energy response and resolution of showers that are followed through all layers."""

import numpy as np
import pytest
from scipy import stats

from asicae.readout import particles
from asicae.readout.response import energies, layer_sums

BEAM = np.array([20.0, 30.0, 50.0, 80.0, 120.0, 200.0, 300.0])  # GeV
SHOWERS = 4000
ETA = 2.4


@pytest.fixture(scope="module")
def electrons():
    rng = np.random.default_rng(1)
    return [energies(layer_sums(particles.ELECTRON, np.full(SHOWERS, e), ETA, 2, rng))
            for e in BEAM]  # fmt: skip


def fitted(samples):
    """Stochastic and constant term of (sigma / E)^2 = S^2 / E + C^2, and the error of S.

    The relative error of a variance of n values is sqrt(2 / n).
    """
    square = np.array([(sample.std() / sample.mean()) ** 2 for sample in samples])
    weight = 1 / (square * np.sqrt(2 / SHOWERS))
    design = np.stack([1 / BEAM, np.ones(len(BEAM))], axis=1) * weight[:, None]
    (stochastic2, constant2), *_ = np.linalg.lstsq(design, square * weight, rcond=None)
    covariance = np.linalg.inv(design.T @ design)
    stochastic = np.sqrt(stochastic2)
    return stochastic, constant2, np.sqrt(covariance[0, 0]) / (2 * stochastic)


def test_response_to_electrons_is_linear(electrons):
    """The sum over layers is E x the gamma profile at the sensors, without material in front."""
    lead = np.array([2.77] + 8 * [4.97] + 4 * [8.22]) / 5.61 + 0.05
    steps = np.stack([lead, np.full(13, (27.7 - lead.sum()) / 13)], axis=1).ravel()
    depth = (1.5 + np.cumsum(steps)) / np.tanh(ETA)
    ratios = np.array([sample.mean() for sample in electrons]) / BEAM
    for energy, sample, ratio in zip(BEAM, electrons, ratios, strict=True):
        t_max = np.log(energy / 0.010) - 0.5
        density = stats.gamma.pdf(depth, 1 + 0.5 * t_max, scale=2.0)
        expected = (density * steps).sum() / np.tanh(ETA)
        error = sample.std() / energy / np.sqrt(SHOWERS)
        # Fluctuations of the shape move less than 1 % out of CE-E, into iron or into the front.
        assert abs(ratio - expected) < 4 * error + 0.01
    assert ratios.max() - ratios.min() < 0.012 and 0.97 < ratios.mean() < 1.0


def test_resolution_of_electrons_is_that_of_the_prototype(electrons):
    """22 % sqrt(GeV) and below 1 %: CMS HGCAL prototype in positron beams, arXiv:2111.06855.

    The spots are chosen for this figure, so it is met within one per cent of energy at 1 GeV.
    """
    stochastic, constant2, error = fitted(electrons)
    assert error < 0.004
    assert abs(stochastic - 0.22) < 0.01 + 3 * error
    assert constant2 < 0.01**2


def test_pions_answer_less_and_much_wider_than_electrons():
    rng = np.random.default_rng(2)
    samples = [energies(layer_sums(particles.PION, np.full(SHOWERS, e), ETA, 2, rng))
               for e in BEAM]  # fmt: skip
    ratios = np.array([sample.mean() for sample in samples]) / BEAM
    assert (ratios > 0.7).all() and (ratios < 0.95).all()
    stochastic, constant2, _ = fitted(samples)
    assert 0.8 < stochastic < 1.2 and 0.04**2 < constant2 < 0.1**2
    # Before they interact they are tracks: the most probable signal of layer 1 is one MIP.
    sums = layer_sums(particles.PION, np.full(20_000, 100.0), ETA, 2, rng)
    counts, edges = np.histogram(sums[:, 0] * np.tanh(ETA), bins=np.arange(0.5, 3, 0.1))
    assert abs(edges[counts.argmax()] + 0.05 - 1.0) < 0.1
    neutral = layer_sums(particles.NEUTRAL_HADRON, np.full(20_000, 100.0), ETA, 2, rng)
    assert abs((neutral[:, 0] == 0).mean() - np.exp(-0.33)) < 0.05
