"""Figures, tables and picture of readouts."""

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.readout import description
from asicae.readout.description import describe
from asicae.readout.readouts import Readouts
from tests.readout.made_up_readouts import (
    FIELDS,
    readouts,
    written,
)
from tests.support.command_line import call


def test_description_counts():
    ours = readouts(40)
    calq = np.zeros((40, 48), np.int32)
    calq[:30, :12] = 5
    calq[0, 0] = 4000
    figures = describe(Readouts(calq, *(getattr(ours, name) for name in FIELDS[1:])))
    total = figures.total
    assert (total.modules, total.empty, total.occupancy_mean) == (40, 10, 9.0)
    assert total.charge_max == 4000 and total.charge_quantiles[1] == 5
    assert total.sum_quantiles[1] == 60
    assert sum(layer.modules for layer in figures.layers.values()) == 40
    assert sum(figures.per_pileup.values()) == 40
    assert figures.per_wafer_type[120] == figures.high_density
    with pytest.raises(BadInput, match="no modules"):
        describe(ours.select(slice(0, 0)))


def test_a_description_does_not_depend_on_the_chunks(tmp_path):
    ours = readouts(2000)
    whole = description.describe(ours)
    chunks = description.describe(ours.select(slice(i, i + 77)) for i in range(0, 2000, 77))
    assert chunks.total == whole.total and chunks.layers == whole.layers
    assert chunks.per_pileup == whole.per_pileup and chunks.eta_range == whole.eta_range
    assert sum(f.modules for f in whole.layers.values()) == whole.total.modules == 2000
    five = ours.select(ours.layer == 5)
    figures = whole.layers[5]
    assert figures.modules == len(five) and figures.charge_max == five.calq.max()
    assert figures.sum_max == five.calq.sum(axis=1, dtype=np.int64).max()
    assert np.isclose(figures.occupancy_mean, (five.calq > 0).sum(axis=1).mean())
    charges = five.calq[five.calq > 0]
    for percent, value in zip(description.PERCENT, figures.charge_quantiles, strict=True):
        exact = np.percentile(charges, percent, method="inverted_cdf")
        assert abs(value - exact) <= exact / 60
    with pytest.raises(BadInput, match="no modules"):
        description.describe(iter([]))


def test_describe_prints_tables_and_draws(tmp_path, capsys):
    paths = [written(readouts(200, seed), tmp_path / f"{seed}.npz") for seed in (1, 2)]
    picture = tmp_path / "p.png"
    assert call("data", "describe", *paths, "--picture", picture) == 0
    said = capsys.readouterr().out
    assert "400" in said and "mean occupancy" in said and str(picture) in said
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert call("data", "describe", paths[0], "--picture", picture) == 2
    assert "exists already" in capsys.readouterr().err
    assert call("data", "describe", paths[0], "--picture", tmp_path / "p.txt") == 2
    assert "ending '.txt', allowed are .png, .pdf, .svg" in capsys.readouterr().err
    empty = readouts(3)
    empty = type(empty)(empty.calq * 0, *(getattr(empty, n) for n in empty.__dataclass_fields__
                                          if n not in ("calq", "source")))  # fmt: skip
    path = written(empty, tmp_path / "empty.npz")
    words = ("data", "describe", path, "--picture", tmp_path / "empty.svg", "--skip-bad")
    assert call(*words) == 0
