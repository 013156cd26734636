"""Signal particles near a module: single ones, neutral pions that decay, and jets that break up.

A particle that leaves its parent with the momentum k across the flight direction lands at a
distance R k / pT from the parent's axis: R is the distance of the module from the beam, pT the
transverse momentum of the particle. (The path to the module is R cosh(eta), the momentum
pT cosh(eta).) It is taken in the plane of the layer: at most 10 % too short along R.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from asicae.module import detector
from asicae.source import parameters as par
from asicae.source.particles import (
    ELECTRON,
    NEUTRAL_HADRON,
    PHOTON,
    PION,
    Particles,
    in_disc,
    joined,
)

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

KINDS: Final = ("electrons", "photons", "pions", "neutral_pions", "jets")
"""Kinds of signal, in the order of their shares."""
_MAX_RANKS = 200  # of a jet; the momentum falls below its limit long before


@dataclass(frozen=True)
class Momenta:
    """Transverse momenta in step, and the place (complex, cm) where they cross the layer."""

    event: Integers
    pt: Array
    place: npt.NDArray[np.complex128]


class Seen(Protocol):
    """Where signals are seen, per event; the places of momenta are in the units of the radius."""

    @property
    def radius_cm(self) -> Array:
        """Distance from the beam."""


def signal_particles(
    modules: detector.Modules,
    shares: Sequence[float],
    pt_range: tuple[float, float],
    rng: np.random.Generator,
) -> Particles:
    """One signal per module: its kind drawn by ``shares`` (of :data:`KINDS`), its transverse
    momentum log-uniform in ``pt_range`` (GeV), its axis uniform over the module and its
    surroundings. Particles of jets and decays that miss these surroundings are left out.
    """
    count = len(modules)
    chosen = rng.choice(len(KINDS), size=count, p=np.array(shares) / np.sum(shares))
    low, high = np.log(pt_range[0]), np.log(pt_range[1])
    pt = np.exp(rng.uniform(low, high, count))
    reach = detector.MODULE_RADIUS_CM + par.SIGNAL_MARGIN_CM
    x_cm, y_cm = in_disc(count, reach, rng)
    every = Momenta(np.arange(count), pt, x_cm + 1j * y_cm)
    parts = [
        _as_particles(momenta, kind, modules)
        for kind, momenta in broken_up(every, chosen, modules, rng)
    ]
    found = joined(parts)
    return found.at(np.hypot(found.x_cm, found.y_cm) <= reach)


def broken_up(
    every: Momenta, chosen: Integers, seen: Seen, rng: np.random.Generator
) -> list[tuple[int, Momenta]]:
    """Particles, by their kind, that come of signals ``chosen`` of :data:`KINDS`, one per event."""
    parts = [
        (kind, _at(every, chosen == number)) for number, kind in enumerate((ELECTRON, PHOTON, PION))
    ]
    neutral = _at(every, chosen == KINDS.index("neutral_pions"))
    parts.append((PHOTON, decay(neutral, seen, rng)))
    jets = _at(every, chosen == KINDS.index("jets"))
    return parts + (_of_jets(jets, seen, rng) if len(jets.event) else [])


def decay(pions: Momenta, seen: Seen, rng: np.random.Generator) -> Momenta:
    """The two photons of every neutral pion.

    In the rest frame of the pion the photons fly in any direction, so that one takes the even
    fraction x of the momentum and both the momentum m sqrt(x (1 - x)) across.
    """
    fraction = rng.random(len(pions.event))
    across = par.NEUTRAL_PION_GEV * np.sqrt(fraction * (1.0 - fraction))
    kick = across * np.exp(2j * np.pi * rng.random(len(fraction)))
    photons = [
        _kicked(pions, pions.pt * share, sign * kick, seen)
        for share, sign in ((fraction, 1.0), (1.0 - fraction, -1.0))
    ]
    return Momenta(
        *(
            np.concatenate([getattr(photon, name) for photon in photons])
            for name in ("event", "pt", "place")
        )
    )


def fragment(jets: Momenta, seen: Seen, rng: np.random.Generator) -> Momenta:
    """Hadrons of jets by the chain of Field and Feynman [FF].

    Every hadron takes the fraction z of the momentum that is left, with the density
    1 - a + 3 a (1 - z)^2, and the difference of the transverse kicks of two successive quark pairs.
    What is left below ``JET_MIN_GEV`` is dropped.
    """
    rows: list[Momenta] = []
    left = jets
    quark = np.zeros(len(jets.event), dtype=np.complex128)
    for _ in range(_MAX_RANKS):
        going = left.pt > par.JET_MIN_GEV
        left, quark = _at(left, going), quark[going]
        if not len(left.event):
            break
        uniform = rng.random(len(left.event))
        falling = rng.random(len(left.event)) < par.FF_A
        z = np.where(falling, 1.0 - np.cbrt(uniform), uniform)
        pair = par.FF_SIGMA_GEV * (rng.standard_normal((len(z), 2)) @ np.array([1.0, 1j]))
        rows.append(_kicked(left, left.pt * z, pair - quark, seen))
        left, quark = Momenta(left.event, left.pt * (1.0 - z), left.place), pair
    return Momenta(
        *(np.concatenate([getattr(row, name) for row in rows]) for name in ("event", "pt", "place"))
    )


def _of_jets(jets: Momenta, seen: Seen, rng: np.random.Generator) -> list[tuple[int, Momenta]]:
    hadrons = fragment(jets, seen, rng)
    borders = np.cumsum(par.JET_SHARES)[:-1]
    sort = np.searchsorted(borders, rng.random(len(hadrons.event)), side="right")
    photons = decay(_at(hadrons, sort == 1), seen, rng)
    return [
        (PION, _at(hadrons, sort == 0)),
        (PHOTON, photons),
        (NEUTRAL_HADRON, _at(hadrons, sort == 2)),
    ]


def _kicked(parents: Momenta, pt: Array, kick: npt.NDArray[np.complex128], seen: Seen) -> Momenta:
    # The softest particles fly off at any angle; the bound only keeps the division finite.
    away = seen.radius_cm[parents.event] * kick / np.maximum(pt, 1e-6)
    return Momenta(parents.event, pt, parents.place + away)


def _at(momenta: Momenta, index: npt.NDArray[np.bool_]) -> Momenta:
    return Momenta(momenta.event[index], momenta.pt[index], momenta.place[index])


def _as_particles(momenta: Momenta, kind: int, modules: detector.Modules) -> Particles:
    energy = momenta.pt * np.cosh(modules.eta)[momenta.event]
    number = np.full(len(energy), kind)
    return Particles(momenta.event, number, energy, momenta.place.real, momenta.place.imag)
