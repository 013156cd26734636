"""Published shower parameterisations, as formulas and as samplers. Depths in X0 or interaction
lengths, radii in Molière radii, energies in GeV; everything is vectorised.

The numbers in the formulas and the papers they are from, [PDG] to [GRP], are in ``parameters.py``.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, gammaln

from asicae.source import parameters as par

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[Any]

_MIN_LN_Y: Final = 1.0


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
    offset = par.PDG_C_ELECTRON + (par.PDG_C_PHOTON - par.PDG_C_ELECTRON) * photon
    return np.asarray(np.maximum(np.log(energy / critical) + offset, par.MIN_T_MAX))


@dataclass(frozen=True)
class EmShape:
    """Single showers: their gamma profile and how much of them is visible.

    Attributes:
        a: exponent.
        b: slope per X0.
        t_max: depth of the maximum in X0.
        visible: factor on the signal of the whole shower, around 1.
    """

    a: Array
    b: Array
    t_max: Array
    visible: Array

    def at(self, index: npt.NDArray[np.int64]) -> "EmShape":
        """The showers at ``index``."""
        return EmShape(self.a[index], self.b[index], self.t_max[index], self.visible[index])


def em_shape(
    energy: Array,
    photon: Bools,
    critical: float,
    rng: np.random.Generator | None = None,
) -> EmShape:
    """Longitudinal shape of showers: the mean shape [PDG], fluctuated [GP] if ``rng`` is given.

    ln(t_max) and ln(a) fluctuate as correlated normal variables around the mean shape, with
    the spreads and the correlation of :func:`em_spreads`. The visible share fluctuates by
    ``SHOWER_TERM`` / sqrt(E).
    """
    t_max = em_maximum(energy, photon, critical)
    a = 1.0 + par.PDG_B * t_max
    visible = np.ones_like(t_max)
    if rng is not None:
        sigma_t, sigma_a, rho = em_spreads(energy, critical)
        first = rng.standard_normal(energy.shape)
        second = rng.standard_normal(energy.shape)
        plus, minus = np.sqrt((1 + rho) / 2), np.sqrt((1 - rho) / 2)
        t_max = t_max * np.exp(sigma_t * (plus * first + minus * second))
        # a - 1 > 0 must survive the fluctuation, otherwise the shower has no maximum.
        a = np.maximum(a * np.exp(sigma_a * (plus * first - minus * second)), 1.05)
        visible += par.SHOWER_TERM / np.sqrt(energy) * rng.standard_normal(energy.shape)
        np.maximum(visible, 0.0, out=visible)
    return EmShape(a=a, b=(a - 1.0) / t_max, t_max=t_max, visible=visible)


def em_spreads(energy: Array, critical: float) -> tuple[Array, Array, Array]:
    """(sigma of ln t_max, sigma of ln a, their correlation) [GP], sigmas at most 0.5."""
    log_y = np.maximum(np.log(energy / critical), _MIN_LN_Y)
    # Where the published denominator passes through zero the cap is what remains.
    least = 1.0 / par.MAX_SIGMA
    sigma_t = 1.0 / np.maximum(par.GP_SIGMA_T[0] + par.GP_SIGMA_T[1] * log_y, least)
    sigma_a = 1.0 / np.maximum(par.GP_SIGMA_A[0] + par.GP_SIGMA_A[1] * log_y, least)
    return sigma_t, sigma_a, par.GP_RHO[0] + par.GP_RHO[1] * log_y


@dataclass(frozen=True)
class Radial:
    """Core + tail profile in Molière radii: f(r) = p C(r) + (1-p) T(r) [GP]."""

    core: Array
    tail: Array
    core_share: Array


def em_radial(tau: Array, energy: Array, atomic_number: float) -> Radial:
    """Radial parameters of an electromagnetic shower at depth ``tau`` = t / t_max [GP].

    The exponentials of the fit run away at its ends, so energy and tau are held within bounds.
    """
    z = atomic_number
    log_e = np.log(np.clip(energy, *par.GP_ENERGIES_GEV))
    held = np.clip(tau, *par.GP_TAUS)
    c = par.GP_CORE
    core = c[0] + c[1] * log_e + (c[2] + c[3] * z) * held
    k = par.GP_TAIL
    k1, k2, k3, k4 = k[0] + k[1] * z, k[2], k[3], k[4] + k[5] * log_e
    tail = k1 * (np.exp(k3 * (held - k2)) + np.exp(k4 * (held - k2)))
    p = par.GP_SHARE
    p1, p2, p3 = p[0] + p[1] * z, p[2] + p[3] * z, p[4] + p[5] * log_e
    scaled = (p2 - held) / p3
    share = np.clip(p1 * np.exp(scaled - np.exp(scaled)), 0.0, 1.0)
    return Radial(core=core, tail=tail, core_share=share)


@dataclass(frozen=True)
class HadronicProfile:
    """Two-component profile of hadronic showers from the first interaction [B]."""

    a: Array
    d: Array

    def electromagnetic(self, depth_x0: Array) -> Array:
        """Share of the electromagnetic component per X0."""
        return gamma_profile(depth_x0, self.a, par.BOCK_B)

    def hadronic(self, depth_lambda: Array) -> Array:
        """Share of the hadronic component per interaction length."""
        return gamma_profile(depth_lambda, self.a, self.d)


def hadronic_profile(energy: Array) -> HadronicProfile:
    """Exponent and slope at ``energy`` (GeV, held at 5 or more) [B]."""
    log_e = np.log(np.maximum(energy, par.BOCK_MIN_GEV))
    exponent, slope = par.BOCK_EXPONENT, par.BOCK_D
    return HadronicProfile(a=exponent[0] + exponent[1] * log_e, d=slope[0] + slope[1] * log_e)


def sample_tail(count: int, exponent: float, scale: float, rng: np.random.Generator) -> Array:
    """Transverse momenta from p (1 + p / scale)^-exponent, the form fitted to minimum bias.

    The mean is 2 scale / (exponent - 3). The survival function is inverted by a table in the root
    of an exponential variable, in which it is smooth at both ends.
    """
    table = _tail_table(exponent)
    place = np.sqrt(rng.standard_exponential(count)) * _TAIL_STEPS
    np.minimum(place, len(table) - 1.001, out=place)
    index = place.astype(np.int64)
    place -= index
    low = table.take(index)
    return np.asarray(scale * (low + place * (table.take(index + 1) - low)))


_TAIL_STEPS: Final = 256


@cache
def _tail_table(exponent: float) -> Array:
    """p / scale where the survival function is exp(-s^2), for s = 0, 1/256 .. 6."""
    p = np.expm1(np.linspace(0.0, 10.0, 200_001))
    # Survival (1 + p)^(1 - n) (1 + (n - 1) p), whose logarithm begins as -p^2.
    log = (exponent - 1.0) * np.log1p(p) - np.log1p((exponent - 1.0) * p)
    wanted = np.arange(6 * _TAIL_STEPS + 1) / _TAIL_STEPS
    table = np.interp(wanted, np.sqrt(np.maximum(log, 0.0)), p)
    table.setflags(write=False)
    return table


def sample_shares(count: int, rng: np.random.Generator) -> Array:
    """Electromagnetic shares of hadronic showers: a beta law around the mean of [B].

    Drawn from its 4096 quantiles.
    """
    return np.asarray(_share_quantiles().take(rng.integers(0, 4096, count)))


@cache
def _share_quantiles() -> Array:
    mean = par.BOCK_SHARE * par.SHARE_STRENGTH
    quantiles = betaincinv(mean, par.SHARE_STRENGTH - mean, (np.arange(4096) + 0.5) / 4096)
    quantiles.setflags(write=False)
    return np.asarray(quantiles)
