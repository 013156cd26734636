"""How charge lies in modules, and orders of cells that do not fit."""

import dataclasses

import numpy as np
import pytest

from asicae.module.codes import encode_4e3m
from asicae.module.geometry import CENTRES, reorder
from asicae.readout.cell_order import other_order
from asicae.readout.description import describe
from asicae.readout.formats.capture import WORDS
from asicae.readout.options import Options
from asicae.readout.shape import FAR, NEAR
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.readout.made_up_readouts import readouts
from tests.support.command_line import call


@pytest.fixture(scope="module")
def typical():
    """Modules of one layer and, nearly, one distance from the beam."""
    settings = SourceSettings(links=4, layers=(13,), events=2048, seed=2)
    return simulate(settings, progress=False)


def capture(path, codes, first="high"):
    """A capture of codes [n, 48] in the order of the channels."""
    shifts = np.array([21, 14, 7, 0] if first == "high" else [0, 7, 14, 21])
    words = (codes.reshape(len(codes), 12, 4).astype(np.int64) << shifts).sum(axis=2)
    rows = [",".join(WORDS), *(",".join(map(str, row)) for row in words.tolist())]
    path.write_text("\n".join([*rows, ""]))
    return path


def test_correlations_are_those_of_a_group(typical):
    same = typical.select(typical.high_density == typical.high_density[0])
    one = dataclasses.replace(same, eta=np.full(len(same), 2.2, np.float32))
    shape = describe(one).shape
    wanted = np.corrcoef(np.log1p(one.calq.T.astype(float)))
    distance = np.linalg.norm(CENTRES[:, None] - CENTRES[None], axis=-1)
    assert shape.near == pytest.approx(wanted[np.isclose(distance, 2)].mean())
    assert shape.far == pytest.approx(wanted[distance > 8].mean())
    assert shape.near > 0.08 and shape.near > 3 * abs(shape.far)
    charged = one.calq[one.calq.any(axis=1)]
    assert shape.hottest == pytest.approx((charged.max(axis=1) / charged.sum(axis=1)).mean())
    # Two groups of different occupancy are not taken for correlated cells.
    louder = dataclasses.replace(one, calq=one.calq * 50 + 300, eta=one.eta + 0.5)
    both = [*(describe(x).shape.far for x in (one, louder))]
    mixed = describe(iter([one, louder])).shape
    assert abs(mixed.far) <= max(map(abs, both)) + 1e-9 and mixed.modules == 2 * len(one)
    assert NEAR.sum() < FAR.sum() and not (NEAR & FAR).any()


@pytest.mark.parametrize(("dense", "least"), [(False, 1), (True, 4)])
def test_the_decoded_code_0_is_empty_where_there_is_no_zero(dense, least):
    ours = readouts(300)
    calq = np.full((300, 48), least, np.int32)
    calq[:100, :12] = 40
    plain = {"wafer_type": np.full(300, 1, np.int8), "high_density": np.full(300, dense)}
    figures = describe(dataclasses.replace(ours, calq=calq, **plain))
    assert figures.lowest[dense] == least
    assert figures.total.occupancy_mean == figures.shape.occupancy == 4.0
    assert figures.total.empty == 200 and figures.total.charge_quantiles == (40, 40, 40)
    calq[7, 3] = 0  # then the lowest code is 0, and the others are charges
    figures = describe(dataclasses.replace(ours, calq=calq, **plain))
    assert figures.lowest[dense] == 0 and figures.total.occupancy_mean > 47
    # The zeros of cells that a partial module lacks say nothing.
    partial = np.arange(300) == 7
    figures = describe(dataclasses.replace(ours, calq=calq, partial=partial, **plain))
    assert figures.lowest[dense] == least
    half = np.where(calq == least, least // 2, calq)
    halved = dataclasses.replace(ours, calq=half, partial=partial, **plain)
    some = describe(halved, Options(calibration=1024))
    assert some.lowest[dense] == (0 if least // 2 == 0 else 2)


def test_a_capture_that_is_read_wrongly_is_noticed(typical, tmp_path, capsys):
    codes = encode_4e3m(reorder(typical.calq, "ae", "simulation"), False)
    path = capture(tmp_path / "a.csv", codes)
    words = ("data", "describe", path, "--module", "13,5,2,2")

    def said(*options):
        assert call(*words, *options) == 0
        return capsys.readouterr().out

    right = said("--order", "simulation")
    assert "another order" not in right and "1 (the decoded code 0, which is empty)" in right
    first = said("--order", "simulation", "--first-cell", "low")
    assert "another order" in first and first.rstrip().endswith("with --first-cell high")
    assert said("--order", "ae").rstrip().endswith("with --order simulation")
    both = said("--order", "ae", "--first-cell", "low").rstrip()
    assert both.endswith("with --order simulation --first-cell high")
    path.unlink()
    capture(path, codes, "low")
    assert "another order" not in said("--order", "simulation", "--first-cell", "low")
    assert said("--order", "simulation").rstrip().endswith("with --first-cell low")


def test_what_cannot_be_told_is_not_said(typical):
    rng = np.random.default_rng(3)
    noise = dataclasses.replace(typical, calq=rng.permuted(typical.calq, axis=1))
    assert describe(noise).other_order is None
    assert describe(typical.select(slice(0, 3))).other_order is None
    assert describe(dataclasses.replace(typical, calq=typical.calq * 0)).other_order is None
    assert other_order(np.full((48, 48), np.nan), 1000, Options()) is None
    assert describe(typical).other_order is None
    wrong = dataclasses.replace(typical, calq=reorder(typical.calq, "simulation", "ae"))
    found = describe(wrong).other_order
    assert found is not None and found.otherwise > 1.25 * found.as_read
    # A multiplexer that repeats a channel leaves the ends of words unknown.
    twice = Options(order="ae", mux=(0, *range(47)))
    assert describe(typical, twice).other_order is None
