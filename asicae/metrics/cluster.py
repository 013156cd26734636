"""The shower of each event over modules and layers: energy, direction, width and depth.

Directions are places over the distance along the beam, x/z + i y/z. Cells count up to a distance of
0.03 from the direction of the shower, as in the trigger clustering of github.com/cms-sw/cmssw
(``L1Trigger/L1THGCal/python/hgcalBackEndLayer2Producer_cfi.py``, ``dR_multicluster``). Width and
share of the hadronic section are ``sigmaRRTot`` and ``hOverE`` of its shower shapes, the latter as
a share of the whole; depth is the mean over the energy.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.metrics.crossing import Crossing, module_directions
from asicae.metrics.images import Floats, checked_charges
from asicae.module import detector
from asicae.module.parameters import EM_LAYERS
from asicae.readout.readouts import Readouts

Complex = npt.NDArray[np.complex128]
Integers = npt.NDArray[np.int64]

RADIUS: Final = 0.03
"""Of a shower."""
SEARCH: Final = 0.06
"""How far from where a signal went a shower is looked for."""
SEED_BIN: Final = 0.015
"""Width of the square bins, over all layers, of which the fullest is where a shower is."""
_STEPS: Final = 3
"""Times that the cells are taken around the mean direction of the cells before."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """The showers of e events; all is 0 of one without charge.

    Attributes:
        energy: float64[e], transverse, GeV.
        direction: complex[e], mean over the energy.
        width: float64[e], root mean square distance of the energy from that.
        depth: float64[e], mean radiation lengths in front.
        hadronic: float64[e], share of the energy in CE-H.
    """

    energy: Floats
    direction: Complex
    width: Floats
    depth: Floats
    hadronic: Floats

    @property
    def shape(self) -> Floats:
        """What tells kinds of particles apart, float64[e, 3]: width, depth, hadronic share."""
        return np.stack([self.width, self.depth, self.hadronic], axis=1)


def signal_directions(readouts: Readouts) -> tuple[Integers, Complex]:
    """Numbers [e] of the events with simulated energy, and where their signals went, complex[e].

    Mean direction of the centres of modules, by their simulated energy.

    Raises:
        BadInput: no event with simulated energy, an unknown event.
    """
    rows = np.flatnonzero(readouts.sim_energy > 0)
    if not rows.size:
        raise BadInput("showers: no module has simulated energy, one or more are needed")
    energy = readouts.sim_energy[rows].astype(np.float64)
    number, event = np.unique(readouts.event[rows], return_inverse=True)
    if number[0] < 0:
        raise BadInput("showers: an event is unknown, allowed are modules of whole crossings")
    total = _totals(event, energy, len(number))
    return number, _mean(event, energy, module_directions(readouts.select(rows)), total)


def around_signals(readouts: Readouts) -> tuple[Readouts, Complex]:
    """Modules with cells within ``SEARCH`` of the signal of their event, and its direction [e].

    The events are those with simulated energy and such a module, by number.

    Raises:
        BadInput: as :func:`signal_directions`.
    """
    number, direction = signal_directions(readouts)
    place = np.searchsorted(number, readouts.event)
    place = np.minimum(place, len(number) - 1)
    z_cm = detector.layers().z_cm[readouts.layer.astype(np.int64) - 1]
    away = np.abs(module_directions(readouts) - direction[place])
    near = (away < SEARCH + detector.MODULE_RADIUS_CM / z_cm) & (number[place] == readouts.event)
    return readouts.select(near), direction[np.isin(number, readouts.event[near])]


def clusters(crossing: Crossing, charges: npt.ArrayLike, near: Complex) -> Clusters:
    """The shower of each event.

    Args:
        crossing: n modules of e events.
        charges: [n, 48] in CALQ units, AE order.
        near: complex[e], where showers are looked for, within ``SEARCH``.

    Raises:
        BadInput: charges that are none, or of another number of modules.
    """
    checked = checked_charges(charges, "shower")
    if len(checked) != len(crossing.event):
        raise BadInput(f"showers: charges of {len(checked)} modules, not {len(crossing.event)}")
    rows, cells = np.nonzero(checked)
    event, direction = crossing.event[rows], crossing.slope[rows, cells]
    energy = checked[rows, cells] * crossing.weight[rows]
    layer = crossing.layer[rows] - 1
    here = np.abs(direction - near[event]) < SEARCH
    event, direction, energy, layer = event[here], direction[here], energy[here], layer[here]
    centre = _seeds(event, direction, energy, crossing.events)
    for _ in range(_STEPS):
        mine = np.abs(direction - centre[event]) < RADIUS
        total = _totals(event[mine], energy[mine], crossing.events)
        centre = _mean(event[mine], energy[mine], direction[mine], total)
    away = np.abs(direction[mine] - centre[event[mine]]) ** 2
    depth = detector.layers().x0[layer[mine]]

    def mean(values: Floats) -> Floats:
        return np.asarray(_mean(event[mine], energy[mine], values, total).real)

    behind = (layer[mine] >= EM_LAYERS).astype(np.float64)
    return Clusters(total, centre, np.sqrt(mean(away)), mean(depth), mean(behind))


def _seeds(event: Integers, direction: Complex, energy: Floats, events: int) -> Complex:
    """Mean direction of the cells in the fullest bin of each event."""
    bins = int(2 / SEED_BIN)
    column, row = (
        np.floor(x / SEED_BIN).astype(np.int64) for x in (direction.real, direction.imag)
    )
    keys, index = np.unique((event * bins + column) * bins + row, return_inverse=True)
    sums = np.bincount(index, energy, len(keys))
    owner = np.zeros(len(keys), dtype=np.int64)
    owner[index] = event
    order = np.lexsort((-sums, owner))
    first = order[np.unique(owner[order], return_index=True)[1]]
    here = np.isin(index, first)
    total = _totals(event[here], energy[here], events)
    return _mean(event[here], energy[here], direction[here], total)


def _mean(
    event: Integers, energy: Floats, values: npt.NDArray[np.number], total: Floats
) -> Complex:
    """Means complex[e] by energy; 0 without any."""
    sums = _sums(event, energy * values, len(total))
    return np.divide(sums, total, out=np.zeros(len(total), complex), where=total > 0)


def _sums(event: Integers, values: npt.NDArray[np.number], events: int) -> Complex:
    """Sums complex[e] over the events."""
    every = np.asarray(values, dtype=np.complex128)
    real, imag = (_totals(event, part, events) for part in (every.real, every.imag))
    return np.asarray(real + 1j * imag)


def _totals(event: Integers, values: Floats, events: int) -> Floats:
    """Sums float64[e] over the events."""
    return np.asarray(np.bincount(event, values, events), dtype=np.float64)
