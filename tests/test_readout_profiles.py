"""Showers against the published formulas, typed here once more, within statistical error."""

import numpy as np
import pytest
from scipy import integrate, stats

from asicae.readout import detector, particles, profiles, showers, spots
from asicae.readout.geometry import CENTRES

CRITICAL = 0.010  # GeV, and the loss of a minimum ionising particle per radiation length of CE-E
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


def depth_x0(number):
    """Radiation lengths along the path: 1.5 in front, then lead and copper in turn up to 27.7."""
    lead = np.array([2.77] + 8 * [4.97] + 4 * [8.22]) / 5.61 + 0.05
    steps = np.stack([lead, np.full(13, (27.7 - lead.sum()) / 13)], axis=1).ravel()
    return (1.5 + steps[:number].sum()) / COSINE


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
        density = stats.gamma.pdf(depth_x0(layer), 1 + 0.5 * t_max, scale=1 / 0.5)
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
        scale = energy / CRITICAL * 0.77 / COSINE
        reference = stats.gamma.pdf(depth_x0(layer), a, scale=peak / (a - 1)) * scale
        ours = showers.em_mips(bunch(0, energy, count), in_layer(layer, count), shape)
        spread = np.hypot(ours.std(), reference.std()) / np.sqrt(count)
        assert abs(ours.mean() - reference.mean()) < 4.5 * spread
        # The test has teeth: one X0 more absorber would be far outside.
        other = stats.gamma.pdf(depth_x0(layer) + 1, a, scale=peak / (a - 1)).mean() * scale
        assert abs(ours.mean() - other) > 20 * spread


def test_radial_parameters_are_those_of_grindhammer_and_peters():
    z, energy, tau = 70.0, 10.0, 0.8
    log_e = np.log(energy)
    core = 0.0251 + 0.00319 * log_e + (0.1162 - 0.000381 * z) * tau
    k1, k4 = 0.659 - 0.00309 * z, 0.3585 + 0.0421 * log_e
    tail = k1 * (np.exp(-2.59 * (tau - 0.645)) + np.exp(k4 * (tau - 0.645)))
    p1, p2, p3 = 2.632 - 0.00094 * z, 0.401 + 0.00187 * z, 1.313 - 0.0686 * log_e
    share = p1 * np.exp((p2 - tau) / p3 - np.exp((p2 - tau) / p3))
    ours = profiles.em_radial(np.array([tau]), np.array([energy]), z)
    assert np.allclose([ours.core[0], ours.tail[0], ours.core_share[0]], [core, tail, share])
    # And as figures worked out by hand for lead at 1 GeV at the maximum.
    lead = profiles.em_radial(np.array([1.0]), np.array([1.0]), 82.0)
    assert np.allclose(
        [lead.core[0], lead.tail[0], lead.core_share[0]], [0.110058, 0.622407, 0.892631], atol=2e-5
    )


def hexagon_shares(x, y, scale):
    """Share of 2 r R^2 / (r^2 + R^2)^2 around (x, y) cm in every cell, by fine integration.

    Every ring around the axis holds a known share, spread evenly in angle.
    """
    share_in = (np.arange(1000) + 0.5) / 1000
    angle = (np.arange(720) + 0.5) * np.pi / 360
    radius = scale * np.sqrt(share_in / (1 - share_in))
    points = (
        np.stack(
            [x + radius[:, None] * np.cos(angle), y + radius[:, None] * np.sin(angle)], axis=-1
        ).reshape(-1, 2)
        / detector.HALF_PITCH_CM
    )
    distance, cell = np.full(len(points), np.inf), np.zeros(len(points), dtype=int)
    for k, centre in enumerate(CENTRES):
        away = np.hypot(*(points - centre).T)
        cell[away < distance] = k
        distance = np.minimum(distance, away)
    offset = points - CENTRES[cell]
    turned = [offset @ [np.cos(t), np.sin(t)] for t in np.deg2rad([0, 60, 120])]
    inside = np.max(np.abs(turned), axis=0) <= 1.0
    return np.bincount(cell[inside], minlength=48) / len(points)


@pytest.mark.parametrize("mips", [12.0, 900.0])
def test_spots_fill_the_cells_as_the_lateral_profile_integrated_over_the_hexagons(mips):
    """Mean and variance of equal showers: few spots, and more than are thrown one by one."""
    count, x, y, scale = 20_000, 1.3, -2.1, 0.9
    full = np.full(count, 1.0)
    sources = showers.Sources(np.arange(count), x * full, y * full, scale * full, mips * full)
    cosine = np.full(count, COSINE)
    seen = spots.throw_spots(sources, cosine, np.random.default_rng(8))
    expected = mips * hexagon_shares(x, y, scale)
    error = seen.std(axis=0) / np.sqrt(count)
    pulls = (seen.mean(axis=0) - expected) / np.hypot(error, 2e-3 * expected + 1e-3)
    assert abs(pulls).max() < 4.5
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
    log_e = np.log(energy)
    a, d = 0.6165 + 0.3183 * log_e, 0.9099 - 0.0237 * log_e
    layers = detector.layers()
    at_front = showers.HadronShape(np.zeros(1), np.array([0.4634]), np.ones(1))
    for number in (5, 20, 27, 33):
        ours = showers.hadron_mips(bunch(particles.PION, energy, 1), in_layer(number, 1), at_front)
        section = number > 26
        loss = (0.010, 0.19 / (16.77 / 1.757))[section]  # GeV per X0: CE-E, iron
        soft = (
            0.4634
            * energy
            * stats.gamma.pdf(layers.x0[number - 1] / COSINE, a, scale=1 / 0.2198)
            * (0.77, 0.84)[section]
            / loss
        )
        per_length = (0.010 * 27.7 / 1.5, 0.19)[section]
        hard = (
            (1 - 0.4634)
            * energy
            * stats.gamma.pdf(layers.length[number - 1] / COSINE, a, scale=1 / d)
            * 0.6
            / per_length
        )
        assert np.allclose(np.concatenate(ours) * COSINE, [soft, hard], rtol=1e-9)


def test_pions_interact_as_an_exponential_and_leave_a_track_before():
    count, number = 50_000, 27
    rng = np.random.default_rng(9)
    layer = in_layer(number, count)
    depth = (0.3 + 1.5 + 8.5 * 41.5 / (11 * 41.5 + 10 * 60.7)) / COSINE
    pions, neutrals = (
        bunch(kind, 20, count) for kind in (particles.PION, particles.NEUTRAL_HADRON)
    )
    start, track, shower = showers.first_interactions(pions, layer, rng)
    within(track.astype(float), np.exp(-depth))
    assert (track == ~shower).all() and (start[shower] < depth).all()
    _, track, shower = showers.first_interactions(neutrals, layer, rng)
    assert not track.any()
    within(shower.astype(float), 1 - np.exp(-depth))
    # The mean over first interactions is the profile folded with their distribution.
    shape = showers.hadron_shape(pions.energy, start, rng)
    within(shape.share, 0.4634)
    within(shape.visible, 1.0)
    soft, hard = showers.hadron_mips(pions, layer, shape)
    a, d = 0.6165 + 0.3183 * np.log(20.0), 0.9099 - 0.0237 * np.log(20.0)
    x0, length = detector.layers().x0, detector.layers().length
    grid = np.linspace(0, depth, 20001)
    front = np.interp(grid * COSINE, np.append(0, length), np.append(0, x0))
    behind = (x0[number - 1] - front) / COSINE
    loss = 0.19 / (16.77 / 1.757)
    mean = (
        0.4634
        * 20
        * 0.84
        / loss
        * integrate.trapezoid(np.exp(-grid) * stats.gamma.pdf(behind, a, scale=1 / 0.2198), grid)
    )
    within(soft * COSINE, mean)
    mean = (
        (1 - 0.4634)
        * 20
        * 0.6
        / 0.19
        * integrate.trapezoid(np.exp(-grid) * stats.gamma.pdf(depth - grid, a, scale=1 / d), grid)
    )
    within(hard * COSINE, mean)


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
