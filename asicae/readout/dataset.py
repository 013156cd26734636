"""Readouts: what the concentrator receives from modules, with where and how it was taken."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae import files
from asicae.errors import BadInput
from asicae.readout.codes import CALQ_MAX
from asicae.readout.geometry import N_CELLS, reorder

FORMAT: Final = "asicae-readouts-1"
"""Name and version of the NPZ layout; a file of another version is refused."""

# Column of one value per module -> (dtype, allowed kinds in a file, smallest, largest).
_COLUMNS: Final[dict[str, tuple[type[np.generic], str, float, float]]] = {
    "layer": (np.int16, "iu", 1, 200),
    "wafer_u": (np.int16, "iu", -99, 99),
    "wafer_v": (np.int16, "iu", -99, 99),
    "wafer_type": (np.int8, "iu", 0, 2),
    "high_density": (np.bool_, "b", 0, 1),
    "eta": (np.float32, "f", -10.0, 10.0),
    "sim_energy": (np.float32, "f", 0.0, 1e9),
    "pileup": (np.int16, "iu", -1, 10000),
}


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
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "calq", checked_calq(self.calq))
        for name in _COLUMNS:
            column = _checked_column(name, np.asarray(getattr(self, name)), len(self.calq))
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(self.calq)

    def select(self, index: Any) -> "Readouts":
        """The readouts at ``index`` (slice, integer array or boolean mask)."""
        chosen = {name: getattr(self, name)[index] for name in ("calq", *_COLUMNS)}
        return dataclasses.replace(self, **chosen)

    def save(self, path: Path) -> Path:
        """Write an NPZ file (atomically); equal readouts give equal bytes."""
        arrays: dict[str, npt.ArrayLike] = {
            "format": np.array(FORMAT),
            "cell_order": np.array("ae"),
            "source": np.array(self.source),
        }
        arrays |= {name: getattr(self, name) for name in ("calq", *_COLUMNS)}
        return files.write_npz(path, arrays)


def concatenate(parts: Sequence[Readouts]) -> Readouts:
    """All rows of ``parts`` in order; the sources are joined by ``" + "``, each named once.

    Raises:
        BadInput: no parts.
    """
    if not parts:
        raise BadInput("no readouts to concatenate, allowed is one or more")
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("calq", *_COLUMNS)
    }
    sources = dict.fromkeys(part.source for part in parts if part.source)
    return Readouts(**joined, source=" + ".join(sources))


def load(path: Path, order: str | None = None, skip_partial: bool = False) -> Readouts:
    """Read readouts: ``.npz`` (written by :meth:`Readouts.save`) or ``.csv`` with named columns.

    Args:
        path: the file; its suffix selects the reader.
        order: cell order of CALQ_0..47 of a CSV file, ``"simulation"`` unless given. An NPZ file
            records its order, so there ``order`` may only repeat it.
        skip_partial: leave out the partial modules of a CSV file instead of refusing them.

    Raises:
        BadInput: missing or unreadable file, other suffix, bad contents, no rows.
    """
    path = Path(path)
    if path.suffix == ".npz":
        return _load_npz(path, order)
    if path.suffix == ".csv":
        from asicae.readout.csv_reader import read_csv

        return read_csv(path, order=order or "simulation", skip_partial=skip_partial)
    raise BadInput(f"{path}: suffix {path.suffix!r} is not known, allowed are .npz and .csv")


def checked_calq(values: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Charges as int32[n, 48] after checking shape, kind and range 0..2**22-1.

    Raises:
        BadInput: naming the first offending row and cell.
    """
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] != N_CELLS:
        raise BadInput(f"CALQ has shape {array.shape}, allowed is (modules, {N_CELLS})")
    if array.dtype.kind not in "iu":
        raise BadInput(f"CALQ has type {array.dtype}, allowed are integers")
    if array.size and (array.min() < 0 or array.max() > CALQ_MAX):
        row, cell = np.argwhere((array < 0) | (array > CALQ_MAX))[0]
        raise BadInput(
            f"CALQ of row {row}, cell {cell} is {array[row, cell]}, allowed is 0..{CALQ_MAX}"
        )
    return np.ascontiguousarray(array, dtype=np.int32)


def _checked_column(name: str, array: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    dtype, kinds, low, high = _COLUMNS[name]
    if array.shape != (length,):
        raise BadInput(f"{name} has shape {array.shape}, allowed is ({length},) as CALQ has rows")
    if array.dtype.kind not in kinds:
        raise BadInput(f"{name} has type {array.dtype}, allowed is {np.dtype(dtype)}")
    bad = ~((array >= low) & (array <= high))
    if bad.any():
        row = int(np.argmax(bad))
        raise BadInput(f"{name} of row {row} is {array[row]}, allowed is {low:g}..{high:g}")
    return array.astype(dtype)


def _load_npz(path: Path, order: str | None) -> Readouts:
    header = {"format": ("U", 0), "cell_order": ("U", 0), "source": ("U", 0)}
    columns = {name: (kinds, 1) for name, (_, kinds, _, _) in _COLUMNS.items()}
    arrays = files.read_npz(path, header | {"calq": ("iu", 2)} | columns)
    if str(arrays["format"]) != FORMAT:
        raise BadInput(f"{path}: format is {str(arrays['format'])!r}, allowed is {FORMAT!r}")
    recorded = str(arrays["cell_order"])
    if order is not None and order != recorded:
        raise BadInput(f"{path}: records cell order {recorded!r}, but {order!r} was asked for")
    if len(arrays["calq"]) == 0:
        raise BadInput(f"{path}: holds no modules, allowed is one or more")
    try:
        calq = reorder(checked_calq(arrays["calq"]), recorded, "ae")
        rows = {name: arrays[name] for name in _COLUMNS}
        return Readouts(calq=calq, **rows, source=str(arrays["source"]))
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


@dataclass(frozen=True)
class Description:
    """Figures of a set of readouts; charges in CALQ units, occupancy in cells of 48.

    Attributes:
        events: modules.
        empty: modules whose 48 charges are all zero.
        occupancy_mean: mean number of non-zero cells per module.
        occupancy_quantiles: (5, 25, 50, 75, 95) % quantiles of that number.
        charge_quantiles: (5, 25, 50, 75, 95, 99) % quantiles of the non-zero charges.
        charge_max: largest charge.
        sum_quantiles: (5, 25, 50, 75, 95) % quantiles of the module sum.
        per_layer: layer -> modules.
        per_pileup: mean collisions -> modules.
        per_wafer_type: sensor thickness in µm -> modules.
        high_density: modules of high density.
        eta_range: smallest and largest known |eta| (0, 0 if none is known).
        with_signal: modules with simulated signal energy.
        source: where the readouts came from.
    """

    events: int
    empty: int
    occupancy_mean: float
    occupancy_quantiles: tuple[float, ...]
    charge_quantiles: tuple[float, ...]
    charge_max: int
    sum_quantiles: tuple[float, ...]
    per_layer: dict[int, int]
    per_pileup: dict[int, int]
    per_wafer_type: dict[int, int]
    high_density: int
    eta_range: tuple[float, float]
    with_signal: int
    source: str


def describe(readouts: Readouts) -> Description:
    """Figures of ``readouts``.

    Raises:
        BadInput: no modules.
    """
    if len(readouts) == 0:
        raise BadInput("no modules to describe, allowed is one or more")
    hits = (readouts.calq > 0).sum(axis=1)
    charges = readouts.calq[readouts.calq > 0]
    eta = np.abs(readouts.eta[readouts.eta != 0])
    thickness = np.array([120, 200, 300])[readouts.wafer_type]
    return Description(
        events=len(readouts),
        empty=int((hits == 0).sum()),
        occupancy_mean=float(hits.mean()),
        occupancy_quantiles=_quantiles(hits, (5, 25, 50, 75, 95)),
        charge_quantiles=_quantiles(charges, (5, 25, 50, 75, 95, 99)),
        charge_max=int(readouts.calq.max()),
        sum_quantiles=_quantiles(readouts.calq.sum(axis=1, dtype=np.int64), (5, 25, 50, 75, 95)),
        per_layer=_counts(readouts.layer),
        per_pileup=_counts(readouts.pileup),
        per_wafer_type=_counts(thickness),
        high_density=int(readouts.high_density.sum()),
        eta_range=(float(eta.min()), float(eta.max())) if eta.size else (0.0, 0.0),
        with_signal=int((readouts.sim_energy > 0).sum()),
        source=readouts.source,
    )


def _quantiles(values: npt.NDArray[Any], percent: tuple[int, ...]) -> tuple[float, ...]:
    if values.size == 0:
        return (0.0,) * len(percent)
    return tuple(float(value) for value in np.percentile(values, percent))


def _counts(values: npt.NDArray[Any]) -> dict[int, int]:
    found, counts = np.unique(values, return_counts=True)
    return {int(value): int(count) for value, count in zip(found, counts, strict=True)}
