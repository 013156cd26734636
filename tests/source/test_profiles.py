"""Showers against the published formulas, typed here once more, within statistical error."""

import numpy as np
import pytest
from scipy import integrate, stats

from asicae.source import particles, profiles, showers, spots
from tests.judges.published_showers import (
    CRITICAL,
    DEPTH_LENGTH,
    DEPTH_X0,
    cell_shares,
    hadron_mips,
    radial,
)

COSINE = np.tanh(2.0)


def bunch(kind, energy, count, x=0.0, y=0.0):
    return particles.Particles(
        event=np.arange(count),
        kind=np.full(count, kind),
        energy=np.full(count, float(energy)),
        x_cm=np.full(count, x),
        y_cm=np.full(count, y),
    )


def in_layer(number, count):
    return showers.Layer(index=np.full(count, number - 1), cosine=np.full(count, COSINE))


def within(sample, expected, spread=4.5):
    """Mean of a sample within ``spread`` standard errors of the expected value."""
    error = sample.std() / np.sqrt(len(sample))
    assert abs(sample.mean() - expected) < spread * error, (sample.mean(), expected, error)


@pytest.mark.parametrize(
    ("kind", "constant"), [(particles.ELECTRON, -0.5), (particles.PHOTON, 0.5)]
)
@pytest.mark.parametrize("energy", [3.0, 60.0])
def test_mean_electromagnetic_shower_is_the_gamma_profile_of_longo_and_sestili(
    kind, constant, energy
):
    """E x gamma density [Longo, Sestili], maximum and slope from PDG, e/mip 0.77."""
    t_max = np.log(energy / CRITICAL) + constant
    photon = np.array([kind == particles.PHOTON])
    shape = profiles.em_shape(np.array([energy]), photon, CRITICAL)
    for layer in (1, 7, 15, 25):
        density = stats.gamma.pdf(DEPTH_X0[layer - 1] / COSINE, 1 + 0.5 * t_max, scale=1 / 0.5)
        expected = energy / CRITICAL * density * 0.77 / COSINE
        ours = showers.em_mips(bunch(kind, energy, 1), in_layer(layer, 1), shape)
        assert np.isclose(ours[0], expected, rtol=1e-9)
    a = 1 + 0.5 * t_max
    whole = integrate.quad(lambda t: float(profiles.gamma_profile(np.array(t), a, 0.5)), 0, 200)[0]
    assert np.isclose(whole, 1.0, rtol=1e-6)


def test_sampled_electromagnetic_showers_fluctuate_as_published():
    """Longitudinal profile of 200,000 showers against an independent draw of (ln T, ln a)."""
    energy, count = 25.0, 200_000
    log_y = np.log(energy / CRITICAL)
    sigma_t, sigma_a = 1 / (-1.4 + 1.26 * log_y), 1 / (-0.58 + 0.86 * log_y)
    rho = 0.705 - 0.023 * log_y
    rng = np.random.default_rng(5)
    photon = np.zeros(count, dtype=bool)
    shape = profiles.em_shape(np.full(count, energy), photon, CRITICAL, rng)
    t_max = log_y - 0.5
    logs = np.stack([np.log(shape.t_max / t_max), np.log(shape.a / (1 + 0.5 * t_max))])
    error = 1 / np.sqrt(2 * count)
    assert abs(logs[0].std() / sigma_t - 1) < 5 * error
    assert abs(logs[1].std() / sigma_a - 1) < 5 * error
    assert abs(np.corrcoef(logs)[0, 1] - rho) < 5 / np.sqrt(count)
    within(shape.visible, 1.0)
    assert abs(shape.visible.std() / (0.15 / 5.0) - 1) < 5 * error

    covariance = [[sigma_t**2, rho * sigma_t * sigma_a], [rho * sigma_t * sigma_a, sigma_a**2]]
    draw = np.exp(np.random.default_rng(6).multivariate_normal([0, 0], covariance, count))
    peak, a = t_max * draw[:, 0], (1 + 0.5 * t_max) * draw[:, 1]
    for layer in (3, 9, 19):
        scale, depth = energy / CRITICAL * 0.77 / COSINE, DEPTH_X0[layer - 1] / COSINE
        reference = stats.gamma.pdf(depth, a, scale=peak / (a - 1)) * scale
        ours = showers.em_mips(bunch(0, energy, count), in_layer(layer, count), shape)
        spread = np.hypot(ours.std(), reference.std()) / np.sqrt(count)
        assert abs(ours.mean() - reference.mean()) < 4.5 * spread
        # The test has teeth: one X0 more absorber would be far outside.
        other = stats.gamma.pdf(depth + 1, a, scale=peak / (a - 1)).mean() * scale
        assert abs(ours.mean() - other) > 20 * spread


def test_radial_parameters_are_those_of_grindhammer_and_peters():
    for tau, energy, z in ((0.8, 10.0, 70.0), (2.5, 50.0, 74.0)):
        ours = profiles.em_radial(np.array([tau]), np.array([energy]), z)
        mine = [ours.core[0], ours.tail[0], ours.core_share[0]]
        assert np.allclose(mine, radial(tau, energy, z), rtol=1e-12)
    # And as figures worked out by hand for lead at 1 GeV at the maximum.
    lead = profiles.em_radial(np.array([1.0]), np.array([1.0]), 82.0)
    assert np.allclose(
        [lead.core[0], lead.tail[0], lead.core_share[0]], [0.110058, 0.622407, 0.892631], atol=2e-5
    )


@pytest.mark.parametrize("mips", [12.0, 900.0])
def test_spots_fill_the_cells_as_the_lateral_profile_integrated_over_the_hexagons(mips):
    """Mean and variance of equal showers: few spots, and more than are thrown one by one."""
    count, x, y, scale = 20_000, 1.3, -2.1, 0.9
    full = np.full(count, 1.0)
    sources = showers.Sources(np.arange(count), x * full, y * full, scale * full, mips * full)
    cosine = np.full(count, COSINE)
    seen = spots.throw_spots(sources, cosine, np.random.default_rng(8))
    expected = mips * cell_shares(x, y, scale)[0]
    error = seen.std(axis=0) / np.sqrt(count)
    assert abs((seen.mean(axis=0) - expected) / error).max() < 4.5
    assert 0.5 * mips < expected.sum() < mips and seen.mean(axis=0).argmax() == expected.argmax()
    # All spots of a narrow shower stay in the module: a Poisson number of exponential charges of
    # mean 1 / cos has the variance 2 n / cos^2 with n = mips cos.
    narrow = showers.Sources(np.arange(count), 0 * full, 0 * full, 1e-3 * full, mips * full)
    total = spots.throw_spots(narrow, cosine, np.random.default_rng(9)).sum(axis=1)
    within(total, mips)
    kurtosis = np.mean((total - mips) ** 4) / total.var() ** 2
    allowed = 5 * np.sqrt((kurtosis - 1) / count)
    assert abs(total.var() / (2 * mips / COSINE) - 1) < allowed


def test_hadronic_showers_follow_bock():
    energy = 40.0
    for number in (5, 20, 27, 33):
        for start in (0.0, 0.25):
            shape = showers.HadronShape(np.array([start]), np.array([0.4634]), np.ones(1))
            pion = bunch(particles.PION, energy, 1)
            ours = showers.hadron_mips(pion, in_layer(number, 1), shape)
            assert np.allclose(ours, hadron_mips(energy, number, COSINE, shape.start), rtol=1e-9)


def test_pions_interact_as_an_exponential_and_leave_a_track_before():
    count, number = 50_000, 27
    rng = np.random.default_rng(9)
    layer = in_layer(number, count)
    depth = DEPTH_LENGTH[number - 1] / COSINE
    pions, neutrals = (
        bunch(kind, 20, count) for kind in (particles.PION, particles.NEUTRAL_HADRON)
    )
    start = showers.first_interactions(pions, rng)
    within(np.minimum(start, depth), 1 - np.exp(-depth))
    track, shower = showers.tracks_and_showers(pions, layer, start)
    within(np.isin(np.arange(count), track).astype(float), np.exp(-depth))
    assert np.array_equal(np.sort(np.concatenate([track, shower])), np.arange(count))
    assert (start[shower] < depth).all() and (start[track] >= depth).all()
    track, same = showers.tracks_and_showers(neutrals, layer, start)
    assert not len(track) and np.array_equal(same, shower)
    # The mean over first interactions is the profile folded with their distribution.
    shape = showers.hadron_shape(pions.energy, start, rng)
    within(shape.share, 0.4634)
    within(shape.visible, 1.0)
    grid = np.linspace(0, depth, 20001)
    published = hadron_mips(20.0, number, COSINE, grid)
    for ours, part in zip(showers.hadron_mips(pions, layer, shape), published, strict=True):
        within(ours, integrate.trapezoid(np.exp(-grid) * part, grid))


def test_tracks_cross_once_with_the_mip_as_most_probable_charge():
    count = 200_000
    tracks = bunch(particles.PION, 5.0, count)
    cosine, width = np.full(count, COSINE), np.full(count, 0.1)
    seen = spots.cross(tracks, cosine, width, np.random.default_rng(3))
    assert (np.count_nonzero(seen, axis=1) == 1).all()
    charge = seen.sum(axis=1) * COSINE
    # Moyal: density exp(-(y + exp(-y)) / 2), mode 0, mean gamma + ln 2 for y = (charge - 1) / 0.1.
    law = stats.kstest(charge[:20_000], stats.moyal(loc=1.0, scale=0.1).cdf)
    assert law.pvalue > 1e-3
    counts, edges = np.histogram(charge, bins=np.arange(0.7, 1.6, 0.05))
    assert abs(edges[counts.argmax()] + 0.025 - 1.0) < 0.06
