"""Particles to mean signals: what each leaves in its layer, and how that spreads around its axis.

Signals are counted in minimum ionising particles (MIP): an electromagnetic shower of energy E loses
E f(t) per radiation length at depth t, a crossing particle the loss of one MIP, and the sensor sees
the fraction e/mip of it. The hadronic component likewise, per interaction length and with h/mip.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from asicae.module import detector
from asicae.module.parameters import CRITICAL_ENERGY_GEV
from asicae.source import parameters as par
from asicae.source import profiles
from asicae.source.particles import PHOTON, PION, Particles

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Layer:
    """The layer that each particle is seen in, in step with the particles.

    Attributes:
        index: detector layer - 1.
        cosine: cosine of the angle between flight direction and beam.
    """

    index: Integers
    cosine: Array

    def at(self, index: npt.NDArray[np.int64] | Bools) -> "Layer":
        """The layers at ``index``."""
        return Layer(self.index[index], self.cosine[index])


@dataclass(frozen=True)
class Sources:
    """Charge to be thrown around axes, one entry per particle and radial component.

    Attributes:
        event: index of the event.
        x_cm: axis, from the module centre.
        y_cm: axis, from the module centre.
        radius_cm: scale R of the radial law 2 r R^2 / (r^2 + R^2)^2.
        mips: mean signal in MIP.
    """

    event: Integers
    x_cm: Array
    y_cm: Array
    radius_cm: Array
    mips: Array

    def at(self, index: Integers) -> "Sources":
        """The sources at ``index``."""
        return Sources(*(getattr(self, field.name)[index] for field in fields(self)))


def joined(parts: list[Sources]) -> Sources:
    """All sources of ``parts`` in order."""
    names = [field.name for field in fields(Sources)]
    return Sources(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def energy_per_mip() -> Array:
    """GeV of shower energy that one MIP in each layer stands for, float[47]."""
    layers = detector.layers()
    return layers.mip_loss_gev / layers.e_over_mip


def em_mips(particles: Particles, layer: Layer, shape: profiles.EmShape) -> Array:
    """Mean signal of electrons and photons of given longitudinal ``shape`` in their layer, MIP."""
    layers = detector.layers()
    density = profiles.gamma_profile(layers.x0[layer.index] / layer.cosine, shape.a, shape.b)
    response = layers.e_over_mip * layers.step_x0 / layers.mip_loss_gev
    seen = particles.energy * shape.visible * density
    return np.asarray(seen * response[layer.index] / layer.cosine)


def em_shape(particles: Particles, rng: np.random.Generator) -> profiles.EmShape:
    """Shapes of the showers of electrons and photons, with shower-to-shower fluctuations."""
    photon = particles.kind == PHOTON
    return profiles.em_shape(particles.energy, photon, CRITICAL_ENERGY_GEV, rng)


def em_sources(particles: Particles, layer: Layer, shape: profiles.EmShape) -> Sources:
    """Core and tail of electrons and photons of given longitudinal ``shape`` in their layer."""
    mips = em_mips(particles, layer, shape)
    seen = np.flatnonzero(mips > par.MIN_MIPS)
    particles, layer = particles.at(seen), layer.at(seen)
    depth = detector.layers().x0[layer.index] / layer.cosine
    return _core_and_tail(particles, mips[seen], depth / shape.t_max[seen])


def _core_and_tail(particles: Particles, mips: Array, tau: Array) -> Sources:
    radial = profiles.em_radial(tau, particles.energy, par.ATOMIC_NUMBER)
    return joined(
        [
            _sources(particles, scale * par.MOLIERE_RADIUS_CM, mips * share)
            for scale, share in (
                (radial.core, radial.core_share),
                (radial.tail, 1.0 - radial.core_share),
            )
        ]
    )


def _sources(particles: Particles, radius_cm: Array, mips: Array) -> Sources:
    return Sources(particles.event, particles.x_cm, particles.y_cm, radius_cm, mips)


@dataclass(frozen=True)
class HadronShape:
    """Single hadronic showers.

    Attributes:
        start: depth of the first interaction along the path, interaction lengths.
        share: electromagnetic share of the energy.
        visible: factor on the hadronic component, around 1.
    """

    start: Array
    share: Array
    visible: Array

    def at(self, index: Integers) -> "HadronShape":
        """The showers at ``index``."""
        return HadronShape(self.start[index], self.share[index], self.visible[index])


def hadron_shape(energy: Array, start: Array, rng: np.random.Generator) -> HadronShape:
    """Shapes of showers that begin at ``start``; the visible hadronic part fluctuates log-normally
    by ``HADRON_TERM`` over the root of its energy."""
    share = profiles.sample_shares(len(energy), rng)
    variance = np.log1p(par.HADRON_TERM**2 / ((1.0 - share) * energy))
    normal = rng.standard_normal(len(energy))
    visible = np.exp(np.sqrt(variance) * normal - variance / 2.0)
    return HadronShape(start, share, visible)


def hadron_mips(particles: Particles, layer: Layer, shape: HadronShape) -> tuple[Array, Array]:
    """Mean signals (electromagnetic, hadronic) of hadrons in their layer in MIP.

    Both are 0 where a hadron has not interacted yet.
    """
    layers = detector.layers()
    index, cosine = layer.index, layer.cosine
    behind = layers.length[index] / cosine - shape.start
    front_x0 = np.interp(
        shape.start * cosine, np.append(0.0, layers.length), np.append(0.0, layers.x0)
    )
    behind_x0 = (layers.x0[index] - front_x0) / cosine
    profile = profiles.hadronic_profile(particles.energy)
    per_x0 = (layers.e_over_mip * layers.step_x0 / layers.mip_loss_gev)[index]
    per_length = (par.H_OVER_MIP * layers.step_length / layers.mip_loss_gev)[index]
    soft = shape.share * particles.energy * profile.electromagnetic(behind_x0) * per_x0
    hard = (1.0 - shape.share) * particles.energy * profile.hadronic(behind) * per_length
    return soft / cosine, hard * shape.visible / cosine


def hadron_sources(particles: Particles, layer: Layer, shape: HadronShape) -> Sources:
    """Both components of hadrons that interact in front of their layer.

    The electromagnetic one is laterally a shower at its maximum.
    """
    soft, hard = hadron_mips(particles, layer, shape)
    behind = detector.layers().length[layer.index] / layer.cosine - shape.start
    width = (par.HADRON_WIDTH[0] + par.HADRON_WIDTH[1] * behind) * par.LENGTH_CM
    seen = np.flatnonzero(soft > par.MIN_MIPS)
    core = _core_and_tail(particles.at(seen), soft[seen], np.ones(len(seen)))
    seen = np.flatnonzero(hard > par.MIN_MIPS)
    wide = _sources(particles.at(seen), width[seen], hard[seen])
    return joined([core, wide])


def first_interactions(particles: Particles, rng: np.random.Generator) -> Array:
    """Depths of the first interactions of hadrons along their paths, interaction lengths."""
    return rng.standard_exponential(len(particles))


def tracks_and_showers(
    particles: Particles, layer: Layer, start: Array
) -> tuple[Integers, Integers]:
    """Rows of hadrons that are tracks, and of those that are showers, in their layer.

    A charged hadron that has not interacted crosses its layer as one minimum ionising particle; a
    neutral one leaves nothing.
    """
    shower = start < detector.layers().length[layer.index] / layer.cosine
    track = ~shower & (particles.kind == PION)
    return np.flatnonzero(track), np.flatnonzero(shower)
