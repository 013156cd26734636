"""Response of the whole calorimeter: showers that are followed through all of its layers.

The source proper sees every particle in one layer. Here the same showers, with the same
fluctuations, throw the same spots in all of them, at one angle and all on the axis, so that nothing
is lost sideways: that is what a beam test measures, and what the source is compared with.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from asicae.module.parameters import N_LAYERS
from asicae.source import showers, spots
from asicae.source.particles import PION, Particles

Array = npt.NDArray[np.float64]


def layer_sums(
    kind: int, energy: Array, eta: float, thickness: int, rng: np.random.Generator
) -> Array:
    """Signal of single particles in every layer, float[n, 47] in MIP, without noise.

    Args:
        kind: of ``particles``, such as ``particles.ELECTRON``.
        energy: of the n particles, GeV.
        eta: pseudorapidity, which sets the angle.
        thickness: wafer type 0, 1, 2 of the sensors, for the straggling of tracks.
        rng: source of the random numbers.
    """
    count = len(energy)
    nowhere = np.zeros(count)
    beam = Particles(np.arange(count), np.full(count, kind), energy, nowhere, nowhere)
    cosine = np.full(count, np.tanh(eta))
    layers = [showers.Layer(np.full(count, index), cosine) for index in range(N_LAYERS)]
    if kind < PION:
        shape = showers.em_shape(beam, rng)
        thrown = [_on_axis(showers.em_sources(beam, at, shape), cosine, rng) for at in layers]
        return np.stack(thrown, axis=1)
    start = showers.first_interactions(beam, rng)
    hadrons = showers.hadron_shape(energy, start, rng)
    width = np.full(count, spots.LANDAU_WIDTH[thickness])
    return np.stack([_hadrons(beam, at, hadrons, width, rng) for at in layers], axis=1)


def energies(sums: Array) -> Array:
    """Energy float[n] in GeV of layer sums [n, 47] in MIP, on the electromagnetic scale."""
    return np.asarray(sums @ showers.energy_per_mip())


def _on_axis(sources: showers.Sources, cosine: Array, rng: np.random.Generator) -> Array:
    narrow = replace(sources, radius_cm=np.zeros(len(sources.radius_cm)))
    return np.asarray(spots.throw_spots(narrow, cosine, rng).sum(axis=1))


def _hadrons(
    beam: Particles,
    layer: showers.Layer,
    shape: showers.HadronShape,
    width: Array,
    rng: np.random.Generator,
) -> Array:
    track, shower = showers.tracks_and_showers(beam, layer, shape.start)
    sources = showers.hadron_sources(beam.at(shower), layer.at(shower), shape.at(shower))
    crossing = spots.cross(beam.at(track), layer.cosine, width, rng).sum(axis=1)
    return np.asarray(_on_axis(sources, layer.cosine, rng) + crossing)
