"""Whole crossings to readouts: what ``simulate`` does where events are kept together."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.module import detector
from asicae.module.geometry import N_CELLS
from asicae.readout.readouts import Readouts
from asicae.source import parameters as par
from asicae.source import showers, spots
from asicae.source.crossings import Rays, pileup_rays, signal_rays
from asicae.source.particles import PION, Particles
from asicae.source.read_out import read_out
from asicae.source.region import Region, region_of
from asicae.source.settings import SourceSettings
from asicae.source.showers import Layer, Sources

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CROSSINGS: Final = 4
"""Crossings drawn from one child seed; part of what a seed means, so it must not change."""
_STREAM: Final = 0xB7
"""Second word of three of the seed; modules that are drawn one by one have seeds of two."""


def region_for(settings: SourceSettings) -> Region:
    """The modules that every crossing fills.

    Raises:
        BadInput: no module is left.
    """
    return region_of(settings.partial, settings.layers, settings.links, settings.radius_cm)


def simulate_crossings(settings: SourceSettings, chunk: int) -> Readouts:
    """Modules of ``CROSSINGS`` crossings, one crossing after the other, numbered from the first
    chunk on."""
    seed = np.random.SeedSequence([settings.seed, _STREAM, chunk])
    rng = np.random.Generator(np.random.PCG64(seed))
    region = region_for(settings)
    levels = np.array(settings.pileup_levels, dtype=np.int64)
    collisions = levels[rng.integers(0, len(levels), CROSSINGS)]
    shape = (CROSSINGS, len(region.modules), N_CELLS)
    mips, energy = np.zeros(shape), np.zeros(shape[:2])
    if settings.mixture == "signal":
        momenta = (settings.pt_min_gev, settings.pt_max_gev)
        mips += deposit(signal_rays(CROSSINGS, settings.shares, momenta, rng), region, shape, rng)
        seen = (mips * region.modules.present).sum(axis=2)
        energy = seen * showers.energy_per_mip()[region.modules.layer - 1]
    if levels.any():
        mips += deposit(pileup_rays(collisions, region, rng), region, shape, rng)
    return read_out(
        settings,
        region.modules.at(np.tile(np.arange(shape[1]), CROSSINGS)),
        mips.reshape(-1, N_CELLS),
        energy.ravel(),
        np.repeat(collisions, shape[1]),
        rng,
        event=np.repeat(chunk * CROSSINGS + np.arange(CROSSINGS), shape[1]),
    )


@dataclass(frozen=True)
class _Met:
    """Where particles meet layers, in step.

    Attributes:
        ray: row of the particle.
        layer: index of the layer in the region.
        place: cm, complex.
        cosine: of the angle between flight direction and beam.
    """

    ray: Integers
    layer: Integers
    place: npt.NDArray[np.complex128]
    cosine: Array


def deposit(
    rays: Rays, region: Region, shape: tuple[int, int, int], rng: np.random.Generator
) -> Array:
    """Signal of all particles in the cells of the modules, float[crossings, modules, 48] in MIP."""
    flat = np.zeros(int(np.prod(shape)))
    electromagnetic = rays.at(np.flatnonzero(rays.kind < PION))
    _add_electromagnetic(flat, electromagnetic, region, rng)
    _add_hadrons(flat, rays.at(np.flatnonzero(rays.kind >= PION)), region, rng)
    return flat.reshape(shape)


def _add_electromagnetic(flat: Array, rays: Rays, region: Region, rng: np.random.Generator) -> None:
    shape = showers.em_shape(_particles(rays), rng)
    met = _meetings(rays, region)
    layer = Layer((region.layers - 1)[met.layer], met.cosine)
    sources = showers.em_sources(_crossing_particles(rays, met), layer, shape.at(met.ray))
    _add_spots(flat, sources, rays, met, region, rng)


def _add_hadrons(flat: Array, rays: Rays, region: Region, rng: np.random.Generator) -> None:
    start = showers.first_interactions(_particles(rays), rng)
    shape = showers.hadron_shape(rays.energy, start, rng)
    met = _meetings(rays, region)
    layer = Layer((region.layers - 1)[met.layer], met.cosine)
    particles = _crossing_particles(rays, met)
    track, shower = showers.tracks_and_showers(particles, layer, start[met.ray])
    sources = showers.hadron_sources(
        particles.at(shower), layer.at(shower), shape.at(met.ray[shower])
    )
    _add_spots(flat, sources, rays, met, region, rng)
    _add_tracks(flat, track, rays, met, region, rng)


def _particles(rays: Rays) -> Particles:
    nowhere = np.zeros(len(rays))
    return Particles(rays.crossing, rays.kind, rays.energy, nowhere, nowhere)


def _crossing_particles(rays: Rays, met: _Met) -> Particles:
    """One particle a meeting, whose event is the row of the meeting."""
    rows = np.arange(len(met.ray))
    kind, energy = rays.kind[met.ray], rays.energy[met.ray]
    return Particles(rows, kind, energy, met.place.real, met.place.imag)


def _meetings(rays: Rays, region: Region) -> _Met:
    found, index, places, cosines = [], [], [], []
    for layer, z_cm in enumerate(region.z_cm.tolist()):
        place = rays.place(z_cm)
        ray = np.flatnonzero(region.near(layer, place))
        found.append(ray)
        index.append(np.full(len(ray), layer))
        places.append(place[ray])
        cosines.append(z_cm / np.hypot(z_cm, np.abs(place[ray])))
    return _Met(
        np.concatenate(found),
        np.concatenate(index),
        np.concatenate(places),
        np.concatenate(cosines),
    )


def _add_spots(
    flat: Array, sources: Sources, rays: Rays, met: _Met, region: Region, rng: np.random.Generator
) -> None:
    thrown = spots.throw(sources, met.cosine[sources.event], rng)
    row = thrown.sources.event.take(thrown.owner)
    x_cm, y_cm = (place.astype(np.float64) * detector.HALF_PITCH_CM for place in thrown.places)
    module, cell = region.cells(met.layer[row], x_cm, y_cm)
    charge = thrown.charge * par.SPOT_MIPS / met.cosine[row]
    _add(flat, len(region.modules), rays.crossing[met.ray[row]], module, cell, charge)


def _add_tracks(
    flat: Array, track: Integers, rays: Rays, met: _Met, region: Region, rng: np.random.Generator
) -> None:
    place = met.place[track]
    module, cell = region.cells(met.layer[track], place.real, place.imag)
    width = spots.LANDAU_WIDTH[region.modules.wafer_type[module]]  # of any, where it is outside
    charge = spots.crossing_charge(width, rng) / met.cosine[track]
    _add(flat, len(region.modules), rays.crossing[met.ray[track]], module, cell, charge)


def _add(
    flat: Array, modules: int, crossing: Integers, module: Integers, cell: Integers, charge: Array
) -> None:
    inside = np.flatnonzero(module >= 0)
    place = (crossing[inside] * modules + module[inside]) * N_CELLS + cell[inside]
    flat += np.bincount(place, charge[inside], len(flat))
