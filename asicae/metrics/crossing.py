"""Modules of whole crossings as one picture: where each cell is, and what its charge stands for."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.metrics.images import Floats
from asicae.module import detector
from asicae.module.parameters import N_LAYERS
from asicae.readout.readouts import Readouts
from asicae.source.parameters import CALQ_PER_MIP_T

Integers = npt.NDArray[np.int64]

CALQ_PER_MIP: Final = CALQ_PER_MIP_T
"""CALQ of one transverse MIP, which the calibration of the source makes."""


@dataclass(frozen=True, eq=False)
class Crossing:
    """Where the charge of n modules of e events belongs.

    Attributes:
        number: int64[e], numbers of the events, ascending.
        event: int64[n], row of the event of each module.
        layer: int64[n], from 1.
        slope: complex[n, 48], place of every cell over its distance along the beam: the direction
            from the collision point, whose absolute value is 1 / sinh(eta).
        weight: float64[n], GeV of transverse shower energy that one CALQ of the module stands for.
    """

    number: Integers
    event: Integers
    layer: Integers
    slope: npt.NDArray[np.complex128]
    weight: Floats

    @property
    def events(self) -> int:
        """Number of the events."""
        return len(self.number)


def module_directions(readouts: Readouts) -> npt.NDArray[np.complex128]:
    """Centres of modules over their distance along the beam, complex[n].

    Raises:
        BadInput: a layer that sends no trigger data, no place.
    """
    layer, u, v = _places(readouts)
    x_cm, y_cm = detector.centre_cm(u, v)
    return np.asarray((x_cm + 1j * y_cm) / detector.layers().z_cm[layer - 1])


def crossing(readouts: Readouts) -> Crossing:
    """Modules whose events and places are known, in the geometry of ``module.detector``.

    Raises:
        BadInput: no modules, an unknown event, a layer that sends no trigger data, no place.
    """
    if not len(readouts):
        raise BadInput("crossings: no modules, allowed is one or more")
    _refuse(readouts.event < 0, "event is unknown", "a number (`--together` gives one)")
    layer, u, v = _places(readouts)
    number, event = np.unique(readouts.event, return_inverse=True)
    z_cm = detector.layers().z_cm[layer - 1]
    return Crossing(
        number=number,
        event=event.astype(np.int64),
        layer=layer,
        slope=detector.cell_places_cm(u, v) / z_cm[:, None],
        weight=detector.trigger_energy_per_mip()[layer - 1] / CALQ_PER_MIP,
    )


def _places(readouts: Readouts) -> tuple[Integers, Integers, Integers]:
    """Layers, u and v."""
    layer, u, v = (
        column.astype(np.int64) for column in (readouts.layer, readouts.wafer_u, readouts.wafer_v)
    )
    sends = np.isin(layer, detector.TRIGGER_LAYERS)
    _refuse(~sends, "layer sends no trigger data", f"one of those that do, up to {N_LAYERS}")
    _refuse((u == 0) & (v == 0), "place is (0, 0)", "one beside the beam")
    return layer, u, v


def _refuse(wrong: npt.NDArray[np.bool_], what: str, allowed: str) -> None:
    if wrong.any():
        raise BadInput(f"crossings: {what} in row {int(np.argmax(wrong))}, allowed is {allowed}")
