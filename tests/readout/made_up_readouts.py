"""Readouts made up for tests, and files of every format that hold them."""

from pathlib import Path

import numpy as np

from asicae.foundation import files
from asicae.readout import format_table
from asicae.readout.readouts import ARRAYS, Readouts

FIELDS = ARRAYS
ENDINGS = format_table.written_endings()

# Simulation numbers of the cells in AE order, written out: rows 0-3 of the public 8x8 picture,
# then columns 0-3 of its rows 4-7.
AE_CELLS = [
    *(28, 29, 30, 31, 0, 4, 8, 12),
    *(24, 25, 26, 27, 1, 5, 9, 13),
    *(20, 21, 22, 23, 2, 6, 10, 14),
    *(16, 17, 18, 19, 3, 7, 11, 15),
    *(47, 43, 39, 35),
    *(46, 42, 38, 34),
    *(45, 41, 37, 33),
    *(44, 40, 36, 32),
]
# Pixels of the 8x8 picture by rows that these cells fill.
AE_PIXELS = [*range(32), *range(32, 36), *range(40, 44), *range(48, 52), *range(56, 60)]


def readouts(count=50, seed=1):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, count)
    return Readouts(
        calq=(rng.pareto(0.5, (count, 48)) * 3).clip(0, (1 << 22) - 1).astype(np.int32),
        layer=rng.integers(1, 48, count).astype(np.int16),
        wafer_u=rng.integers(-9, 10, count).astype(np.int16),
        wafer_v=rng.integers(-9, 10, count).astype(np.int16),
        wafer_type=kind.astype(np.int8),
        high_density=kind == 0,
        eta=rng.uniform(1.5, 3, count).astype(np.float32),
        sim_energy=rng.exponential(9, count).astype(np.float32),
        pileup=rng.choice([0, 140, 200], count).astype(np.int16),
        source="made up",
    )


def assert_equal(first, second, names=FIELDS):
    for name in names:
        assert getattr(first, name).dtype == getattr(second, name).dtype
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


def written(ours: Readouts, path: Path) -> Path:
    """``ours`` in the format of the ending of ``path``."""
    kind, ending = format_table.written(path)
    with files.output_file(path) as temporary:
        writer = kind.writers[ending](temporary)
        writer.add(ours)
        writer.finish(ours.source)
    return path
