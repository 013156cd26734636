"""The chip of a small network: regression, mutations that must fail, registers, upsets."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.chip.microarchitectures import configuration_of
from asicae.chip.registers import register_map
from asicae.chip.weight_files.files import write_image
from asicae.export import case
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.regression import mutation, verify
from asicae.simulation.regression.bench import run
from asicae.simulation.regression.record import GOALS_FILE, GoalsRecord
from tests.support import tiny_network
from tests.support.tiny_network import LIVELY, SPEAKING, TINY, described

pytestmark = pytest.mark.build
NETWORK = tiny_network.parsed(LIVELY)
SETS = [
    (name, Weights.random(NETWORK, seed))
    for name, seed in zip(("first", "second"), SPEAKING, strict=True)
]
EVENTS = 1000


def _calq(events: int) -> np.ndarray:
    generator = np.random.default_rng(5)
    charges = generator.exponential(300, size=(events, 48))
    return (charges * (generator.random((events, 48)) < 0.3)).astype(np.int32)


@pytest.fixture(scope="module")
def rtl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    export_rtl(NETWORK, folder)
    return folder / "rtl"


def test_regression_passes_and_measures(rtl: Path, tmp_path: Path) -> None:
    found = verify.verify(NETWORK, SETS, _calq(EVENTS), rtl, tmp_path, events=EVENTS)
    metrics = found.metrics
    assert metrics["exact.golden_vs_rtl.mismatches"] == 0
    assert metrics["exact.golden_vs_rtl.sums"] > 2 * EVENTS
    words = NETWORK.latents * metrics["exact.golden_vs_rtl.sums"]
    assert metrics["exact.golden_vs_rtl.words"] == words
    assert (metrics["rtl.interval_bx"], metrics["rtl.latency_bx"]) == (1, 2)
    assert metrics["weights.load_scl_hz"] == pytest.approx(1e6, rel=1e-3)
    # Nine clocks a byte, three more bytes a block, START and STOP.
    clocks = 9 * (NETWORK.image_bytes + 3 * len(register_map(NETWORK).blocks))
    assert metrics["weights.load_ms_1mhz"] == pytest.approx(clocks * 1e-3, rel=0.01)
    cases = list(ElementTree.parse(found.junit).getroot().iter("testcase"))  # noqa: S314
    assert len(cases) == 4
    goals = GoalsRecord.load(tmp_path / GOALS_FILE).goals
    assert {goal.verdict for goal in goals} == {"passed"}
    assert all(test.seconds > 0 for goal in goals for test in goal.tests)


@pytest.mark.parametrize("mutate", ["weight", "expected"])
@pytest.mark.parametrize("seed", [1, 2])
def test_one_planted_error_fails(
    mutate: mutation.Mutation, seed: int, rtl: Path, tmp_path: Path
) -> None:
    with pytest.raises(CheckFailed, match=r"set first, event \d+, latent \d+: RTL \d+, golden"):
        verify.verify(
            NETWORK,
            SETS[:1],
            _calq(200),
            rtl,
            tmp_path,
            mutate=mutate,
            events=200,
            seed=seed,
        )
    goals = GoalsRecord.load(tmp_path / GOALS_FILE).goals
    assert {goal.name: goal.verdict for goal in goals}["equality with golden"] == "failed"


@pytest.mark.parametrize(
    ("bench", "name", "tests"),
    [("bench_registers", "naive", 3), ("bench_upsets", "naive", 2), ("bench_upsets", "gated", 2)],
)
def test_registers_and_upsets(bench: str, name: str, tests: int, tmp_path: Path) -> None:
    assert _passed(NETWORK, configuration_of(name), bench, tmp_path) == tests


@pytest.mark.parametrize(
    ("bench", "tests"), [("bench_registers", 3), ("bench_upsets", 2), ("bench_weight_sets", 4)]
)
def test_two_weight_sets_in_latches(bench: str, tests: int, tmp_path: Path) -> None:
    """Loaded through I2C and read back, amid a stream, and switched between two of its events; each
    upset counted once, when it is corrected.
    """
    network = described(TINY, tmp_path)
    built = configuration_of("naive", {"bank": "latch", "weight_sets": 2})
    second = Encoder(network, _drawn(network, OF_TWO[1]))
    write_image(tmp_path, "beside", second, weight_set=1)
    assert _passed(network, built, bench, tmp_path, *OF_TWO) == tests


OF_TWO = (3, 4)
"""Seeds of weights with which latents of the tiny chip are not nearly all zero."""


def _passed(network: Network, built: Configuration, bench: str, folder: Path, *seeds: int) -> int:
    """Tests of a bench that passed, which are all."""
    export_rtl(network, folder / "chip", built)
    chip = verify.build_chip(network, folder / "chip" / "rtl", inner=True, quick=True)
    sets = [(f"set {seed}", _drawn(network, seed)) for seed in seeds or SPEAKING[:1]]
    prepared = [case.prepare_set(network, named, _calq(EVENTS)) for named in sets]
    case.write_case(design_of(network, built), prepared, folder)
    return len(run(chip, f"verification.top.{bench}", folder).check().outcomes)


def _drawn(network: Network, seed: int) -> Weights:
    """Random weights, but for the first ones with a keep mask that hides some bits."""
    weights = Weights.random(network, seed)
    keep = weights.keep & (weights.keep if seed == SPEAKING[0] else 0b11011 + seed)
    return Weights.checked(network, weights.arrays, keep)
