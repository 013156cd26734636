"""Response of the whole calorimeter: showers that are followed through all of its layers.

The source proper sees every particle in one layer. Here the same showers, with the same
fluctuations, are seen in all of them, at one angle and without sideways losses: that is what a beam
test measures, and what the source is compared with.
"""

import numpy as np
import numpy.typing as npt

from asicae.readout import detector, profiles
from asicae.readout import parameters as par
from asicae.readout.particles import PHOTON, PION, Particles
from asicae.readout.showers import (
    HadronShape,
    Layer,
    em_mips,
    energy_per_mip,
    first_interactions,
    hadron_mips,
    hadron_shape,
)

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
    seen = [_at_layer(index, count, eta) for index in range(par.N_LAYERS)]
    if kind < PION:
        shape = profiles.em_shape(energy, beam.kind == PHOTON, par.CRITICAL_ENERGY_GEV, rng)
        return np.stack([_sampled(em_mips(beam, at, shape), at, rng) for at in seen], axis=1)
    start, _, _ = first_interactions(beam, seen[0], rng)
    hadrons = hadron_shape(energy, start, rng)
    width = float(detector.SENSOR.landau_width[thickness])
    return np.stack([_hadrons(beam, at, hadrons, width, rng) for at in seen], axis=1)


def energies(sums: Array) -> Array:
    """Energy float[n] in GeV of layer sums [n, 47] in MIP, on the electromagnetic scale."""
    return np.asarray(sums @ energy_per_mip())


def _at_layer(index: int, count: int, eta: float) -> Layer:
    return Layer(np.full(count, index), np.full(count, np.tanh(eta)))


def _sampled(mips: Array, layer: Layer, rng: np.random.Generator) -> Array:
    """The sum of a Poisson number of exponential spots around the mean ``mips``."""
    spots = rng.poisson(mips * layer.cosine / par.SPOT_MIPS)
    return np.asarray(par.SPOT_MIPS / layer.cosine * rng.standard_gamma(spots))


def _hadrons(
    beam: Particles, layer: Layer, shape: HadronShape, width: float, rng: np.random.Generator
) -> Array:
    soft, hard = hadron_mips(beam, layer, shape)
    before = shape.start >= detector.layers().length[layer.index] / layer.cosine
    straggling = -np.log(np.square(rng.standard_normal(len(before))))
    track = np.maximum(1.0 + width * straggling, 0.0) / layer.cosine
    charged = beam.kind == PION
    return _sampled(soft + hard, layer, rng) + np.where(before & charged, track, 0.0)
