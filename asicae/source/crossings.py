"""Whole crossings: the particles of one crossing pass all modules of a sector, layer by layer.

Layers of one shower and neighbouring modules belong together: a particle keeps its direction, the
fluctuations of its shower and the depth of its first interaction, and every spot of it lands in the
module and cell that holds it. What happens in one module is what it is in modules drawn one by one
(the same particles, profiles, spots and tracks).

Directions are slopes: the distance from the beam per distance along it, as a complex number. A
charged particle of pileup follows a helix: after the turn phi = z / (r sinh(eta)) it is at the
chord 2 r sin(phi / 2), half of the turn further in azimuth; only the first half turn is followed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.module import detector
from asicae.source import parameters as par
from asicae.source.particles import MINIMUM_BIAS, PION
from asicae.source.profiles import sample_tail
from asicae.source.region import Region
from asicae.source.signals import KINDS, Momenta, broken_up

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Complex = npt.NDArray[np.complex128]

_CURVATURE_GEV_PER_CM: Final = 0.003 * par.FIELD_TESLA
"""Transverse momentum over radius of curvature."""
_SCALE_GEV: Final = par.PT_MEAN_GEV * (par.PT_EXPONENT - 3.0) / 2.0
"""Scale of the transverse momenta of hadrons."""


@dataclass(frozen=True)
class Rays:
    """Particles of whole crossings, in step.

    Attributes:
        crossing: index of the crossing.
        kind: as in ``particles``.
        energy: GeV.
        slope: direction at the collision point.
        bend: half of the turn in the magnetic field per cm along the beam, signed; 0 is straight.
    """

    crossing: Integers
    kind: Integers
    energy: Array
    slope: Complex
    bend: Array

    def __len__(self) -> int:
        return len(self.crossing)

    def at(self, index: npt.NDArray[np.int64]) -> "Rays":
        """The particles at ``index``."""
        return Rays(
            self.crossing[index],
            self.kind[index],
            self.energy[index],
            self.slope[index],
            self.bend[index],
        )

    def place(self, z_cm: float) -> Complex:
        """Where they cross a plane (cm), NaN after more than half a turn."""
        if not self.bend.any():
            return self.slope * z_cm
        half = self.bend * z_cm
        turned = np.exp(1j * half) * np.sinc(half / np.pi)
        return np.where(np.abs(half) < np.pi / 2.0, self.slope * z_cm * turned, np.nan)


def joined(parts: list[Rays]) -> Rays:
    """All particles of ``parts`` in order."""
    return Rays(
        np.concatenate([part.crossing for part in parts]),
        np.concatenate([part.kind for part in parts]),
        np.concatenate([part.energy for part in parts]),
        np.concatenate([part.slope for part in parts]),
        np.concatenate([part.bend for part in parts]),
    )


def pileup_rays(collisions: Integers, region: Region, rng: np.random.Generator) -> Rays:
    """Minimum-bias particles at any azimuth that may reach the region; ``collisions`` is the
    Poisson mean of every crossing. Photons come first, then hadrons."""
    happened = rng.poisson(collisions)
    charged = happened * par.CHARGED_PER_ETA * par.SECONDARIES
    parts = []
    for kind, per_charged, pt_share in MINIMUM_BIAS:
        # The chord of a helix is at least 2 / pi of its arc.
        steepest = region.slopes[1] * (np.pi / 2.0 if kind == PION else 1.0)
        low, high = np.arcsinh(1.0 / np.array([steepest, region.slopes[0]]))
        counts = rng.poisson(charged * per_charged * (high - low))
        total = int(counts.sum())
        momentum = sample_tail(total, par.PT_EXPONENT, pt_share * _SCALE_GEV, rng)
        sinh = np.sinh(rng.uniform(low, high, total))
        slope = np.exp(2j * np.pi * rng.random(total)) / sinh
        bend = np.zeros(total)
        if kind == PION:
            sign = np.where(rng.random(total) < 0.5, 1.0, -1.0)
            bend = sign * _CURVATURE_GEV_PER_CM / (2.0 * momentum * sinh)
        crossing = np.repeat(np.arange(len(counts)), counts)
        energy = momentum * np.sqrt(1.0 + sinh * sinh)
        parts.append(Rays(crossing, np.full(total, kind), energy, slope, bend))
    return joined(parts)


@dataclass(frozen=True)
class _FromOne:
    """Signals seen at the distance of one from the collision point."""

    radius_cm: Array


def signal_rays(
    crossings: int,
    shares: tuple[float, ...],
    pt_range: tuple[float, float],
    rng: np.random.Generator,
) -> Rays:
    """One signal per crossing: its kind by ``shares`` (of ``signals.KINDS``), its transverse
    momentum log-uniform in ``pt_range`` (GeV), its axis flat in pseudorapidity and azimuth over
    the sector. All of its particles fly straight."""
    chosen = rng.choice(len(KINDS), size=crossings, p=np.array(shares) / np.sum(shares))
    low, high = np.log(pt_range)
    pt = np.exp(rng.uniform(low, high, crossings))
    sinh = np.sinh(rng.uniform(*detector.ETA_RANGE, crossings))
    azimuth = rng.uniform(*detector.SECTOR_AZIMUTHS, crossings)
    axes = Momenta(np.arange(crossings), pt, np.exp(1j * azimuth) / sinh)
    parts = broken_up(axes, chosen, _FromOne(1.0 / sinh), rng)
    return joined([_straight(momenta, kind) for kind, momenta in parts])


def _straight(momenta: Momenta, kind: int) -> Rays:
    total = len(momenta.event)
    # pT cosh(eta); a particle of a jet that flies across the beam has a slope beyond all layers.
    steep = np.abs(momenta.place)
    energy = momenta.pt * np.sqrt(1.0 + 1.0 / (steep * steep))
    return Rays(momenta.event, np.full(total, kind), energy, momenta.place, np.zeros(total))
