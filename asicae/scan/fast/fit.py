"""Coefficients from estimates by least squares, none of them negative; points that are held out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from asicae.estimation.figures import CLOCK_TREE, TOP
from asicae.estimation.record import EstimateRecord
from asicae.foundation.errors import BadInput
from asicae.scan.fast.layers import Features
from asicae.scan.fast.model import (
    SIZES,
    BlockFigures,
    ChipFigures,
    Coefficients,
    Errors,
    tree_features,
)
from asicae.scan.fast.parts import Part

NEGLIGIBLE = 1e-6
"""Of all values together: what a feature with a smaller share adds is rounding."""
LEAST_SHARE = 0.05
"""Of a chip: what is less of it is fitted no more exactly than a block of that share."""


@dataclass(frozen=True)
class Sample:
    """A chip that was estimated.

    Attributes:
        network: its description's number; chips of one network are held out together.
        way: how it is built, by which errors are told.
        parts: what it is made of.
        figures: what its estimate says.
    """

    network: int
    way: str
    parts: tuple[Part, ...]
    figures: ChipFigures


def figures_of(record: EstimateRecord) -> ChipFigures:
    """What an estimate says of each block."""
    blocks = {
        block.instance: BlockFigures(
            area_um2=block.area_um2,
            leakage_fj=block.energy_fj.leakage,
            clock_fj=block.energy_fj.clock,
            clock_pins=block.clock_pins,
            data_fj=block.energy_fj.data,
        )
        for block in record.blocks
    }
    if TOP in record.area_um2:
        leakage = record.energy_fj[TOP].leakage
        blocks[TOP] = BlockFigures(area_um2=record.area_um2[TOP], leakage_fj=leakage)
    return ChipFigures(blocks=blocks, tree_fj=record.energy_fj[CLOCK_TREE].clock)


class Row(NamedTuple):
    """Features of a block, what they should come to, and how much that is in the whole chip."""

    features: Mapping[str, float]
    value: float
    whole: float


def fitted(samples: Sequence[Sample]) -> Coefficients:
    """The coefficients of ``samples``.

    Raises:
        BadInput: no samples.
    """
    if not samples:
        raise BadInput("fast model: no estimate to fit")
    sizes: dict[str, dict[str, list[Row]]] = {}
    moves: dict[str, list[Row]] = {}
    trees: list[Row] = []
    for sample in samples:
        chip = sample.figures
        whole = {name: sum(getattr(b, name) for b in chip.blocks.values()) for name in SIZES}
        trees.append(Row(tree_features(chip), chip.tree_fj, chip.dynamic_fj))
        for part in sample.parts:
            found = chip.blocks.get(part.instance, BlockFigures())
            rows = sizes.setdefault(part.built, {name: [] for name in SIZES})
            for name in SIZES:
                rows[name].append(Row(part.size, getattr(found, name), whole[name]))
            moves.setdefault(part.moved, []).append(Row(part.moves, found.data_fj, chip.dynamic_fj))
    return Coefficients(
        size={k: {name: least_squares(rows) for name, rows in q.items()} for k, q in sizes.items()},
        data_fj={kind: least_squares(rows) for kind, rows in moves.items()},
        tree_fj=least_squares(trees),
    )


def least_squares(rows: Sequence[Row]) -> Features:
    """Coefficients, none negative, whose relative errors have the least squares.

    Errors are relative to the value, and to ``LEAST_SHARE`` of the chip where it is less. What adds
    nothing is left out.
    """
    values = np.array([row.value for row in rows], dtype=np.float64)
    if not values.any():
        return {}
    names = sorted({name for row in rows for name in row.features})
    features = [[row.features.get(name, 0.0) for name in names] for row in rows]
    least = LEAST_SHARE * np.array([row.whole for row in rows])
    weights = 1.0 / np.maximum(values, least)
    matrix = np.array(features, dtype=np.float64) * weights[:, None]
    # Columns of one size: what is large by its unit alone is no better known.
    scale = np.linalg.norm(matrix, axis=0)
    scale[scale == 0] = 1.0
    found, _ = nnls(matrix / scale, values * weights)
    kept = zip(names, found, scale, strict=True)
    return {name: float(c / s) for name, c, s in kept if c > NEGLIGIBLE}


@dataclass(frozen=True)
class HeldOut:
    """A chip beside what a model says of it that was fitted without its network."""

    sample: Sample
    predicted: ChipFigures

    @property
    def area(self) -> float:
        """By how much the area is off, as share of what was estimated."""
        return self.predicted.area_um2 / self.sample.figures.area_um2 - 1

    @property
    def energy(self) -> float:
        """Likewise the dynamic energy."""
        return self.predicted.dynamic_fj / self.sample.figures.dynamic_fj - 1


def held_out(samples: Sequence[Sample]) -> list[HeldOut]:
    """Each sample with what those of all other networks say of it, in their order.

    Raises:
        BadInput: what is in one network alone, of which the others say nothing.
    """
    found: list[HeldOut] = []
    for sample in samples:
        coefficients = fitted([other for other in samples if other.network != sample.network])
        for part in sample.parts:
            if part.built not in coefficients.size:
                raise BadInput(f"fast model: one network alone has a {part.built}")
        found.append(HeldOut(sample, coefficients.chip(sample.parts)))
    return found


def errors_of(points: Iterable[HeldOut]) -> dict[str, Errors]:
    """Median and largest error by way to build."""
    by_way: dict[str, list[HeldOut]] = {}
    for point in points:
        by_way.setdefault(point.sample.way, []).append(point)
    return {
        way: Errors(
            points=len(some),
            area=_median_and_largest([point.area for point in some]),
            energy=_median_and_largest([point.energy for point in some]),
        )
        for way, some in by_way.items()
    }


def _median_and_largest(errors: Sequence[float]) -> tuple[float, float]:
    sizes = np.abs(errors)
    return float(np.median(sizes)), float(sizes.max())
