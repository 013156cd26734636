"""Published shower parameterisations, as formulas and as samplers. Depths in X0 or interaction
lengths, radii in Molière radii, energies in GeV; everything is vectorised.

Sources:
    [PDG] Review of Particle Physics, "Passage of particles through matter", electromagnetic
        cascades: t_max = ln(E/Ec) + C, C = -0.5 (electron), +0.5 (photon), b about 0.5.
    [LS] E. Longo, I. Sestili, Nucl. Instrum. Meth. 128 (1975) 283: the gamma profile in depth.
    [GP] G. Grindhammer, S. Peters, hep-ex/0001020 (homogeneous media): shower-to-shower
        fluctuations of the gamma profile and the core + tail profile in radius.
    [B] R. K. Bock, T. Hansl-Kozanecka, T. P. Shah, Nucl. Instrum. Meth. 186 (1981) 533: hadronic
        showers as an electromagnetic plus a hadronic gamma profile from the first interaction.
    [GRP] G. Grindhammer, M. Rudowicz, S. Peters, Nucl. Instrum. Meth. A290 (1990) 469: the radial
        function 2 r R^2 / (r^2 + R^2)^2 for hadronic showers.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PDG_B: Final = 0.5
"""Slope b of the electromagnetic tail per X0 [PDG]."""
PDG_C_ELECTRON: Final = -0.5
PDG_C_PHOTON: Final = 0.5
_MIN_T_MAX: Final = 0.3  # X0; keeps the profile of the softest photons defined
_MAX_SIGMA: Final = 0.5  # the spreads of [GP] grow without bound at the lowest energies
_MIN_LN_Y: Final = 1.0

BOCK_B: Final = 0.2198
BOCK_WEIGHT: Final = 0.4634
"""Share of the electromagnetic component of a hadronic shower [B]."""
BOCK_MIN_ENERGY: Final = 5.0
"""GeV; below, the shape is that of 5 GeV, where the exponent is still that of a peaked profile."""


def gamma_profile(depth: Array, a: Array | float, b: Array | float) -> Array:
    """Share of the energy per unit depth, b (b t)^(a-1) exp(-b t) / Gamma(a) [LS]; 0 for t <= 0."""
    scaled = np.maximum(np.asarray(b * depth, dtype=np.float64), 1e-12)
    density = b * np.exp((a - 1.0) * np.log(scaled) - scaled - gammaln(a))
    return np.asarray(np.where(depth > 0, density, 0.0))


def em_maximum(energy: Array, photon: Bools, critical: float) -> Array:
    """Depth in X0 of the maximum of an electromagnetic shower [PDG], at least 0.3 X0.

    Args:
        energy: GeV.
        photon: true for photons, false for electrons.
        critical: critical energy Ec in GeV.
    """
    offset = np.where(photon, PDG_C_PHOTON, PDG_C_ELECTRON)
    return np.asarray(np.maximum(np.log(energy / critical) + offset, _MIN_T_MAX))


@dataclass(frozen=True)
class EmShape:
    """Gamma profile of single showers: exponent ``a``, slope ``b`` per X0, maximum ``t_max``."""

    a: Array
    b: Array
    t_max: Array


def em_shape(
    energy: Array,
    photon: Bools,
    critical: float,
    rng: np.random.Generator | None = None,
) -> EmShape:
    """Longitudinal shape of showers: the mean shape [PDG], fluctuated [GP] if ``rng`` is given.

    ln(t_max) and ln(a) fluctuate as correlated normal variables around the mean shape, with
    sigma = 1 / (-1.4 + 1.26 ln y), 1 / (-0.58 + 0.86 ln y), rho = 0.705 - 0.023 ln y, y = E/Ec.
    """
    t_max = em_maximum(energy, photon, critical)
    a = 1.0 + PDG_B * t_max
    if rng is not None:
        sigma_t, sigma_a, rho = em_spreads(energy, critical)
        first = rng.standard_normal(energy.shape)
        second = rng.standard_normal(energy.shape)
        plus, minus = np.sqrt((1 + rho) / 2), np.sqrt((1 - rho) / 2)
        t_max = t_max * np.exp(sigma_t * (plus * first + minus * second))
        # a - 1 > 0 must survive the fluctuation, otherwise the shower has no maximum.
        a = np.maximum(a * np.exp(sigma_a * (plus * first - minus * second)), 1.05)
    return EmShape(a=a, b=(a - 1.0) / t_max, t_max=t_max)


def em_spreads(energy: Array, critical: float) -> tuple[Array, Array, Array]:
    """(sigma of ln t_max, sigma of ln a, their correlation) [GP], sigmas at most 0.5."""
    log_y = np.maximum(np.log(energy / critical), _MIN_LN_Y)
    # Where the published denominator passes through zero the cap is what remains.
    sigma_t = 1.0 / np.maximum(-1.4 + 1.26 * log_y, 1 / _MAX_SIGMA)
    sigma_a = 1.0 / np.maximum(-0.58 + 0.86 * log_y, 1 / _MAX_SIGMA)
    return sigma_t, sigma_a, 0.705 - 0.023 * log_y


@dataclass(frozen=True)
class Radial:
    """Core + tail profile in Molière radii: f(r) = p C(r) + (1-p) T(r) [GP]."""

    core: Array
    tail: Array
    core_share: Array


def em_radial(tau: Array, energy: Array, atomic_number: float) -> Radial:
    """Radial parameters of an electromagnetic shower at depth ``tau`` = t / t_max [GP].

    The exponentials of the fit run away at its ends, so energy is held within 0.4..400 GeV and tau
    within 0.05..4 (our bounds).
    """
    log_e = np.log(np.clip(energy, 0.4, 400.0))
    held = np.clip(tau, 0.05, 4.0)
    core = 0.0251 + 0.00319 * log_e + (0.1162 - 0.000381 * atomic_number) * held
    k1, k2, k3, k4 = 0.659 - 0.00309 * atomic_number, 0.645, -2.59, 0.3585 + 0.0421 * log_e
    tail = k1 * (np.exp(k3 * (held - k2)) + np.exp(k4 * (held - k2)))
    p1, p2 = 2.632 - 0.00094 * atomic_number, 0.401 + 0.00187 * atomic_number
    scaled = (p2 - held) / (1.313 - 0.0686 * log_e)
    share = np.clip(p1 * np.exp(scaled - np.exp(scaled)), 0.0, 1.0)
    return Radial(core=core, tail=tail, core_share=share)


def radial_density(radius: Array, scale: Array | float) -> Array:
    """2 r R^2 / (r^2 + R^2)^2, the share per unit radius of one component [GP, GRP]."""
    return np.asarray(2.0 * radius * np.square(scale) / np.square(radius**2 + np.square(scale)))


def radial_within(radius: Array, scale: Array | float) -> Array:
    """Share of one component inside ``radius``: r^2 / (r^2 + R^2)."""
    return np.asarray(np.square(radius) / (np.square(radius) + np.square(scale)))


def sample_radius(scale: Array, rng: np.random.Generator) -> Array:
    """Radii drawn from :func:`radial_density` by inverting its integral; unit of ``scale``."""
    inside = rng.random(scale.shape)
    return np.asarray(scale * np.sqrt(inside / (1.0 - inside)))


@dataclass(frozen=True)
class HadronicProfile:
    """Two-component profile of hadronic showers from the first interaction [B]."""

    a: Array
    d: Array

    def electromagnetic(self, depth_x0: Array) -> Array:
        """Share of the electromagnetic component per X0."""
        return gamma_profile(depth_x0, self.a, BOCK_B)

    def hadronic(self, depth_lambda: Array) -> Array:
        """Share of the hadronic component per interaction length."""
        return gamma_profile(depth_lambda, self.a, self.d)


def hadronic_profile(energy: Array) -> HadronicProfile:
    """a = c = 0.6165 + 0.3183 ln E, d = 0.9099 - 0.0237 ln E, E in GeV and at least 5 [B]."""
    log_e = np.log(np.maximum(energy, BOCK_MIN_ENERGY))
    return HadronicProfile(a=0.6165 + 0.3183 * log_e, d=0.9099 - 0.0237 * log_e)


def sample_tail(shape: Any, exponent: float, scale: float, rng: np.random.Generator) -> Array:
    """Transverse momenta from p (1 + p / scale)^-exponent, the form fitted to minimum bias.

    It is a beta-prime law, drawn as a ratio of gamma variables; the mean is
    2 scale / (exponent - 3).
    """
    numerator = rng.standard_gamma(2.0, shape)
    return np.asarray(scale * numerator / rng.standard_gamma(exponent - 2.0, shape))
