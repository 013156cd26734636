"""A round model of a high-granularity endcap calorimeter: layers, modules, sensors.

The layout is that of the CMS HGCAL (The Phase-2 Upgrade of the CMS Endcap Calorimeter,
CERN-LHCC-2017-023, CMS-TDR-019; its later version of 47 layers), all lengths are our round figures:
an electromagnetic section (CE-E) of 26 layers, 27.7 X0 and 1.5 interaction lengths; a hadronic
section (CE-H) of 21 steel layers up to 10 interaction lengths; 8-inch hexagonal modules on a
triangular lattice, thinner sensors closer to the beam. Materials are effective averages. Every
layer of CE-E with an odd number and every layer of CE-H sends trigger data.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.readout.geometry import N_CELLS

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

N_LAYERS: Final = 47
EM_LAYERS: Final = 26
FINE_LAYERS: Final = 11  # of the 21 layers of CE-H, the rest is coarser
TRIGGER_LAYERS: Final[tuple[int, ...]] = (*range(1, EM_LAYERS, 2), *range(27, N_LAYERS + 1))

MODULE_PITCH_CM: Final = 16.74
"""Distance of neighbouring 8-inch modules."""
MODULE_RADIUS_CM: Final = MODULE_PITCH_CM / np.sqrt(3.0)
MODULE_AREA_CM2: Final = np.sqrt(3.0) / 2.0 * MODULE_PITCH_CM**2
HALF_PITCH_CM: Final = float(np.sqrt(MODULE_AREA_CM2 / N_CELLS / (2.0 * np.sqrt(3.0))))
"""Half the distance of neighbouring trigger cells: 48 equal hexagons fill the module."""

CRITICAL_ENERGY_GEV: Final = 0.009
"""Effective critical energy of CE-E (tungsten, lead and copper)."""
MOLIERE_RADIUS_CM: Final = 2.8
"""Effective Molière radius including the gaps."""
ATOMIC_NUMBER: Final = 70.0
"""Effective Z that the radial parameters are taken at."""
INTERACTION_LENGTH_CM: Final = 25.0
"""Effective interaction length including the gaps, for the width of hadronic showers."""
MIP_LOSS_PER_LAMBDA_GEV: Final = 0.2
"""Energy that a minimum ionising particle loses in one interaction length."""

ETA_RANGE: Final = (1.5, 3.0)


@dataclass(frozen=True)
class Layers:
    """Depth at the sensor of every layer, index 0 = layer 1.

    Attributes:
        x0: radiation lengths in front, at normal incidence.
        length: interaction lengths in front, at normal incidence.
        step_x0: radiation lengths of the absorber of this layer.
        step_length: interaction lengths of the absorber of this layer.
        z_cm: distance from the collision point along the beam.
    """

    x0: Array
    length: Array
    step_x0: Array
    step_length: Array
    z_cm: Array


@cache
def layers() -> Layers:
    """The layers of the round model."""
    coarse = N_LAYERS - EM_LAYERS - FINE_LAYERS
    # Steel plates of 41.5 and 60.7 mm share the 8.5 interaction lengths of CE-H.
    plates = np.repeat([41.5, 60.7], [FINE_LAYERS, coarse])
    steel = 8.5 * plates / plates.sum()
    step_length = np.concatenate([np.full(EM_LAYERS, 1.5 / EM_LAYERS), steel])
    # Iron: 16.77 cm / 1.757 cm = 9.5 radiation lengths in one interaction length.
    step_x0 = np.concatenate([np.full(EM_LAYERS, 27.7 / EM_LAYERS), 9.5 * steel])
    spacing = np.repeat([1.3, 5.0, 9.0], [EM_LAYERS, FINE_LAYERS, coarse])
    spacing[0], spacing[EM_LAYERS] = 322.0, 7.5
    return Layers(
        x0=np.cumsum(step_x0),
        length=np.cumsum(step_length),
        step_x0=step_x0,
        step_length=step_length,
        z_cm=np.cumsum(spacing),
    )


@dataclass(frozen=True)
class Sensor:
    """Silicon sensor, index = wafer type 0, 1, 2 (120, 200, 300 µm).

    Attributes:
        thickness_um: active thickness.
        mip_fc: charge of a minimum ionising particle, fC.
        noise_electrons: noise of one sensor cell, electrons (before irradiation).
        cells: sensor cells that are summed into one trigger cell.
        landau_width: relative width of the energy loss of one crossing.
    """

    thickness_um: Integers
    mip_fc: Array
    noise_electrons: Array
    cells: Integers
    landau_width: Array


SENSOR: Final = Sensor(
    thickness_um=np.array([120, 200, 300]),
    mip_fc=np.array([1.25, 2.57, 3.88]),
    noise_electrons=np.array([2100.0, 2100.0, 1600.0]),
    cells=np.array([9, 4, 4]),
    landau_width=np.array([0.14, 0.11, 0.09]),
)
"""Charges and noise as in the public reconstruction settings of CMSSW; 120 µm is high density."""

HIGH_DENSITY: Final = np.array([True, False, False])
_THICKNESS_RADII_CM: Final = (70.0, 100.0)


@dataclass(frozen=True)
class Modules:
    """All silicon modules of the trigger layers, in step."""

    layer: Integers
    u: Integers
    v: Integers
    radius_cm: Array
    eta: Array
    wafer_type: Integers

    def at(self, index: Any) -> "Modules":
        """The modules at ``index``."""
        return Modules(
            self.layer[index],
            self.u[index],
            self.v[index],
            self.radius_cm[index],
            self.eta[index],
            self.wafer_type[index],
        )


@cache
def modules() -> Modules:
    """Every full module between |eta| 1.5 and 3.0 and inside the silicon part of its layer."""
    reach = np.arange(-14, 15)
    u, v = (grid.ravel() for grid in np.meshgrid(reach, reach, indexing="ij"))
    half = MODULE_PITCH_CM / 2.0
    radius = np.hypot((-2 * u + v) * half, np.sqrt(3.0) * v * half)
    parts = []
    for layer in TRIGGER_LAYERS:
        z = layers().z_cm[layer - 1]
        inner = z / np.sinh(ETA_RANGE[1])
        outer = min(z / np.sinh(ETA_RANGE[0]), _silicon_edge(layer))
        inside = (radius >= inner) & (radius <= outer)
        eta = np.arcsinh(z / radius[inside])
        kind = np.searchsorted(_THICKNESS_RADII_CM, radius[inside], side="right")
        number = np.full(inside.sum(), layer)
        parts.append((number, u[inside], v[inside], radius[inside], eta, kind))
    return Modules(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _silicon_edge(layer: int) -> float:
    """Outer radius of the silicon in cm; scintillator takes over from layer 34 outwards."""
    return 150.0 if layer <= 33 else 150.0 - (layer - 33) * 65.0 / 14.0


def module_eta(layer: Integers, u: Integers, v: Integers) -> Array:
    """Pseudorapidity of module centres in this model; 0 (unknown) where there is no such place."""
    half = MODULE_PITCH_CM / 2.0
    radius = np.hypot((-2 * u + v) * half, np.sqrt(3.0) * v * half)
    known = (radius > 0) & (layer >= 1) & (layer <= N_LAYERS)
    z = layers().z_cm[np.where(known, layer, 1) - 1]
    return np.where(known, np.arcsinh(z / np.where(known, radius, 1.0)), 0.0)
