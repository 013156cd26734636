"""Samplers against the published formulas, typed here once more, within statistical error."""

import numpy as np
import pytest
from scipy import integrate, stats

from asicae.readout import detector, particles, profiles, showers
from asicae.readout.geometry import CENTRES

CRITICAL = detector.CRITICAL_ENERGY_GEV


def bunch(kind, energy, count, x=0.0, y=0.0):
    return particles.Particles(
        event=np.arange(count),
        kind=np.full(count, kind),
        energy=np.full(count, float(energy)),
        x_cm=np.full(count, x),
        y_cm=np.full(count, y),
    )


def in_layer(number, count, eta=2.0):
    return showers.Layer(
        index=np.full(count, number - 1),
        cosine=np.full(count, np.tanh(eta)),
        landau_width=np.full(count, 0.1),
    )


def within(sample, expected, spread=4.5):
    """Mean of a sample within ``spread`` standard errors of the expected value."""
    error = sample.std() / np.sqrt(len(sample))
    assert abs(sample.mean() - expected) < spread * error, (sample.mean(), expected, error)


@pytest.mark.parametrize(
    ("kind", "constant"), [(particles.ELECTRON, -0.5), (particles.PHOTON, 0.5)]
)
@pytest.mark.parametrize("energy", [3.0, 60.0])
def test_mean_electromagnetic_shower_is_the_pdg_gamma_profile(kind, constant, energy):
    t_max = np.log(energy / CRITICAL) + constant
    cosine = np.tanh(2.0)
    for layer in (1, 7, 15, 25):
        depth = layer * 27.7 / 26 / cosine
        density = stats.gamma.pdf(depth, 1 + 0.5 * t_max, scale=1 / 0.5)
        expected = energy / CRITICAL * density * showers.E_OVER_MIP / cosine
        ours = showers.em_signals(bunch(kind, energy, 1), in_layer(layer, 1))
        assert np.isclose(ours.mips[0], expected, rtol=1e-9)
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

    covariance = [[sigma_t**2, rho * sigma_t * sigma_a], [rho * sigma_t * sigma_a, sigma_a**2]]
    draw = np.exp(np.random.default_rng(6).multivariate_normal([0, 0], covariance, count))
    peak, a = t_max * draw[:, 0], (1 + 0.5 * t_max) * draw[:, 1]
    for layer in (3, 9, 19):
        depth = layer * 27.7 / 26 / np.tanh(2.0)
        reference = stats.gamma.pdf(depth, a, scale=peak / (a - 1))
        reference *= energy / CRITICAL * showers.E_OVER_MIP / np.tanh(2.0)
        ours = showers.em_signals(bunch(0, energy, count), in_layer(layer, count), rng).mips
        spread = np.hypot(ours.std(), reference.std()) / np.sqrt(count)
        assert abs(ours.mean() - reference.mean()) < 4.5 * spread
        # The test has teeth: one X0 more absorber would be far outside.
        other = stats.gamma.pdf(depth + 1, a, scale=peak / (a - 1)).mean()
        other *= energy / CRITICAL * showers.E_OVER_MIP / np.tanh(2.0)
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


def test_sampled_radii_follow_the_published_integral():
    rng = np.random.default_rng(7)
    radii = profiles.sample_radius(np.full(100_000, 0.3), rng)
    good = stats.kstest(radii, lambda r: profiles.radial_within(r, 0.3))
    wrong = stats.kstest(radii, lambda r: profiles.radial_within(r, 0.31))
    assert good.pvalue > 1e-3 and wrong.pvalue < 1e-6
    whole = integrate.quad(lambda r: float(profiles.radial_density(np.array(r), 0.3)), 0, 1.7)[0]
    assert np.isclose(whole, profiles.radial_within(np.array(1.7), 0.3))


def test_spots_fill_the_cells_as_the_lateral_profile_integrated_over_the_hexagons():
    """Mean of 40,000 equal showers in every cell against a fine numerical integral."""
    count, mips, core, tail, share = 40_000, 30.0, 0.5, 2.2, 0.7
    x, y = 1.3, -2.1
    full = np.full(count, 1.0)
    signals = showers.Signals(
        mips=mips * full,
        core=core * full,
        tail=tail * full,
        wide=0 * full,
        core_share=share * full,
        tail_share=(1 - share) * full,
    )
    rng = np.random.default_rng(8)
    layer = in_layer(9, count)
    seen = showers.throw_spots(bunch(0, 10, count, x, y), layer, signals, rng, count)

    # Integrate over rings around the axis: every ring holds a known share, spread evenly in angle.
    share_in = (np.arange(1000) + 0.5) / 1000
    angle = (np.arange(720) + 0.5) * np.pi / 360
    expected = np.zeros(48)
    for scale, part in ((core, share), (tail, 1 - share)):
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
        inside = _in_hexagon(points, CENTRES[cell])
        expected += part * np.bincount(cell[inside], minlength=48) / len(points)
    expected *= mips
    error = seen.std(axis=0) / np.sqrt(count)
    pulls = (seen.mean(axis=0) - expected) / np.hypot(error, 2e-3 * expected + 1e-3)
    assert abs(pulls).max() < 4.5
    assert 0.5 * mips < expected.sum() < mips and seen.mean(axis=0).argmax() == expected.argmax()


def _in_hexagon(points, centres):
    away = points - centres
    turned = [away @ [np.cos(t), np.sin(t)] for t in np.deg2rad([0, 60, 120])]
    return np.max(np.abs(turned), axis=0) <= 1.0


def test_hadronic_showers_follow_bock():
    energy, cosine = 40.0, np.tanh(2.0)
    log_e = np.log(energy)
    a, d = 0.6165 + 0.3183 * log_e, 0.9099 - 0.0237 * log_e
    layers = detector.layers()
    for number in (5, 20, 27, 33):
        # From a first interaction right at the front face.
        ours = showers.hadron_signals_from(
            bunch(particles.PION, energy, 1), in_layer(number, 1), np.zeros(1), np.array([0.4634])
        )
        depth_x0 = layers.x0[number - 1] / cosine
        depth = layers.length[number - 1] / cosine
        soft = 0.4634 * energy / CRITICAL * showers.E_OVER_MIP
        soft *= stats.gamma.pdf(depth_x0, a, scale=1 / 0.2198)
        hard = (1 - 0.4634) * energy / 0.2 * showers.H_OVER_MIP
        hard *= stats.gamma.pdf(depth, a, scale=1 / d)
        assert np.isclose(ours.mips[0], (soft + hard) / cosine, rtol=1e-9)


def test_pions_interact_as_an_exponential_and_leave_a_track_before():
    count, number = 50_000, 27
    rng = np.random.default_rng(9)
    layer = in_layer(number, count)
    ours = showers.hadron_signals(bunch(particles.PION, 20, count), layer, rng)
    depth = detector.layers().length[number - 1] / np.tanh(2.0)
    track = np.isclose(ours.mips, 1 / np.tanh(2.0), rtol=1e-9)
    within(track.astype(float), np.exp(-depth))
    neutral = showers.hadron_signals(bunch(particles.NEUTRAL_HADRON, 20, count), layer, rng)
    within((neutral.mips == 0).astype(float), np.exp(-depth))
    # The mean over first interactions is the profile folded with their distribution.
    a, d = 0.6165 + 0.3183 * np.log(20.0), 0.9099 - 0.0237 * np.log(20.0)

    def hard(start):
        return np.exp(-start) * stats.gamma.pdf(depth - start, a, scale=1 / d)

    x0, length = detector.layers().x0, detector.layers().length

    def soft(start):
        front = np.interp(start * np.tanh(2.0), np.append(0, length), np.append(0, x0))
        behind = (x0[number - 1] - front) / np.tanh(2.0)
        return np.exp(-start) * stats.gamma.pdf(behind, a, scale=1 / 0.2198)

    grid = np.linspace(0, depth, 20001)
    mean = 0.4634 * 20 / CRITICAL * showers.E_OVER_MIP * integrate.trapezoid(soft(grid), grid)
    mean += (1 - 0.4634) * 20 / 0.2 * showers.H_OVER_MIP * integrate.trapezoid(hard(grid), grid)
    within(np.where(track, 0.0, ours.mips), mean / np.tanh(2.0))


def test_minimum_bias_particles_have_the_published_density_and_momenta():
    index = np.repeat(np.flatnonzero(detector.modules().layer == 7)[::40], 2000)
    modules = detector.modules().at(index)
    rng = np.random.default_rng(10)
    ours = particles.pileup_particles(modules, np.full(len(index), 200), rng)
    area = np.pi * (detector.MODULE_RADIUS_CM + particles.PILEUP_MARGIN_CM) ** 2
    charged = np.bincount(ours.event[ours.kind == particles.PION], minlength=len(index))
    for eta in np.unique(modules.eta):
        here = modules.eta == eta
        radius = modules.radius_cm[here][0]
        # d(eta) = dR / (R coth eta), so an area A covers A tanh(eta) / R^2 of eta and phi.
        covered = area * np.tanh(eta) / radius**2
        within(charged[here].astype(float), 200 * 5.49 * covered / (2 * np.pi))
    momentum = ours.energy / np.cosh(modules.eta[ours.event])
    for kind, scale in ((particles.PION, 1.0), (particles.PHOTON, 0.5)):
        x = momentum[ours.kind == kind][:100_000] / scale
        law = stats.kstest(x, lambda p: 1 - (1 + p) ** -5.7 * (1 + 5.7 * p))
        assert law.pvalue > 1e-3
    photons, pions = ((ours.kind == kind).sum() for kind in (particles.PHOTON, particles.PION))
    assert abs(photons / pions - 0.95) < 5 * 0.95 * np.sqrt(1 / photons + 1 / pions)


def test_modules_stand_on_their_lattice():
    every = detector.modules()
    assert every.eta.min() >= 1.5 - 1e-9 and every.eta.max() <= 3.0 + 1e-9
    z = detector.layers().z_cm[every.layer - 1]
    assert np.allclose(np.sinh(every.eta) * every.radius_cm, z)
    assert np.allclose(detector.module_eta(every.layer, every.u, every.v), every.eta)
    half = detector.MODULE_PITCH_CM / 2
    here = every.layer == 7
    spots = np.stack(
        [(-2 * every.u + every.v)[here] * half, np.sqrt(3) * every.v[here] * half], axis=1
    )
    gaps = np.linalg.norm(spots[:, None] - spots[None], axis=-1)[~np.eye(here.sum(), dtype=bool)]
    assert np.isclose(gaps.min(), detector.MODULE_PITCH_CM)
    assert (
        every.radius_cm[every.wafer_type == 0].max()
        < 70
        <= every.radius_cm[every.wafer_type > 0].min()
    )
    # 48 hexagons of the cell lattice have the area of the module.
    assert np.isclose(
        48 * 2 * np.sqrt(3) * detector.HALF_PITCH_CM**2,
        np.sqrt(3) / 2 * detector.MODULE_PITCH_CM**2,
    )
    assert detector.module_eta(np.array([5]), np.array([0]), np.array([0])) == 0
    layers = detector.layers()
    assert np.isclose(layers.x0[25], 27.7) and np.isclose(layers.length[46], 10.0)
