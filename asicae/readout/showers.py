"""Particles to charge: mean signal of every particle in its layer, spread as energy spots.

The signal of a layer is counted in crossings of minimum ionising particles (MIP): a shower of
energy E with profile f(t) has about (E / Ec) f(t) charged tracks at depth t, of which the sensor
sees the fraction e/mip. Crossings are Poisson distributed and each leaves a straggled charge at a
radius drawn from the published lateral profiles.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.readout import detector, profiles
from asicae.readout.detector import CRITICAL_ENERGY_GEV, MIP_LOSS_PER_LAMBDA_GEV
from asicae.readout.geometry import N_CELLS, cell_at
from asicae.readout.particles import PHOTON, PION, Particles

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

E_OVER_MIP: Final = 0.65
"""Response to the tracks of electromagnetic showers (dense absorber, silicon), round figure."""
H_OVER_MIP: Final = 0.6
"""Response to the non-electromagnetic part of hadronic showers, round figure."""
MAX_SPOTS: Final = 150
"""Spots per particle and layer; larger signals get heavier spots, not more of them."""
_MIN_MIPS: Final = 0.02  # below this mean signal a particle is not followed further
_EM_SHARE_STRENGTH: Final = 5.0  # sum of the beta parameters: spread 0.2 around the mean share
_MOYAL_MEAN: Final = float(np.euler_gamma + np.log(2.0))
_DIRECTIONS: Final = 4096  # azimuths of spots are picked from this many


@dataclass(frozen=True)
class Layer:
    """The layer that each particle is seen in, in step with the particles.

    Attributes:
        index: detector layer - 1.
        cosine: cosine of the angle between flight direction and beam.
        landau_width: relative straggling of one crossing in this module's sensor.
    """

    index: Integers
    cosine: Array
    landau_width: Array


@dataclass(frozen=True)
class Signals:
    """Mean signal of particles in their layer and its radial mixture, radii in cm.

    A spot falls to the component ``core`` with probability ``core_share``, to ``tail`` with
    ``tail_share`` and otherwise to ``wide``.
    """

    mips: Array
    core: Array
    tail: Array
    wide: Array
    core_share: Array
    tail_share: Array


def energy_per_mip() -> Array:
    """GeV of shower energy that one MIP in each layer stands for, float[47]."""
    layers = detector.layers()
    electromagnetic = CRITICAL_ENERGY_GEV * layers.step_x0 / E_OVER_MIP
    hadronic = MIP_LOSS_PER_LAMBDA_GEV * layers.step_length / H_OVER_MIP
    in_front = np.arange(detector.N_LAYERS) < detector.EM_LAYERS
    return np.where(in_front, electromagnetic, hadronic)


def deposit(
    particles: Particles, modules: detector.Modules, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Signal of all particles in the cells of their modules, float[len(modules), 48] in MIP."""
    charge = np.zeros((len(modules.eta), N_CELLS))
    hadron = particles.kind >= PION
    for group, respond in ((~hadron, em_signals), (hadron, hadron_signals)):
        chosen = particles.at(group)
        layer = Layer(
            index=modules.layer[chosen.event] - 1,
            cosine=np.tanh(modules.eta)[chosen.event],
            landau_width=detector.SENSOR.landau_width[modules.wafer_type[chosen.event]],
        )
        charge += throw_spots(chosen, layer, respond(chosen, layer, rng), rng, len(charge))
    return charge


def em_signals(
    particles: Particles, layer: Layer, rng: np.random.Generator | None = None
) -> Signals:
    """Electrons and photons; without ``rng`` the mean shower shape is used."""
    depth = detector.layers().x0[layer.index] / layer.cosine
    photon = particles.kind == PHOTON
    shape = profiles.em_shape(particles.energy, photon, CRITICAL_ENERGY_GEV, rng)
    tracks = (
        particles.energy / CRITICAL_ENERGY_GEV * profiles.gamma_profile(depth, shape.a, shape.b)
    )
    radial = profiles.em_radial(depth / shape.t_max, particles.energy, detector.ATOMIC_NUMBER)
    return Signals(
        mips=tracks * E_OVER_MIP / layer.cosine,
        core=radial.core * detector.MOLIERE_RADIUS_CM,
        tail=radial.tail * detector.MOLIERE_RADIUS_CM,
        wide=np.zeros(len(particles)),
        core_share=radial.core_share,
        tail_share=1.0 - radial.core_share,
    )


def hadron_signals(particles: Particles, layer: Layer, rng: np.random.Generator) -> Signals:
    """Charged pions leave one MIP until they interact; then both kinds of hadron shower."""
    start = rng.exponential(size=len(particles))
    mean = profiles.BOCK_WEIGHT * _EM_SHARE_STRENGTH
    share = rng.beta(mean, _EM_SHARE_STRENGTH - mean, len(particles))
    return hadron_signals_from(particles, layer, start, share)


def hadron_signals_from(particles: Particles, layer: Layer, start: Array, share: Array) -> Signals:
    """Hadronic signals for given first interactions.

    Args:
        particles: pions or neutral hadrons.
        layer: where they are seen.
        start: depth of the first interaction along the path, interaction lengths.
        share: electromagnetic share of the energy.
    """
    layers = detector.layers()
    behind = layers.length[layer.index] / layer.cosine - start
    front_x0 = np.interp(
        start * layer.cosine, np.append(0.0, layers.length), np.append(0.0, layers.x0)
    )
    behind_x0 = (layers.x0[layer.index] - front_x0) / layer.cosine
    profile = profiles.hadronic_profile(particles.energy)
    electromagnetic = share * particles.energy / CRITICAL_ENERGY_GEV * E_OVER_MIP
    electromagnetic = electromagnetic * profile.electromagnetic(behind_x0)
    hadronic = (1.0 - share) * particles.energy / MIP_LOSS_PER_LAMBDA_GEV * H_OVER_MIP
    hadronic = hadronic * profile.hadronic(behind)
    showers = electromagnetic + hadronic
    track = np.where((behind <= 0) & (particles.kind == PION), 1.0, 0.0)
    # The electromagnetic part is laterally a shower at its maximum.
    radial = profiles.em_radial(
        np.ones(len(particles)), share * particles.energy, detector.ATOMIC_NUMBER
    )
    fraction = electromagnetic / np.maximum(showers, 1e-30)
    width = (0.06 + 0.05 * np.maximum(behind, 0.0)) * detector.INTERACTION_LENGTH_CM
    return Signals(
        mips=(showers + track) / layer.cosine,
        core=radial.core * detector.MOLIERE_RADIUS_CM,
        tail=radial.tail * detector.MOLIERE_RADIUS_CM,
        wide=np.where(track > 0, 0.0, width),
        core_share=fraction * radial.core_share,
        tail_share=fraction * (1.0 - radial.core_share),
    )


def throw_spots(
    particles: Particles, layer: Layer, signals: Signals, rng: np.random.Generator, events: int
) -> Array:
    """Throw the spots of every particle and sum them in the cells.

    Args:
        particles: where the axes pass and which event they belong to.
        layer: angle and straggling, in step with the particles.
        signals: mean signal and radial mixture, in step with the particles.
        rng: source of the random numbers.
        events: number of events.

    Returns:
        float[events, 48], MIP in every cell (AE order); what misses the module is lost.
    """
    seen = np.flatnonzero(signals.mips > _MIN_MIPS)
    crossings = signals.mips[seen] * layer.cosine[seen]
    expected = np.minimum(crossings, MAX_SPOTS)
    spot = np.repeat(np.arange(len(seen)), rng.poisson(expected))
    owner = seen[spot]
    which = rng.random(len(owner))
    # Component 0 is core, 1 tail, 2 wide.
    component = (which >= signals.core_share[owner]).astype(np.int64)
    component += which >= (signals.core_share + signals.tail_share)[owner]
    scale = np.stack([signals.core, signals.tail, signals.wide])[component, owner]
    radius = profiles.sample_radius(scale, rng)
    direction = rng.integers(0, _DIRECTIONS, len(owner))
    x = particles.x_cm[owner] + radius * _COSINES[direction]
    y = particles.y_cm[owner] + radius * _SINES[direction]
    cell = cell_at(x / detector.HALF_PITCH_CM, y / detector.HALF_PITCH_CM)
    inside = np.flatnonzero(cell >= 0)
    owner, spot, cell = owner[inside], spot[inside], cell[inside]
    weight = (crossings / expected)[spot]
    straggling = -np.log(np.square(rng.standard_normal(len(owner)))) - _MOYAL_MEAN
    relative = 1.0 + layer.landau_width[owner] * straggling / np.sqrt(weight)
    charge = weight / layer.cosine[owner] * np.maximum(relative, 0.0)
    place = particles.event[owner] * N_CELLS + cell
    summed = np.bincount(place, charge, events * N_CELLS).astype(np.float64)
    return summed.reshape(events, N_CELLS)


_ANGLES = (np.arange(_DIRECTIONS) + 0.5) * (2.0 * np.pi / _DIRECTIONS)
_COSINES, _SINES = np.cos(_ANGLES), np.sin(_ANGLES)
