"""Charges that are drawn to reach every case of the encoder of Adaptive Choice."""

from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoiceSettings
from asicae.concentrator.algorithms.hybrid_choice import HybridChoiceSettings
from asicae.concentrator.companders import CODE_BITS, FRACTION_BITS, table_of
from asicae.module.codes import CALQ_BITS, CALQ_MAX
from asicae.module.geometry import N_CELLS, Integers

Generator = np.random.Generator
Masks = npt.NDArray[np.bool_]
FEW: Final = 3


def drawn_events(settings: AdaptiveChoiceSettings, number: int, seed: int) -> Integers:
    """Charges int64[number, 48]: no hit, one, about ``most_cells``, all; ties, saturated charges,
    sums of every power of two, relative charges at and just below thresholds.

    The same settings, number and seed give the same events.
    """
    generator = np.random.default_rng(seed)
    ways = (_spread, _alike, _few_steps, _saturated, _one_large, _at_thresholds)
    found = []
    for way, part in zip(ways, np.array_split(np.arange(number), len(ways)), strict=True):
        hits = _hits(settings, generator, len(part))
        found.append(way(settings, generator, hits) * hits)
    return generator.permutation(np.minimum(np.concatenate(found), CALQ_MAX))


def drawn_hybrid_events(settings: HybridChoiceSettings, number: int, seed: int) -> Integers:
    """Charges int64[number, 48] that reach every case of quiet and of busy frames; a third of each
    with just so many hits as make a crossing busy where there were more, a third with one less.
    """
    both = (drawn_events(part, number, seed) for part in (settings, settings.busy))
    calq = np.concatenate([part[place::2] for place, part in enumerate(both)])
    generator = np.random.default_rng([seed, number])
    limits = np.array([N_CELLS, settings.busy_hits, settings.busy_hits - 1])
    limit = limits[np.arange(number) % len(limits)]
    order = np.argsort(generator.random(calq.shape) + (calq == 0), axis=1)
    limited = np.where(np.argsort(order, axis=1) < limit[:, None], calq, 0)
    return generator.permutation(limited)


def _hits(settings: AdaptiveChoiceSettings, generator: Generator, number: int) -> Masks:
    """Which cells have charge: of some numbers of cells more often than of others, anywhere."""
    most = settings.most_cells
    counts = np.where(
        generator.random(number) < 0.5,
        generator.choice([0, 1, most - 1, most, most, most + 1, N_CELLS], number),
        generator.integers(0, N_CELLS + 1, number),
    )
    # Often many in front or behind, so that every cell comes in every place that it can have.
    leaning = generator.choice([-2.0, 0.0, 0.0, 2.0], (number, 1)) * np.linspace(-1, 1, N_CELLS)
    order = np.argsort(generator.random((number, N_CELLS)) + leaning, axis=1)
    return np.asarray(np.argsort(order, axis=1) < counts[:, None])


def _spread(_: AdaptiveChoiceSettings, generator: Generator, hits: Masks) -> Integers:
    """Every size, evenly in its logarithm, up to a largest one."""
    most = generator.uniform(0, CALQ_BITS, (len(hits), 1))
    return np.asarray(2 ** (most * generator.random(hits.shape)), dtype=np.int64)


def _alike(_: AdaptiveChoiceSettings, generator: Generator, hits: Masks) -> Integers:
    """All the same."""
    value = (2 ** generator.uniform(0, CALQ_BITS, (len(hits), 1))).astype(np.int64)
    return np.repeat(value, N_CELLS, axis=1)


def _few_steps(settings: AdaptiveChoiceSettings, generator: Generator, hits: Masks) -> Integers:
    """A few charges that many cells have, one next to the other."""
    return _alike(settings, generator, hits) + generator.integers(0, FEW, hits.shape)


def _saturated(settings: AdaptiveChoiceSettings, generator: Generator, hits: Masks) -> Integers:
    """Some at the most that there is, among others."""
    at_most = generator.random(hits.shape) < generator.random((len(hits), 1))
    return np.where(at_most, CALQ_MAX, _spread(settings, generator, hits))


def _one_large(_: AdaptiveChoiceSettings, generator: Generator, hits: Masks) -> Integers:
    """Small ones beside one that is a power of two or next to it: relative charges are often 0."""
    power = np.int64(1) << generator.integers(1, CALQ_BITS, len(hits))
    charges = generator.integers(1, 1 + FEW, hits.shape)
    return _with_one(generator, hits, charges, power + generator.integers(-1, 2, len(hits)))


def _at_thresholds(settings: AdaptiveChoiceSettings, generator: Generator, hits: Masks) -> Integers:
    """Relative charges at thresholds and one below, of codes of any length; what the sum lacks of
    the power of two that they are relative to is added to one cell.
    """
    last = generator.integers(0, CODE_BITS, hits.shape)
    codes = (2 * generator.integers(0, 1 << CODE_BITS, hits.shape) + 1 << last) % (1 << CODE_BITS)
    steps = table_of(settings.compander).thresholds[codes]
    shift = generator.integers(0, CALQ_BITS - FRACTION_BITS, (len(hits), 1))
    charges = (steps << shift) - generator.integers(0, 2, hits.shape)
    lacking = (1 << FRACTION_BITS << shift[:, 0]) - (charges * hits).sum(axis=1)
    return _with_one(generator, hits, charges, np.maximum(lacking, 1))


def _with_one(generator: Generator, hits: Masks, charges: Integers, value: Integers) -> Integers:
    """The charges with a value [n] in one of the cells that are hit."""
    cell = np.argmax(generator.random(hits.shape) * hits, axis=1)
    changed = charges.copy()
    changed[np.arange(len(hits)), cell] = value
    return changed
