"""Particles that reach a module: the signal, and the minimum-bias particles of pileup."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.module import detector
from asicae.source import parameters as par
from asicae.source.profiles import sample_tail

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ELECTRON: Final = 0
PHOTON: Final = 1
PION: Final = 2
NEUTRAL_HADRON: Final = 3

MINIMUM_BIAS: Final = (
    (PHOTON, par.PHOTONS_PER_CHARGED, par.PHOTON_PT_SHARE),
    (PION, 1.0, 1.0),
    (NEUTRAL_HADRON, par.NEUTRALS_PER_CHARGED, 1.0),
)
"""Kinds of pileup: number per charged hadron, mean transverse momentum relative to theirs."""

_DIRECTIONS = np.exp(2j * np.pi * (np.arange(4096) + 0.5) / 4096)


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
        return Particles(*(getattr(self, field.name)[index] for field in fields(self)))


def joined(parts: Sequence[Particles]) -> Particles:
    """All particles of ``parts`` in order."""
    names = [field.name for field in fields(Particles)]
    return Particles(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def pileup_particles(
    modules: detector.Modules, collisions: Integers, rng: np.random.Generator
) -> Particles:
    """Minimum-bias particles around every module; ``collisions`` is the Poisson mean per event.

    Particles are flat in pseudorapidity and azimuth, so their density on the module is
    tanh(eta) / R^2 times that per unit of both, which gives the dependence on eta. Photons come
    first, then hadrons.
    """
    radius = detector.MODULE_RADIUS_CM + par.PILEUP_MARGIN_CM
    happened = rng.poisson(collisions)
    eta_phi = np.pi * radius**2 * np.tanh(modules.eta) / modules.radius_cm**2 / (2.0 * np.pi)
    charged = happened * eta_phi * par.CHARGED_PER_ETA * par.SECONDARIES
    parts = []
    for kind, per_charged, pt_share in MINIMUM_BIAS:
        counts = rng.poisson(charged * per_charged)
        event = np.repeat(np.arange(len(counts)), counts)
        scale = pt_share * par.PT_MEAN_GEV * (par.PT_EXPONENT - 3.0) / 2.0
        momentum = sample_tail(len(event), par.PT_EXPONENT, scale, rng)
        if kind == PION:
            flux = bent_flux(modules.radius_cm[event], momentum) + rng.random(len(event))
            copies = np.minimum(flux, par.MAX_BENT_FLUX).astype(np.int64)
            event, momentum = np.repeat(event, copies), np.repeat(momentum, copies)
        x_cm, y_cm = in_disc(len(event), radius, rng)
        energy = momentum * np.cosh(modules.eta)[event]
        parts.append(Particles(event, np.full(len(event), kind), energy, x_cm, y_cm))
    return joined(parts)


def bent_flux(radius_cm: Array, momentum: Array) -> Array:
    """Flux of charged particles at a radius relative to that without magnetic field.

    A helix of curvature radius r = pT / (0.3 B) from the beam line crosses the layer at the
    distance R = 2 r sin(phi / 2) after the turn phi. Particles flat in pseudorapidity are flat in
    ln(phi), so the flux is that of straight tracks times x / (asin(x) sqrt(1 - x^2)), x = R / 2r,
    and nothing of this momentum arrives where x > 1. Only the first half turn is followed.

    Args:
        radius_cm: R in cm.
        momentum: transverse momentum in GeV.
    """
    x = np.minimum(radius_cm * (0.003 * par.FIELD_TESLA / 2.0) / momentum, 1.0)
    return np.asarray(
        np.where(x < 1.0, x / np.maximum(np.arcsin(x) * np.sqrt(1.0 - x * x), 1e-9), 0.0)
    )


def in_disc(count: int, radius: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """``count`` points (x, y) spread evenly over a disc of ``radius``."""
    place = _DIRECTIONS.take(rng.integers(0, len(_DIRECTIONS), count))
    place *= radius * np.sqrt(rng.random(count))
    return place.real, place.imag
