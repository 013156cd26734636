"""`estimate` and `verify` of a description alone: drawn weights, events of the source, no run."""

import re
from pathlib import Path

import pytest

from asicae.chip.design import design_of
from asicae.chip.microarchitectures import configuration_of
from asicae.estimation.record import EstimateRecord
from asicae.network.description import Network
from asicae.simulation.drawn import DrawnChip
from tests.support.command_line import call
from tests.support.tiny_network import TINY


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("estimate",), "allowed is either a run folder or --network"),
        (("verify", "RUN", "-n", "small"), "allowed is either a run folder or --network"),
        (("verify", "RUN", "--seed", 2), "--seed: belongs to --network; RUN is a run"),
        (("estimate", "RUN", "--timed-events", 2), "--timed-events: belongs to --network"),
        (("estimate", "RUN", "--barrier"), "RUN: is a run; how its chip is built"),
        (("estimate", "-n", "medium"), "preset 'medium' is unknown"),
        (("estimate", "-n", "small", "--bank", "sram"), "bank: found 'sram'"),
        (("estimate", "-n", "small", "--events", 0), "events"),
        (("estimate", "-n", "small", "--events", 3), "allowed are at least"),
        (("estimate", "-n", "small", "-o", "there"), "there: exists already"),
        (("verify", "-n", "small", "--waves"), "--out says where they go"),
        (("verify", "-n", "small", "--engine", "abacus"), "--engine: found 'abacus'"),
    ],
)
def test_what_does_not_go_is_said_before_any_work(
    words: tuple[object, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "there").write_text("mine")
    monkeypatch.chdir(tmp_path)
    assert call(*words) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_the_seed_decides_and_one_that_silences_the_latents_is_passed_over(tiny: Path) -> None:
    network = Network.load(tiny)
    quiet = next(
        chip
        for chip in (DrawnChip(network, seed=seed) for seed in range(1, 50))
        if chip.lively(200) != chip
    )
    lively = quiet.lively(200)
    assert lively.seed > quiet.seed and lively == lively.lively(200)
    assert f"drawn with seed {lively.seed}" in lively.title
    again = DrawnChip(network, seed=lively.seed)
    assert (
        (again.encoder.weights.arrays["dense.kernel"]).tolist()
        == (lively.encoder.weights.arrays["dense.kernel"]).tolist()
    )


@pytest.mark.build
@pytest.mark.slow
def test_an_estimate_needs_no_run(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "estimate.json"
    words = ("estimate", "-n", tiny, "--events", 64, "--timed-events", 20, "--seed", 3)
    assert call(*words, "-o", out, "--microarchitecture", "gated") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("tiny built as gated: weights drawn with seed 3")
    assert said[-1] == str(out) and any(line.startswith("at 65 nm") for line in said)
    record, network = EstimateRecord.load(out), Network.load(tiny)
    assert (record.conditions.events, record.timed.clocks) == (64, 20)
    assert record.metrics["exact.golden_vs_netlist.mismatches"] == 0
    blocks = design_of(network, configuration_of("gated")).blocks
    assert {block.instance for block in record.blocks} == blocks.keys()
    assert sorted(path.name for path in tmp_path.iterdir()) == [out.name, tiny.name]


@pytest.mark.build
@pytest.mark.slow
def test_verification_needs_no_run_and_can_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sim"
    words = ("verify", "-n", "small", "--events", 100)
    assert call(*words, "-o", out) == 0
    said = capsys.readouterr().out
    assert "exact.golden_vs_rtl.mismatches: 0" in said and "weights drawn with seed 1" in said
    assert re.search(r"\n[1-9]\d+ latents and [1-9]\d+ sums compared with golden, 0 differ\n", said)
    assert re.search(r"\n(\d) of \1 goals of the testplan passed\n", said)
    assert said.splitlines()[-1] == str(out / "junit.xml")
    assert (out / "metrics.json").is_file() and list(out.glob("*.xml"))
    assert call(*words, "--mutate", "weight") == 1
    assert call(*words, "-o", out) == 2  # exists
