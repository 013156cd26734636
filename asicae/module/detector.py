"""A round model of a high-granularity endcap calorimeter: layers, sensors, modules.

The layout is that of the CMS HGCAL: an electromagnetic section (CE-E) of lead, copper and
tungsten, a hadronic section (CE-H) of steel, 8-inch hexagonal modules on a triangular lattice,
thinner sensors closer to the beam. Every layer of CE-E with an odd number and every layer of CE-H
sends trigger data. All numbers and their sources are in ``parameters.py``.
"""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.module import parameters as par
from asicae.module.geometry import CENTRES, N_CELLS

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TRIGGER_LAYERS: Final[tuple[int, ...]] = (
    *range(1, par.EM_LAYERS, 2),
    *range(par.EM_LAYERS + 1, par.N_LAYERS + 1),
)
MODULE_RADIUS_CM: Final = par.MODULE_PITCH_CM / np.sqrt(3.0)
MODULE_AREA_CM2: Final = np.sqrt(3.0) / 2.0 * par.MODULE_PITCH_CM**2
HALF_PITCH_CM: Final = float(np.sqrt(MODULE_AREA_CM2 / N_CELLS / (2.0 * np.sqrt(3.0))))
"""Half the distance of neighbouring trigger cells: 48 equal hexagons fill the module."""
CELL_TURN: Final = float(np.deg2rad(30.0))
"""Turns the outline of the 48 cells onto that of the module."""

ETA_RANGE: Final = par.ETA_RANGE
"""Smallest and largest pseudorapidity of module centres."""
SECTOR_AZIMUTHS: Final = (np.pi / 3.0, np.pi)
"""Azimuths of the sector u > 0, v >= 0 of 120 degrees, of which the endcap has three alike."""


@dataclass(frozen=True)
class Layers:
    """Depth at the sensor of every layer, index 0 = layer 1; the material in front is included.

    Attributes:
        x0: radiation lengths in front, at normal incidence.
        length: interaction lengths in front, at normal incidence.
        step_x0: radiation lengths of the absorber of this layer.
        step_length: interaction lengths of the absorber of this layer.
        mip_loss_gev: energy that a minimum ionising particle loses in that absorber.
        e_over_mip: response to electromagnetic showers relative to minimum ionising particles.
        z_cm: distance from the collision point along the beam.
        edge_cm: outer radius of the silicon.
    """

    x0: Array
    length: Array
    step_x0: Array
    step_length: Array
    mip_loss_gev: Array
    e_over_mip: Array
    z_cm: Array
    edge_cm: Array


@cache
def layers() -> Layers:
    """The layers of the round model."""
    coarse = par.N_LAYERS - par.EM_LAYERS - par.FINE_LAYERS
    plates = np.repeat(par.PLATES_MM, [par.FINE_LAYERS, coarse])
    steel = (par.TOTAL_LENGTH - par.EM_LENGTH) * plates / plates.sum()
    front_x0 = _em_steps()
    step_x0 = np.concatenate([front_x0, par.IRON_X0_PER_LENGTH * steel])
    step_length = np.concatenate([par.EM_LENGTH * front_x0 / front_x0.sum(), steel])
    loss = [par.CRITICAL_ENERGY_GEV * front_x0, par.IRON_LOSS_GEV_PER_LENGTH * steel]
    spacing = np.repeat(par.HADRONIC_SPACING_CM, [par.FINE_LAYERS - 1, coarse])
    behind = par.HADRONIC_FIRST_CM + np.concatenate([[0.0], np.cumsum(spacing)])
    z_cm = np.concatenate([_em_distances(), behind])
    return Layers(
        x0=par.FRONT_X0 + np.cumsum(step_x0),
        length=par.FRONT_LENGTH + np.cumsum(step_length),
        step_x0=step_x0,
        step_length=step_length,
        mip_loss_gev=np.concatenate(loss),
        e_over_mip=np.repeat(par.E_OVER_MIP, [par.EM_LAYERS, par.N_LAYERS - par.EM_LAYERS]),
        z_cm=z_cm,
        edge_cm=_silicon_edges(z_cm),
    )


def _em_steps() -> Array:
    """Radiation lengths in front of every layer of CE-E: lead, then copper, in turn."""
    lead = np.array(par.LEAD_MM) / par.LEAD_X0_MM + par.CLADDING_X0
    copper = (par.EM_X0 - lead.sum()) / len(lead)
    return np.stack([lead, np.full(len(lead), copper)], axis=1).ravel()


def _em_distances() -> Array:
    ends = par.FRONT_CM + np.cumsum(par.CASSETTE_MM) / 10.0
    back = ends - par.MODULE_MM / 20.0
    front = back - (par.MODULE_MM + par.COOLING_MM) / 10.0
    return np.stack([front, back], axis=1).ravel()


def _silicon_edges(z_cm: Array) -> Array:
    edge = par.EM_EDGE_CM + par.EM_EDGE_SLOPE * (z_cm - par.FRONT_CM)
    edge[-len(par.MIXED_EDGES_CM) :] = par.MIXED_EDGES_CM
    return np.asarray(np.minimum(edge, z_cm / np.sinh(par.ETA_RANGE[0])))


@dataclass(frozen=True)
class Sensor:
    """Silicon sensor, index = wafer type 0, 1, 2 (120, 200, 300 µm).

    Attributes:
        thickness_um: active thickness.
        mip_fc: most probable charge of a minimum ionising particle, fC.
        cells: sensor cells that are summed into one trigger cell.
    """

    thickness_um: Integers
    mip_fc: Array
    cells: Integers


SENSOR: Final = Sensor(
    thickness_um=np.array(par.THICKNESS_UM),
    mip_fc=np.array(par.MIP_FC),
    cells=np.array(par.CELLS_PER_TRIGGER_CELL),
)
HIGH_DENSITY: Final = np.array([True, False, False])
"""Whether a wafer type has 9 (true) or 4 sensor cells per trigger cell."""


@dataclass(frozen=True)
class Modules:
    """Silicon modules of the trigger layers, in step.

    Attributes:
        layer: from 1.
        u: place in the layer, along two axes of 120 degrees.
        v: the other axis.
        radius_cm: distance of the centre from the beam.
        eta: pseudorapidity of the centre.
        wafer_type: 0, 1, 2 = sensor of 120, 200, 300 µm.
        present: bool[n, 48], trigger cells (AE order) that the module has.
    """

    layer: Integers
    u: Integers
    v: Integers
    radius_cm: Array
    eta: Array
    wafer_type: Integers
    present: Bools

    def __len__(self) -> int:
        return len(self.layer)

    def at(self, index: Any) -> "Modules":
        """The modules at ``index``."""
        return Modules(*(getattr(self, field.name)[index] for field in fields(self)))


@cache
def modules(partial: bool = False) -> Modules:
    """The modules of all trigger layers.

    Args:
        partial: by default every module whose centre lies within |eta| 1.5..3.0 and the silicon of
            its layer, all of them complete. With ``partial`` the silicon ends at these limits:
            cells outside are absent, and modules at the edge are kept while 12 cells are left.
    """
    reach = np.arange(-14, 15)
    u, v = (grid.ravel() for grid in np.meshgrid(reach, reach, indexing="ij"))
    parts = [_modules_of(layer, u, v, partial) for layer in TRIGGER_LAYERS]
    names = [field.name for field in fields(Modules)]
    return Modules(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _modules_of(layer: int, u: Integers, v: Integers, partial: bool) -> Modules:
    x, y = centre_cm(u, v)
    z = layers().z_cm[layer - 1]
    inner, outer = z / np.sinh(par.ETA_RANGE[1]), layers().edge_cm[layer - 1]
    radius = np.hypot(x, y)
    if partial:
        places = cell_places_cm(u, v)
        present = (abs(places) >= inner) & (abs(places) <= outer)
        kept = present.sum(axis=1) >= par.MIN_PRESENT_CELLS
    else:
        kept = (radius >= inner) & (radius <= outer)
        present = np.ones((len(u), N_CELLS), dtype=bool)
    radius = radius[kept]
    return Modules(
        layer=np.full(len(radius), layer),
        u=u[kept],
        v=v[kept],
        radius_cm=radius,
        eta=np.arcsinh(z / radius),
        wafer_type=np.searchsorted(par.THICKNESS_RADII_CM, radius, side="right"),
        present=present[kept],
    )


def centre_cm(u: Integers, v: Integers) -> tuple[Array, Array]:
    """Centres of modules in their layer, cm from the beam along two axes."""
    half = par.MODULE_PITCH_CM / 2.0
    return np.asarray((-2.0 * u + v) * half), np.asarray(np.sqrt(3.0) * v * half)


def cell_places_cm(u: Integers, v: Integers) -> npt.NDArray[np.complex128]:
    """Centres of the cells of modules in their layer, complex[n, 48] in cm (AE order)."""
    x, y = centre_cm(u, v)
    turn = np.exp(1j * CELL_TURN) * HALF_PITCH_CM
    return np.asarray((x + 1j * y)[:, None] + turn * (CENTRES @ np.array([1.0, 1j])))


def trigger_energy_per_mip() -> Array:
    """GeV of shower energy that one MIP in each layer stands for, float[47]; 0 where none is sent.

    A layer that sends trigger data stands for the absorbers since the one before that does.
    """
    depth, found, before = layers(), np.zeros(par.N_LAYERS), 0
    for layer in TRIGGER_LAYERS:
        loss = depth.mip_loss_gev[before:layer].sum()
        found[layer - 1] = loss / depth.e_over_mip[layer - 1]
        before = layer
    return found


def module_eta(layer: Integers, u: Integers, v: Integers) -> Array:
    """Pseudorapidity of module centres in this model; 0 (unknown) where there is no such place."""
    radius = np.hypot(*centre_cm(u, v))
    known = (radius > 0) & (layer >= 1) & (layer <= par.N_LAYERS)
    z = layers().z_cm[np.where(known, layer, 1) - 1]
    return np.where(known, np.arcsinh(z / np.where(known, radius, 1.0)), 0.0)


def place_of(
    layer: npt.NDArray[np.integer[Any]],
    u: npt.NDArray[np.integer[Any]],
    v: npt.NDArray[np.integer[Any]],
) -> Integers:
    """Rows of places in ``modules(partial=True)``; its length where there is no module."""
    keys, order = _sorted_keys()
    wanted = _place_key(np.asarray(layer), np.asarray(u), np.asarray(v))
    found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[found] == wanted, order[found], len(keys))


def cells_present(
    layer: npt.NDArray[np.integer[Any]],
    u: npt.NDArray[np.integer[Any]],
    v: npt.NDArray[np.integer[Any]],
) -> Bools:
    """Trigger cells bool[n, 48] (AE order) of the modules at given places, cut at the edges.

    The mask that belongs to readouts simulated with ``partial``; a place without a module has none.
    """
    every = modules(partial=True).present
    nowhere = np.zeros((1, N_CELLS), dtype=bool)
    return np.asarray(np.concatenate([every, nowhere])[place_of(layer, u, v)])


@cache
def _sorted_keys() -> tuple[Integers, Integers]:
    every = modules(partial=True)
    keys = _place_key(every.layer, every.u, every.v)
    order = np.argsort(keys)
    return keys[order], order


def _place_key(
    layer: npt.NDArray[np.integer[Any]],
    u: npt.NDArray[np.integer[Any]],
    v: npt.NDArray[np.integer[Any]],
) -> Integers:
    wide = [values.astype(np.int64) for values in (layer, u, v)]
    return np.asarray((wide[0] * 1000 + wide[1] + 500) * 1000 + wide[2] + 500)
