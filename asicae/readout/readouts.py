"""Readouts: what the concentrator receives from modules, with where and how it was taken."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module.calq import checked_calq

COLUMNS: Final[dict[str, tuple[type[np.generic], str, float, float]]] = {
    "layer": (np.int16, "iu", 1, 200),
    "wafer_u": (np.int16, "iu", -99, 99),
    "wafer_v": (np.int16, "iu", -99, 99),
    "wafer_type": (np.int8, "iu", 0, 2),
    "high_density": (np.bool_, "b", 0, 1),
    "eta": (np.float32, "f", -10.0, 10.0),
    "sim_energy": (np.float32, "f", 0.0, 1e9),
    "pileup": (np.int16, "iu", -1, 10000),
}
"""Column of one value per module -> (dtype, allowed kinds in a file, smallest, largest)."""

EVENT_MAX: Final = 2**53
"""Numbers of events up to here are the same in every type that files have them in."""
ARRAYS: Final = ("calq", *COLUMNS, "partial", "event")
"""The fields of :class:`Readouts` that hold a row per module."""


@dataclass(frozen=True, eq=False)
class Readouts:
    """Calibrated charges of n modules, one row per module and bunch crossing.

    Attributes:
        calq: int32[n, 48], calibrated charge in AE order, 0..2**22-1.
        layer: int16[n], detector layer from 1.
        wafer_u: int16[n], place of the module in its layer.
        wafer_v: int16[n], place of the module in its layer.
        wafer_type: int8[n], 0, 1, 2 = sensor of 120, 200, 300 µm.
        high_density: bool[n], module of 9 (true) or 4 (false) sensor cells per trigger cell.
        eta: float32[n], pseudorapidity of the module centre, 0 = unknown.
        sim_energy: float32[n], GeV of the signal particle in this module, 0 without signal.
        pileup: int16[n], mean collisions per crossing that were overlaid, -1 = unknown.
        partial: bool[n], module that lacks some of the 48 cells, whose charges are 0; one value
            stands for all modules.
        event: int64[n], number of the event that a module was in, 0..``EVENT_MAX``, -1 = unknown;
            one value stands for all modules. Files that are read together share their numbers.
        source: where the readouts came from, in words.

    Raises:
        BadInput: shapes that do not fit, a type that loses information, a value out of range.
    """

    calq: npt.NDArray[np.int32]
    layer: npt.NDArray[np.int16]
    wafer_u: npt.NDArray[np.int16]
    wafer_v: npt.NDArray[np.int16]
    wafer_type: npt.NDArray[np.int8]
    high_density: npt.NDArray[np.bool_]
    eta: npt.NDArray[np.float32]
    sim_energy: npt.NDArray[np.float32]
    pileup: npt.NDArray[np.int16]
    partial: npt.NDArray[np.bool_] = field(default_factory=lambda: np.array(False))
    event: npt.NDArray[np.int64] = field(default_factory=lambda: np.array(-1))
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "calq", checked_calq(self.calq))
        for name in COLUMNS:
            column = _checked_column(name, np.asarray(getattr(self, name)), len(self.calq))
            object.__setattr__(self, name, column)
        object.__setattr__(self, "partial", _checked_partial(self.partial, len(self.calq)))
        object.__setattr__(self, "event", _checked_event(self.event, len(self.calq)))
        fits = density_fits(self.wafer_type, self.high_density)
        if not fits.all():
            row = int(np.argmin(fits))
            raise BadInput(
                f"high_density of row {row} is {self.high_density[row]} with wafer_type"
                f" {self.wafer_type[row]}, allowed is true with 0, false with 2, either with 1"
            )

    @classmethod
    def of_columns(
        cls, calq: npt.NDArray[Any], columns: Mapping[str, npt.NDArray[Any]], source: str
    ) -> "Readouts":
        """Readouts of integers [n, 48] in AE order and columns [n] of any type that holds them."""
        types = {name: dtype for name, (dtype, *_) in COLUMNS.items()}
        types |= {"partial": np.bool_, "event": np.int64}
        typed = {name: column.astype(types[name]) for name, column in columns.items()}
        return cls(calq.astype(np.int32), **typed, source=source)

    def __len__(self) -> int:
        return len(self.calq)

    def select(self, index: Any) -> "Readouts":
        """The readouts at ``index`` (slice, integer array or boolean mask)."""
        chosen = {name: getattr(self, name)[index] for name in ARRAYS}
        return dataclasses.replace(self, **chosen)


def concatenate(parts: Sequence[Readouts]) -> Readouts:
    """All rows of ``parts`` in order; the sources are joined by ``" + "``, each named once.

    Raises:
        BadInput: no parts.
    """
    if not parts:
        raise BadInput("no readouts to concatenate, allowed is one or more")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS}
    sources = dict.fromkeys(part.source for part in parts if part.source)
    return Readouts(**joined, source=" + ".join(sources))


def density_fits(
    wafer_type: npt.NDArray[Any], high_density: npt.NDArray[Any]
) -> npt.NDArray[np.bool_]:
    """Which modules exist, bool[n]: sensors of 120 µm are of high density, those of 300 µm of low.

    There are both kinds of 200 µm (``HGCalHD200`` and ``HGCalLD200`` of CMSSW).
    """
    dense = high_density > 0
    return np.asarray(((wafer_type != 0) | dense) & ((wafer_type != 2) | ~dense))


def _checked_column(name: str, array: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    dtype, kinds, low, high = COLUMNS[name]
    if array.shape != (length,):
        raise BadInput(f"{name} has shape {array.shape}, allowed is ({length},) as CALQ has rows")
    if array.dtype.kind not in kinds:
        raise BadInput(f"{name} has type {array.dtype}, allowed is {np.dtype(dtype)}")
    bad = ~((array >= low) & (array <= high))
    if bad.any():
        row = int(np.argmax(bad))
        raise BadInput(f"{name} of row {row} is {array[row]}, allowed is {low:g}..{high:g}")
    return array.astype(dtype)


def _checked_partial(values: npt.ArrayLike, length: int) -> npt.NDArray[np.bool_]:
    array = np.asarray(values)
    if array.dtype.kind != "b":
        raise BadInput(f"partial has type {array.dtype}, allowed is bool")
    if array.shape not in ((), (length,)):
        raise BadInput(f"partial has shape {array.shape}, allowed is ({length},) as CALQ has rows")
    return np.array(np.broadcast_to(array, length))


def _checked_event(values: npt.ArrayLike, length: int) -> npt.NDArray[np.int64]:
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise BadInput(f"event has type {array.dtype}, allowed are integers")
    if array.shape not in ((), (length,)):
        raise BadInput(f"event has shape {array.shape}, allowed is ({length},) as CALQ has rows")
    bad = (array < -1) | (array > EVENT_MAX)
    if bad.any():
        found = array[bad].flat[0]
        raise BadInput(f"event holds {found}, allowed is 0..{EVENT_MAX}, or -1 if it is unknown")
    return np.array(np.broadcast_to(array, length), dtype=np.int64)
