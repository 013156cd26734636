"""Particles that reach a module: one signal particle, and the minimum-bias particles of pileup."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.readout import detector
from asicae.readout.profiles import sample_tail

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ELECTRON: Final = 0
PHOTON: Final = 1
PION: Final = 2
NEUTRAL_HADRON: Final = 3

CHARGED_PER_ETA: Final = 5.49
"""Charged hadrons per unit of pseudorapidity and inelastic collision at 13 TeV: CMS, Phys. Lett. B
751 (2015) 143 (central; used flat up to |eta| 3)."""
PHOTONS_PER_CHARGED: Final = 0.95
"""Photons per charged hadron: about half as many neutral as charged pions, two photons each."""
NEUTRALS_PER_CHARGED: Final = 0.15
"""Neutrons and long-lived kaons per charged hadron (our round figure)."""
# Transverse momentum law p (1 + p/scale)^-n: exponent of the Tsallis fits of CMS, JHEP 02 (2010)
# 041 and PRL 105 (2010) 022002; the scales give means of 0.54 GeV (hadrons) and 0.27 GeV (photons).
_PT_EXPONENT: Final = 6.7
_PT_SCALE_HADRON: Final = 1.0
_PT_SCALE_PHOTON: Final = 0.5

SIGNAL_MARGIN_CM: Final = 2.5
"""How far outside the circle around the module the axis of a signal particle may pass."""
PILEUP_MARGIN_CM: Final = 1.5


@dataclass(frozen=True)
class Particles:
    """Particles in step, each belonging to one event (module and crossing).

    Attributes:
        event: index of the event.
        kind: ELECTRON, PHOTON, PION or NEUTRAL_HADRON.
        energy: GeV.
        x_cm: where the axis crosses the layer, from the module centre.
        y_cm: where the axis crosses the layer, from the module centre.
    """

    event: Integers
    kind: Integers
    energy: Array
    x_cm: Array
    y_cm: Array

    def __len__(self) -> int:
        return len(self.event)

    def at(self, index: Any) -> "Particles":
        """The particles at ``index``."""
        return Particles(
            self.event[index],
            self.kind[index],
            self.energy[index],
            self.x_cm[index],
            self.y_cm[index],
        )


def signal_particles(
    modules: detector.Modules,
    shares: tuple[float, float, float],
    pt_range: tuple[float, float],
    rng: np.random.Generator,
) -> Particles:
    """One particle per module: kinds by ``shares`` (electron, photon, charged pion), transverse
    momentum log-uniform in ``pt_range`` (GeV), axis uniform over the module and its surroundings.
    """
    count = len(modules.eta)
    kind = rng.choice(3, size=count, p=np.array(shares) / np.sum(shares))
    low, high = np.log(pt_range[0]), np.log(pt_range[1])
    momentum = np.exp(rng.uniform(low, high, count))
    x_cm, y_cm = _in_disc(count, detector.MODULE_RADIUS_CM + SIGNAL_MARGIN_CM, rng)
    return Particles(np.arange(count), kind, momentum * np.cosh(modules.eta), x_cm, y_cm)


def pileup_particles(
    modules: detector.Modules, collisions: Integers, rng: np.random.Generator
) -> Particles:
    """Minimum-bias particles around every module; ``collisions`` is the Poisson mean per event.

    Particles are flat in pseudorapidity and azimuth, so their density on the module is
    tanh(eta) / R^2 times that per unit of both, which gives the dependence on eta.
    """
    radius = detector.MODULE_RADIUS_CM + PILEUP_MARGIN_CM
    happened = rng.poisson(collisions)
    eta_phi = np.pi * radius**2 * np.tanh(modules.eta) / modules.radius_cm**2 / (2.0 * np.pi)
    per_charged = np.array([PHOTONS_PER_CHARGED, 1.0, NEUTRALS_PER_CHARGED])
    mean = happened * eta_phi * CHARGED_PER_ETA * per_charged.sum()
    event = np.repeat(np.arange(len(mean)), rng.poisson(mean))
    borders = np.cumsum(per_charged / per_charged.sum())[:2]
    kind = np.searchsorted(borders, rng.random(len(event)), side="right") + PHOTON
    scale = np.where(kind == PHOTON, _PT_SCALE_PHOTON, _PT_SCALE_HADRON)
    momentum = scale * sample_tail(len(event), _PT_EXPONENT, 1.0, rng)
    x_cm, y_cm = _in_disc(len(event), radius, rng)
    return Particles(event, kind, momentum * np.cosh(modules.eta)[event], x_cm, y_cm)


def _in_disc(count: int, radius: float, rng: np.random.Generator) -> tuple[Array, Array]:
    distance = radius * np.sqrt(rng.random(count))
    angle = rng.uniform(0.0, 2.0 * np.pi, count)
    return distance * np.cos(angle), distance * np.sin(angle)
