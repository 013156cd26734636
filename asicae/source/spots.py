"""Mean signals to charge in cells: showers as many small spots, tracks as single crossings.

The spots of a shower are independent, their number is Poisson distributed and their charge
exponential with the mean ``SPOT_MIPS``: together they fluctuate as sampling calorimeters do. A
track is one crossing with the straggling of a Moyal law whose most probable value is one MIP.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.module import detector
from asicae.module.geometry import N_CELLS, cell_at
from asicae.source import parameters as par
from asicae.source.particles import PION, Particles
from asicae.source.showers import (
    Layer,
    Sources,
    em_shape,
    em_sources,
    first_interactions,
    hadron_shape,
    hadron_sources,
    joined,
    tracks_and_showers,
)

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

LANDAU_WIDTH: Final = np.array(par.LANDAU_WIDTH)
"""Width of the straggling of one crossing by wafer type, relative to its most probable value."""


def deposit(particles: Particles, modules: detector.Modules, rng: np.random.Generator) -> Array:
    """Signal of all particles in the cells of their modules, float[len(modules), 48] in MIP."""
    cosine = np.tanh(modules.eta)
    electromagnetic = particles.at(np.flatnonzero(particles.kind < PION))
    hadrons = particles.at(np.flatnonzero(particles.kind >= PION))
    layer = _layer(electromagnetic, modules, cosine)
    sources = [em_sources(electromagnetic, layer, em_shape(electromagnetic, rng))]
    layer = _layer(hadrons, modules, cosine)
    start = first_interactions(hadrons, rng)
    track, shower = tracks_and_showers(hadrons, layer, start)
    shape = hadron_shape(hadrons.energy[shower], start[shower], rng)
    sources.append(hadron_sources(hadrons.at(shower), layer.at(shower), shape))
    width = LANDAU_WIDTH[modules.wafer_type]
    cells = throw_spots(joined(sources), cosine, rng)
    return cells + cross(hadrons.at(track), cosine, width, rng)


def _layer(particles: Particles, modules: detector.Modules, cosine: Array) -> Layer:
    return Layer((modules.layer - 1)[particles.event], cosine[particles.event])


def throw_spots(sources: Sources, cosine: Array, rng: np.random.Generator) -> Array:
    """Throw the spots of ``sources``: float[events, 48], MIP in every cell (AE order).

    What misses the module is lost. Above ``MAX_SPOTS`` expected spots a source gets that many,
    heavier ones: gamma distributed such that their sum fluctuates as that of all would.

    Args:
        sources: where charge comes from.
        cosine: of the angle between flight direction and beam, per event.
        rng: source of the random numbers.
    """
    thrown = throw(sources, cosine[sources.event], rng)
    cells = cell_at(*thrown.places)
    event = thrown.sources.event.take(thrown.owner)
    sums = _summed(event, cells, thrown.charge, len(cosine))
    return sums * (par.SPOT_MIPS / cosine)[:, None]


@dataclass(frozen=True)
class Thrown:
    """Spots, and the sources that they belong to.

    Attributes:
        sources: those they were thrown around, in another order.
        owner: row of the source of every spot.
        places: (x, y) of every spot in half cell pitches, from where their sources count.
        charge: of every spot along the path, in units of ``SPOT_MIPS``.
    """

    sources: Sources
    owner: Integers
    places: tuple[Floats, Floats]
    charge: Array


def throw(sources: Sources, cosine: Array, rng: np.random.Generator) -> Thrown:
    """Spots of sources; ``cosine`` of the angle between flight direction and beam is per source."""
    mean = sources.mips * cosine / par.SPOT_MIPS
    few, many = np.flatnonzero(mean <= par.MAX_SPOTS), np.flatnonzero(mean > par.MAX_SPOTS)
    # The sum of n exponential charges has the variance 2 n if n is Poisson distributed: a gamma
    # law of shape n / 2 for the sum, n / 2 / MAX_SPOTS for each of the heavier spots.
    shape = np.repeat(mean[many] / 2.0 / par.MAX_SPOTS, par.MAX_SPOTS)
    if many.size:
        sources, mean = sources.at(np.concatenate([few, many])), mean[few]
    counts = np.concatenate([rng.poisson(mean), np.full(len(many), par.MAX_SPOTS)])
    owner = np.repeat(np.arange(len(counts)), counts)
    places = _places_around(sources, owner, rng)
    light = len(owner) - len(shape)
    charge = np.concatenate([rng.standard_exponential(light), 2.0 * rng.standard_gamma(shape)])
    return Thrown(sources, owner, places, charge)


def _places_around(
    sources: Sources, owner: Integers, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Places (x, y) of spots around the sources that they belong to, in half cell pitches.

    One number of 32 bits gives direction and radius, the latter by inverting r^2 / (r^2 + R^2);
    positions need no more than float32.
    """
    bits = rng.integers(0, 1 << 32, len(owner), dtype=np.uint32)
    inside = (bits & np.uint32((1 << 20) - 1)).astype(np.float32) + np.float32(0.5)
    radius = np.sqrt(inside / (_PARTS - inside))
    radius *= _half_pitches(sources.radius_cm).take(owner)
    direction = (bits >> np.uint32(20)).astype(np.int64)
    places: list[Floats] = []
    for axis, component in ((sources.x_cm, _COSINES), (sources.y_cm, _SINES)):
        place = component.take(direction)
        place *= radius
        place += _half_pitches(axis).take(owner)
        places.append(place)
    return places[0], places[1]


_PARTS = np.float32(1 << 20)
_ANGLES = 2.0 * np.pi * (np.arange(1 << 12) + 0.5) / (1 << 12)
_COSINES, _SINES = np.cos(_ANGLES).astype(np.float32), np.sin(_ANGLES).astype(np.float32)


def _half_pitches(length_cm: Array) -> Floats:
    return (length_cm / detector.HALF_PITCH_CM).astype(np.float32)


def cross(tracks: Particles, cosine: Array, width: Array, rng: np.random.Generator) -> Array:
    """Signal float[events, 48] of single crossings; ``cosine`` and ``width`` are per event."""
    cells = cell_at(_half_pitches(tracks.x_cm), _half_pitches(tracks.y_cm))
    charge = crossing_charge(width[tracks.event], rng)
    return _summed(tracks.event, cells, charge, len(cosine)) / cosine[:, None]


def crossing_charge(width: Array, rng: np.random.Generator) -> Array:
    """Charge in MIP of single crossings along the path: a Moyal law of each ``width``."""
    straggling = -np.log(np.square(rng.standard_normal(len(width))))
    return np.asarray(np.maximum(1.0 + width * straggling, 0.0))


def _summed(event: Integers, cell: Integers, charge: Array, events: int) -> Array:
    # One more column takes what misses the module.
    place = event * (N_CELLS + 1)
    place += cell
    place += 1
    sums = np.bincount(place, charge, events * (N_CELLS + 1))
    return np.asarray(sums.reshape(events, N_CELLS + 1)[:, 1:], dtype=np.float64)
