"""Figures of readouts by layer and pseudorapidity, collected a chunk at a time."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.progress import track
from asicae.module.codes import calibrate, decode_4e3m
from asicae.module.detector import SENSOR
from asicae.module.geometry import N_CELLS
from asicae.readout.cell_order import OtherOrder, other_order
from asicae.readout.options import Options
from asicae.readout.reading import CHUNK, stream
from asicae.readout.readouts import COLUMNS, Readouts
from asicae.readout.rejected import Rejected
from asicae.readout.selection import Selection
from asicae.readout.shape import Shape, Shapes, eta_words
from asicae.readout.spectrum import N_BINS, bin_of, quantiles

PERCENT: Final = (5, 50, 95)
_LAYERS: Final = int(COLUMNS["layer"][3]) + 1

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Figures:
    """Some modules in numbers; charges in CALQ units, occupancy in cells of 48.

    Attributes:
        modules: how many.
        empty: modules without a cell above the lowest code.
        with_signal: modules with simulated signal energy.
        occupancy_mean: mean number of cells above the lowest code (``shape``) per module.
        occupancy_quantiles: (5, 50, 95) % quantiles of that number.
        charge_quantiles: (5, 50, 95) % quantiles of the charges of these cells.
        charge_max: largest charge.
        sum_quantiles: (5, 50, 95) % quantiles of the module sum.
        sum_max: largest module sum.
    """

    modules: int
    empty: int
    with_signal: int
    occupancy_mean: float
    occupancy_quantiles: tuple[float, ...]
    charge_quantiles: tuple[float, ...]
    charge_max: int
    sum_quantiles: tuple[float, ...]
    sum_max: int


@dataclass(frozen=True)
class Spectra:
    """Counts by layer (first axis, 0..200) and value.

    Attributes:
        occupancy: int64[201, 49], modules with 0..48 cells above the lowest code.
        charge: int64[201, bins], charges of these cells in the bins of ``spectrum``.
        total: int64[201, bins], module sums in the same bins.
    """

    occupancy: Integers
    charge: Integers
    total: Integers


@dataclass(frozen=True)
class Description:
    """Readouts in numbers.

    Attributes:
        total: all modules.
        layers: layer -> its modules.
        per_pileup: mean collisions (-1: unknown) -> modules.
        per_wafer_type: sensor thickness in µm -> modules.
        high_density: modules of high density.
        eta_range: smallest and largest known |eta|, (0, 0) if none is known.
        sources: where the readouts came from.
        spectra: what the figures were made of.
        shape: how charge lies in all modules.
        layer_shapes: the same by layer.
        eta_shapes: the same by interval of |eta|, in words.
        lowest: largest charge that is empty, in modules of low and of high density: 0, or what
            code 0 was decoded to.
        other_order: an order of the cells that fits clearly better than that they were read in.
    """

    total: Figures
    layers: Mapping[int, Figures]
    per_pileup: Mapping[int, int]
    per_wafer_type: Mapping[int, int]
    high_density: int
    eta_range: tuple[float, float]
    sources: tuple[str, ...]
    spectra: Spectra
    shape: Shape
    layer_shapes: Mapping[int, Shape]
    eta_shapes: Mapping[str, Shape]
    lowest: tuple[int, int]
    other_order: OtherOrder | None


@dataclass
class _Collected:
    """Sums over the chunks so far; one value or row a layer, of charges by density first."""

    shapes: Shapes
    charge: tuple[Integers, Integers] = field(
        default_factory=lambda: (_zeros(N_BINS), _zeros(N_BINS))
    )
    total: Integers = field(default_factory=lambda: _zeros(N_BINS))
    charge_max: Integers = field(default_factory=lambda: _zeros(1)[:, 0])
    sum_max: Integers = field(default_factory=lambda: _zeros(1)[:, 0])
    with_signal: Integers = field(default_factory=lambda: _zeros(1)[:, 0])
    pileup: Counter[int] = field(default_factory=Counter)
    thickness: Counter[int] = field(default_factory=Counter)
    high_density: int = 0
    eta: tuple[float, float] = (np.inf, 0.0)
    sources: dict[str, None] = field(default_factory=dict)

    def add(self, readouts: Readouts) -> None:
        """Count one chunk."""
        self.shapes.add(readouts)
        layer = readouts.layer.astype(np.int64)
        sums = readouts.calq.sum(axis=1, dtype=np.int64)
        for dense in (False, True):
            here = readouts.high_density == dense
            filled = readouts.calq[here] > 0
            cells = np.broadcast_to(layer[here][:, None], filled.shape)[filled]
            self.charge[dense][:] += _counts(cells, bin_of(readouts.calq[here][filled]), N_BINS)
        self.total += _counts(layer, bin_of(sums), N_BINS)
        np.maximum.at(self.charge_max, layer, readouts.calq.max(axis=1))
        np.maximum.at(self.sum_max, layer, sums)
        self.with_signal += np.bincount(layer[readouts.sim_energy > 0], minlength=_LAYERS)
        self.pileup.update(_tally(readouts.pileup))
        self.thickness.update(_tally(SENSOR.thickness_um[readouts.wafer_type]))
        self.high_density += int(readouts.high_density.sum())
        known = np.abs(readouts.eta[readouts.eta != 0])
        if known.size:
            self.eta = (min(self.eta[0], float(known.min())), max(self.eta[1], float(known.max())))
        self.sources[readouts.source] = None

    def spectra(self) -> Spectra:
        """Counts of what is above the lowest code."""
        occupancy, charge = _zeros(N_CELLS + 1), _zeros(N_BINS)
        for layer in self.shapes.layers():
            occupancy[layer] = self.shapes.occupancy(layer)
        for counts, lowest in zip(self.charge, self.shapes.lowest(), strict=True):
            charge[:, lowest + 1 :] += counts[:, lowest + 1 :]  # small values have a bin each
        return Spectra(occupancy, charge, self.total)

    def figures(self, spectra: Spectra, layers: Any) -> Figures:
        """The figures of some layers (slice or index array)."""
        occupancy = spectra.occupancy[layers].sum(axis=0)
        modules = int(occupancy.sum())
        return Figures(
            modules=modules,
            empty=int(occupancy[0]),
            with_signal=int(self.with_signal[layers].sum()),
            occupancy_mean=float((occupancy * np.arange(N_CELLS + 1)).sum() / modules),
            occupancy_quantiles=quantiles(np.pad(occupancy, (0, N_BINS - len(occupancy))), PERCENT),
            charge_quantiles=quantiles(spectra.charge[layers].sum(axis=0), PERCENT),
            charge_max=int(self.charge_max[layers].max()),
            sum_quantiles=quantiles(self.total[layers].sum(axis=0), PERCENT),
            sum_max=int(self.sum_max[layers].max()),
        )


def describe(chunks: Readouts | Iterable[Readouts], options: Options | None = None) -> Description:
    """Figures of readouts, whole or in chunks; memory does not grow with their number.

    ``options``: with which they were read.

    Raises:
        BadInput: no modules.
    """
    options = options or Options()
    collected = _Collected(Shapes(_decoded_zeros(options)))
    for chunk in [chunks] if isinstance(chunks, Readouts) else chunks:
        if len(chunk):
            collected.add(chunk)
    shapes = collected.shapes
    if not shapes.layers():
        raise BadInput("no modules to describe, allowed is one or more")
    low, high = collected.eta
    spectra = collected.spectra()
    return Description(
        total=collected.figures(spectra, slice(None)),
        layers={layer: collected.figures(spectra, [layer]) for layer in shapes.layers()},
        per_pileup=dict(sorted(collected.pileup.items())),
        per_wafer_type=dict(sorted(collected.thickness.items())),
        high_density=collected.high_density,
        eta_range=(low, high) if high else (0.0, 0.0),
        sources=tuple(collected.sources),
        spectra=spectra,
        shape=shapes.shape(),
        layer_shapes={layer: shapes.shape(layer=layer) for layer in shapes.layers()},
        eta_shapes={eta_words(eta): shapes.shape(eta=eta) for eta in shapes.etas()},
        lowest=shapes.lowest(),
        other_order=other_order(shapes.correlation(), shapes.full_modules(), options),
    )


def _decoded_zeros(options: Options) -> tuple[int, int]:
    """What code 0 becomes in modules of low and of high density, at most over the cells."""
    factors = np.atleast_1d(np.array(options.calibration))
    low, high = (int(calibrate(decode_4e3m(0, dense), factors).max()) for dense in (False, True))
    return low, high


def describe_files(
    paths: Path | str | Sequence[Path | str],
    options: Options | None = None,
    selection: Selection | None = None,
    rejected: Rejected | None = None,
) -> Description:
    """Figures of the modules of files of any format and size; progress is shown.

    Raises:
        BadInput: as :func:`asicae.readout.reading.stream`.
        MissingTool: a format needs an extra that is not installed.
    """
    chunks = stream(paths, options, selection, rejected=rejected)
    return describe(track(chunks, f"reading, up to {CHUNK} modules each"), options)


def _zeros(columns: int) -> Integers:
    return np.zeros((_LAYERS, columns), dtype=np.int64)


def _counts(layer: Integers, value: npt.NDArray[Any], bins: int) -> Integers:
    flat = np.bincount(layer * bins + value, minlength=_LAYERS * bins)
    return flat.reshape(_LAYERS, bins)


def _tally(values: npt.NDArray[Any]) -> dict[int, int]:
    found, counts = np.unique(values, return_counts=True)
    return {int(value): int(count) for value, count in zip(found, counts, strict=True)}
