"""What every engine keeps to, by being in the table; and one more that is added to the table here,
as anybody would add one.
"""

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from asicae.chip import golden
from asicae.cli.doctor import findings
from asicae.foundation import extras
from asicae.foundation.errors import BadInput, CheckFailed, MissingTool, NotExpressible
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.dense import Dense
from asicae.network.weights import Weights
from asicae.simulation import executions
from asicae.simulation.directed_events import corner_events, with_directed
from asicae.simulation.engine_comparison import compare_engine
from asicae.simulation.engines import table
from asicae.simulation.engines.engine import Engine, OpenEngine
from asicae.simulation.regression.mutation import Mutation
from tests.conformance.toy_engine import WholeNumbers
from tests.support.command_line import call

NETWORK = Network.preset("small")
KEEP = np.random.default_rng(3).integers(0, 1 << 9, NETWORK.latents).astype(np.uint16)
WEIGHTS = replace(Weights.random(NETWORK, 3), keep=KEEP)
MANY = 3 * 4096
"""Events that engines with threads share out."""
ODD = Network(
    name="odd",
    arrangement="flat",
    input=FixedPoint.parse("fixed<6,1,RND_CONV_ODD,WRAP>"),
    layers=(
        Dense(
            name="dense",
            units=2,
            weight=FixedPoint.parse("fixed<4,2>"),
            bias=FixedPoint.parse("fixed<5,3>"),
            output=FixedPoint.parse("fixed<4,1,RND_CONV_ODD,SAT_ZERO>"),
            relu=False,
        ),
    ),
)
"""Modes that some libraries of types do not have."""
TOY = WholeNumbers()
EVERY: dict[str, Engine] = {**table.ENGINES, TOY.name: TOY}


def row(engine: Engine) -> object:
    marks = [pytest.mark.build] if "C++ compiler" in engine.needs() else []
    return pytest.param(engine, id=engine.name, marks=marks)


@pytest.fixture(scope="module", autouse=True)
def _toy_in_the_table() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(table.ENGINES, TOY.name, TOY)
        yield


@pytest.fixture(scope="module", params=[row(engine) for engine in EVERY.values()])
def engine(request: pytest.FixtureRequest) -> Engine:
    chosen: Engine = request.param
    for name, look in chosen.needs().items():
        try:
            look()
        except MissingTool as reason:
            pytest.skip(f"no {name}: {reason.install}")
    return chosen


@pytest.fixture(scope="module")
def opened(engine: Engine) -> OpenEngine:
    return table.open_engine(Encoder(NETWORK, WEIGHTS), engine.name)


def drawn(events: int, seed: int = 1) -> npt.NDArray[np.int32]:
    """Charges of any size, many of them 0."""
    generator = np.random.default_rng(seed)
    sizes = generator.uniform(0, 22, (events, 1)) * generator.uniform(0.2, 1, (events, N_CELLS))
    some = generator.random((events, N_CELLS)) < generator.random((events, 1))
    return ((2**sizes - 1) * some).astype(np.int32)


def assert_golden(opened: OpenEngine, calq: npt.ArrayLike, threads: int | None = None) -> None:
    expected, found = golden.run(Encoder(NETWORK, WEIGHTS), calq), opened.encode(calq, threads)
    assert found.latents.dtype == found.sums.dtype == np.uint16
    assert np.array_equal(found.latents, expected.latents)
    assert np.array_equal(found.sums, expected.sums)


def test_directed_and_drawn_events_equal_golden(opened: OpenEngine) -> None:
    assert_golden(opened, with_directed(Encoder(NETWORK, WEIGHTS), drawn(300), seed=2))


@pytest.mark.parametrize("threads", [None, 1, 2, 3])
def test_threads_change_no_word(opened: OpenEngine, engine: Engine, threads: int | None) -> None:
    assert_golden(opened, drawn(MANY + 5 if engine.threaded else 200), threads)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_words_do_not_depend_on_how_events_are_cut(opened: OpenEngine, size: int) -> None:
    calq = drawn(230, seed=4)
    whole = opened.encode(calq)
    for start in range(0, len(calq), size):
        part = opened.encode(calq[start : start + size])
        assert np.array_equal(part.latents, whole.latents[start : start + size])
        assert np.array_equal(part.sums, whole.sums[start : start + size])


def test_no_events_give_no_words(opened: OpenEngine) -> None:
    for threads in (None, 2):
        found = opened.encode(np.zeros((0, N_CELLS), dtype=np.int32), threads)
        assert (found.latents.shape, found.sums.shape) == ((0, NETWORK.latents), (0,))
        assert found.latents.dtype == found.sums.dtype == np.uint16


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda calq: calq.astype(np.int64), id="int64"),
        pytest.param(lambda calq: calq.astype(np.uint32), id="uint32"),
        pytest.param(lambda calq: calq.astype(">i4"), id="big-endian"),
        pytest.param(np.asfortranarray, id="columns first"),
        pytest.param(lambda calq: np.repeat(calq, 2, axis=0)[::2], id="every other row"),
        pytest.param(lambda calq: np.flip(np.flip(calq, 1).copy(), 1), id="backwards"),
        pytest.param(lambda calq: calq.tolist(), id="lists"),
    ],
)
def test_integers_of_any_kind_are_taken_and_left_as_they_are(opened: OpenEngine, form) -> None:  # type: ignore[no-untyped-def]
    given = form(drawn(40))
    before = np.array(given)
    assert_golden(opened, given)
    assert np.array_equal(before, given)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda calq: calq[:, :47], r"shape \(30, 47\), allowed is \(modules, 48\)"),
        (lambda calq: calq[0], r"shape \(48,\)"),
        (lambda calq: calq[None], r"shape \(1, 30, 48\)"),
        (lambda calq: calq * 1.0, "type float64, allowed are integers"),
        (lambda calq: calq > 0, "type bool, allowed are integers"),
        (lambda calq: put(calq, -1), r"CALQ of row 5, cell 47 is -1, allowed is 0\.\.4194303"),
        (lambda calq: put(calq, 1 << 22), "CALQ of row 5, cell 47 is 4194304, allowed"),
        (lambda calq: put(calq.astype(np.int64), (1 << 32) + 1), "row 5, cell 47 is 4294967297"),
    ],
)
def test_what_is_no_calq_is_refused(opened: OpenEngine, change, message: str) -> None:  # type: ignore[no-untyped-def]
    calq = drawn(30)
    with pytest.raises(BadInput, match=message):
        opened.encode(change(calq))
    assert_golden(opened, calq)


def put(calq: npt.NDArray[np.integer], value: int) -> npt.NDArray[np.integer]:
    calq = calq.copy()
    calq[5, 47] = value
    calq[9, 0] = value
    return calq


@pytest.mark.parametrize("events", [0, 1, MANY])
@pytest.mark.parametrize("threads", [0, -1])
def test_fewer_than_one_thread_is_refused(opened: OpenEngine, threads: int, events: int) -> None:
    with pytest.raises(BadInput, match=f"threads: found {threads}, allowed are 1 and more"):
        opened.encode(drawn(events), threads)


def test_the_keep_mask_is_applied_and_nothing_else_is_kept(engine: Engine) -> None:
    calq = corner_events()
    for keep in (0, 1, 0x1FF):
        weights = replace(WEIGHTS, keep=np.full_like(KEEP, keep))
        found = table.run(Encoder(NETWORK, weights), calq, engine.name)
        expected = golden.run(Encoder(NETWORK, weights), calq)
        assert np.array_equal(found.latents, expected.latents)
        assert np.array_equal(found.sums, expected.sums) and expected.sums.any()
        assert not (found.latents & ~np.uint16(keep)).any()


def test_two_of_one_engine_do_not_share_their_weights(engine: Engine, opened: OpenEngine) -> None:
    other = replace(Weights.random(NETWORK, 8), keep=KEEP)
    calq = drawn(50)
    found = table.run(Encoder(NETWORK, other), calq, engine.name)
    assert np.array_equal(found.latents, golden.run(Encoder(NETWORK, other), calq).latents)
    assert_golden(opened, calq)


def test_a_network_is_held_exactly_or_refused(engine: Engine) -> None:
    weights, calq = Weights.random(ODD, 5), drawn(100)
    try:
        found = table.run(Encoder(ODD, weights), calq, engine.name)
    except NotExpressible as refused:
        assert "RND_CONV_ODD" in str(refused)
        return
    assert np.array_equal(found.latents, golden.run(Encoder(ODD, weights), calq).latents)


def test_a_comparison_over_source_events_has_metrics_of_its_name(engine: Engine) -> None:
    found = compare_engine(NETWORK, [("set", WEIGHTS)], engine.name, 300)
    exact = {key: value for key, value in found.metrics().items() if key.startswith("exact.")}
    pair = f"exact.golden_vs_{engine.name}"
    words = NETWORK.latents * 300
    counts = {f"{pair}.words": words, f"{pair}.sums": 300, f"{pair}.mismatches": 0}
    assert exact == counts | {f"{pair}.seed": found.seed}


@pytest.mark.parametrize("mutate", ["weight", "expected"])
def test_one_flipped_bit_is_seen_and_named(engine: Engine, mutate: Mutation) -> None:
    message = rf"set set, event \d+, latent \d+: {engine.name} \d+, golden \d+"
    with pytest.raises(CheckFailed, match=message):
        compare_engine(NETWORK, [("set", WEIGHTS)], engine.name, 200, mutate=mutate)


# -- the table -----------------------------------------------------------------------------------

ROWS = [pytest.param(engine, id=name) for name, engine in EVERY.items()]


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No program and no package that an engine could need."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for variable in ("CXX", "ASICAE_AC_TYPES", "ASICAE_AP_TYPES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    for package in ("onnx", "qonnx"):
        monkeypatch.setitem(sys.modules, package, None)  # type: ignore[arg-type]
    for engine in EVERY.values():
        module = sys.modules[type(engine).__module__]
        if hasattr(module, "installed_version"):
            monkeypatch.setattr(module, "installed_version", lambda _: None)


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("engine", ROWS)
def test_what_an_engine_needs_is_missed_by_name(engine: Engine) -> None:
    for look in engine.needs().values():
        with pytest.raises(MissingTool, match=r"is needed here but not installed; install it with"):
            look()
    if engine.needs():
        with pytest.raises(MissingTool):
            table.open_engine(Encoder(NETWORK, WEIGHTS), engine.name)
        with pytest.raises(MissingTool):
            engine.built_with()
    else:
        assert_golden(table.open_engine(Encoder(NETWORK, WEIGHTS), engine.name), drawn(5))


@pytest.mark.usefixtures("nothing_installed")
def test_the_doctor_and_a_run_say_what_is_missing() -> None:
    found = dict(findings())
    absent = {name: found[name] for name in table.needs() if name not in extras.EXTRAS}
    assert all(text.startswith("absent; install it with: ") for text in absent.values())
    assert {"C++ compiler", "Verilator", "make", "perl", "ac_types", "ap_types"} <= set(absent)
    in_runs = {engine.name for engine in EVERY.values() if engine.share}
    assert set(executions.tools()) == in_runs
    assert all("install" in reason for reason in executions.tools().values())


def test_a_row_is_named_where_an_engine_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadInput, match=f"engine: found 'vhdl', allowed are {', '.join(EVERY)}"):
        table.open_engine(Encoder(NETWORK, WEIGHTS), "vhdl")
    compared = ", ".join(name for name, engine in EVERY.items() if engine.compared)
    assert call("verify", "no-run", "--engine", "numpy") == 2
    assert f"--engine: found 'numpy', allowed are {compared}" in capsys.readouterr().err
    assert call("verify", "no-run", "--engine", "toy") == 2
    assert "no-run" in capsys.readouterr().err
    assert call("verify", "--help") == 0
    assert compared in " ".join(capsys.readouterr().out.replace("│", " ").split())


def test_shares_and_names_are_of_the_table() -> None:
    assert {name: engine.name for name, engine in EVERY.items()} == {name: name for name in EVERY}
    assert all(0 <= engine.share <= 1 for engine in EVERY.values())
    assert all(engine.compared or not engine.share for engine in EVERY.values())
