"""Published showers, typed once more for the tests and integrated over the cells of a module.

Depth: Longo, Sestili, NIM 128 (1975) 283, maximum and slope from PDG; fluctuations and radii:
Grindhammer, Peters, hep-ex/0001020, homogeneous media; hadrons: Bock, Hansl-Kozanecka, Shah,
NIM 186 (1981) 533.
"""

import numpy as np
from scipy import stats

from asicae.module.geometry import CENTRES

CRITICAL = 0.010  # GeV, and the loss of a minimum ionising particle per radiation length of CE-E
IRON_X0 = 16.77 / 1.757  # radiation lengths in an interaction length
IRON_LOSS = 0.19  # GeV per interaction length
MOLIERE_CM = 2.8
HALF_PITCH_CM = 16.74 / np.sqrt(192)  # 48 hexagons fill the one of 16.74 cm

_LEAD = np.array([2.77] + 8 * [4.97] + 4 * [8.22]) / 5.61 + 0.05
_FRONT = np.stack([_LEAD, np.full(13, (27.7 - _LEAD.sum()) / 13)], axis=1).ravel()
_PLATES = np.array(11 * [41.5] + 10 * [60.7])
_STEEL = 8.5 * _PLATES / _PLATES.sum()
STEP_X0 = np.concatenate([_FRONT, IRON_X0 * _STEEL])
"""Radiation lengths of every layer: lead and copper in turn up to 27.7, then steel."""
DEPTH_X0 = 1.5 + np.cumsum(STEP_X0)
DEPTH_LENGTH = 0.3 + np.cumsum(np.concatenate([1.5 * _FRONT / _FRONT.sum(), _STEEL]))


def fluctuated(energy, constant, nodes=24):
    """Weights, t_max and a of electromagnetic showers: Gauss-Hermite points of the normal law.

    Returns arrays that broadcast to [nodes, nodes]; t_max depends on the first axis only.
    """
    log_y = np.log(energy / CRITICAL)
    sigma_t, sigma_a = 1 / (-1.4 + 1.26 * log_y), 1 / (-0.58 + 0.86 * log_y)
    rho = 0.705 - 0.023 * log_y
    place, weight = np.polynomial.hermite_e.hermegauss(nodes)
    weight = weight / weight.sum()
    first, second = place[:, None], place[None, :]
    mean = log_y + constant
    t_max = mean * np.exp(sigma_t * first)
    a = (1 + 0.5 * mean) * np.exp(sigma_a * (rho * first + np.sqrt(1 - rho**2) * second))
    # Showers without a maximum are 5 standard deviations away and further.
    return weight[:, None] * weight[None, :], t_max, np.maximum(a, 1.05)


def radial(tau, energy, z=70.0):
    """Core and tail radius in Molière radii, and the share of the core."""
    log_e = np.log(energy)
    core = 0.0251 + 0.00319 * log_e + (0.1162 - 0.000381 * z) * tau
    k1, k4 = 0.659 - 0.00309 * z, 0.3585 + 0.0421 * log_e
    tail = k1 * (np.exp(-2.59 * (tau - 0.645)) + np.exp(k4 * (tau - 0.645)))
    p1, p2, p3 = 2.632 - 0.00094 * z, 0.401 + 0.00187 * z, 1.313 - 0.0686 * log_e
    share = p1 * np.exp((p2 - tau) / p3 - np.exp((p2 - tau) / p3))
    return core, tail, share


def cell_shares(x, y, scales):
    """Shares float[len(scales), 48] of 2 r R^2 / (r^2 + R^2)^2 around (x, y) in every cell, cm.

    A ray from the axis is inside a hexagon between two radii; the law holds r^2 / (r^2 + R^2)
    within r.
    """
    angle = (np.arange(3600) + 0.5) * np.pi / 1800
    ray = np.stack([np.cos(angle), np.sin(angle)])
    normals = np.deg2rad(60 * np.arange(6))
    normals = np.stack([np.cos(normals), np.sin(normals)], axis=1)
    away = CENTRES - np.array([x, y]) / HALF_PITCH_CM
    low, high = np.zeros((48, len(angle))), np.full((48, len(angle)), np.inf)
    for normal in normals:
        towards = normal @ ray
        limit = (1.0 + away @ normal)[:, None] / towards
        high = np.where(towards > 0, np.minimum(high, limit), high)
        low = np.where(towards < 0, np.maximum(low, limit), low)
    low, high = np.minimum(low, high) * HALF_PITCH_CM, high * HALF_PITCH_CM
    high2, low2 = high**2, low**2
    squares = np.square(np.atleast_1d(scales))
    return np.array([np.mean(high2 / (high2 + s) - low2 / (low2 + s), axis=-1) for s in squares])


def em_cells(energy, constant, layer, cosine, at, *, moliere=MOLIERE_CM, tau=None, core_share=None):
    """Mean signal float[48] in MIP of electromagnetic showers with the axis ``at`` (cm).

    ``moliere``, ``tau`` and ``core_share`` replace what was published, to see what it would do.
    """
    weight, t_max, a = fluctuated(energy, constant)
    depth = DEPTH_X0[layer - 1] / cosine
    density = weight * stats.gamma.pdf(depth, a, scale=t_max / (a - 1))
    response = 0.77 / CRITICAL if layer <= 26 else 0.84 / (IRON_LOSS / IRON_X0)
    mips = energy * response / cosine * density.sum(axis=1)
    core, tail, share = radial(depth / t_max[:, 0] if tau is None else tau + 0 * mips, energy)
    share = share if core_share is None else core_share
    cells = [cell_shares(*at, scale * moliere) for scale in (core, tail)]
    return (mips * share) @ cells[0] + (mips * (1 - share)) @ cells[1]


def hadron_mips(energy, layer, cosine, start):
    """Mean soft and hard signal in MIP of hadrons that interact at ``start`` lengths, an array."""
    a, d = 0.6165 + 0.3183 * np.log(energy), 0.9099 - 0.0237 * np.log(energy)
    front = np.interp(start * cosine, np.append(0, DEPTH_LENGTH), np.append(0, DEPTH_X0))
    soft = stats.gamma.pdf((DEPTH_X0[layer - 1] - front) / cosine, a, scale=1 / 0.2198)
    hard = stats.gamma.pdf(DEPTH_LENGTH[layer - 1] / cosine - start, a, scale=1 / d)
    if layer <= 26:
        soft, hard = soft * 0.77 / CRITICAL, hard * 0.6 / (CRITICAL * 27.7 / 1.5)
    else:
        soft, hard = soft * 0.84 * IRON_X0 / IRON_LOSS, hard * 0.6 / IRON_LOSS
    return 0.4634 * energy * soft / cosine, (1 - 0.4634) * energy * hard / cosine


def pion_cells(energy, layer, cosine, at, straggling, *, moliere=MOLIERE_CM, width=25.0):
    """Mean signal float[48] in MIP of charged pions with the axis ``at`` (cm).

    Tracks that have not interacted, of the relative Moyal width ``straggling``, and showers from
    the first interaction on, whose soft part has the radii of an electromagnetic one at its maximum
    and whose hard part has the radius 0.06 + 0.05 x depth in units of ``width`` cm.
    """
    depth = DEPTH_LENGTH[layer - 1] / cosine
    start = (np.arange(100) + 0.5) / 100 * depth
    chance = np.exp(-start) * depth / 100
    soft, hard = (chance * part for part in hadron_mips(energy, layer, cosine, start))
    core, tail, share = radial(1.0, energy)
    narrow = cell_shares(*at, np.array([core, tail]) * moliere)
    wide = cell_shares(*at, (0.06 + 0.05 * (depth - start)) * width)
    seen = soft.sum() * (share * narrow[0] + (1 - share) * narrow[1]) + hard @ wide
    crossed = np.linalg.norm(CENTRES - np.array(at) / HALF_PITCH_CM, axis=1).argmin()
    track = 1 + straggling * (np.euler_gamma + np.log(2))
    seen[crossed] += np.exp(-depth) * track / cosine
    return seen
