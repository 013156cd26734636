"""A barrier in the chip of a small network: what it holds back, and mutations that must fail."""

from pathlib import Path

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.configuration import Configuration
from asicae.chip.design import TOP, design_of
from asicae.export.case import prepare_set, write_case
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import CheckFailed
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.builds.verilated_bench import build, rtl_sources
from asicae.simulation.engines.verilated import verilated
from asicae.simulation.regression.bench import BenchRun, run
from tests.support.tiny_network import LIVELY, parsed

pytestmark = pytest.mark.build
NETWORK = parsed(LIVELY)
WEIGHTS = Weights.random(NETWORK, 2)  # with which every event moves the convolution
BARRIER = Configuration(barrier=True)
EDGE = "@(negedge clk_i)"


@pytest.fixture
def rtl(tmp_path: Path) -> Path:
    return export_rtl(NETWORK, tmp_path / "chip", BARRIER).folder / "rtl"


def _calq(events: int) -> np.ndarray:
    generator = np.random.default_rng(5)
    charges = generator.exponential(300, size=(events, 48))
    return (charges * (generator.random((events, 48)) < 0.3)).astype(np.int32)


def _mutate(rtl: Path, file: str, old: str, new: str) -> None:
    text = (rtl / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (rtl / file).write_text(text.replace(old, new), encoding="utf-8")


def _bench(rtl: Path, folder: Path) -> BenchRun:
    design = design_of(NETWORK, BARRIER)
    visible = {TOP: [port.name for port in design.ports], "barrier": ["data_o"]}
    built = build(rtl_sources(rtl), TOP, visible=visible, quick=True, cache=folder / "cache")
    write_case(design, [prepare_set(NETWORK, ("first", WEIGHTS), _calq(500))], folder)
    return run(built, "verification.top.bench_barrier", folder)


def test_operands_stand_still(rtl: Path, tmp_path: Path) -> None:
    assert len(_bench(rtl, tmp_path).check().outcomes) == 1


def test_a_rank_in_front_that_does_not_hold_is_seen(rtl: Path, tmp_path: Path) -> None:
    _mutate(rtl, "pipeline_rank.v", "valid_d[copy] ? data_i : data_q[WIDTH*copy+:WIDTH]", "data_i")
    with pytest.raises(CheckFailed, match="operands moved although nothing was valid"):
        _bench(rtl, tmp_path).check()


def test_a_barrier_at_the_wrong_edge_is_seen(rtl: Path, tmp_path: Path) -> None:
    """Its words are those of the event before, and it moves when it must not."""
    calq, encoder = _calq(500), Encoder(NETWORK, WEIGHTS)
    expected = golden.run(encoder, calq).latents
    right = verilated(encoder, rtl, tmp_path / "chips").encode(calq)
    assert np.array_equal(right.latents, expected)
    _mutate(rtl, "barrier.v", EDGE, EDGE.replace("neg", "pos"))
    wrong = verilated(encoder, rtl, tmp_path / "chips").encode(calq)
    assert np.array_equal(wrong.sums, right.sums)
    assert np.count_nonzero(wrong.latents != expected) > 0.1 * expected.size
    with pytest.raises(CheckFailed, match="operands moved at the rising edge"):
        _bench(rtl, tmp_path).check()
