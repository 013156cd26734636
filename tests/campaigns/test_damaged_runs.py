"""Files of a real run, damaged in every way, in commands that read them."""

from pathlib import Path

import pytest

from asicae.campaigns.damaged_runs import CHECK, READ_BY, RunBench, kind_of, reads
from asicae.campaigns.damages import Tally
from asicae.runs.seal import Seal
from tests.support.short_run import NAME

CHEAP = tuple(words for words in READ_BY if words.startswith(("report", "decode")))
"""Commands that end soon also where they refuse nothing."""
CASES = 5
"""Drawn damages."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, shared_run: Path) -> RunBench:
    return RunBench(tmp_path_factory.mktemp("damaged"), shared_run / NAME, Tally())


@pytest.fixture
def bench(whole: RunBench) -> RunBench:
    whole.tally.violations.clear()
    return whole


def one_of_each(bench: RunBench, words: str) -> list[str]:
    """A file of each folder and ending that a command reads."""
    return list({kind_of(n): n for n in bench.names if reads(words, n)}.values())


@pytest.mark.parametrize("words", READ_BY)
def test_what_no_stage_left_is_refused(bench: RunBench, words: str) -> None:
    names = one_of_each(bench, words)
    assert names
    for number, name in enumerate(names):
        damages = list(bench.damages(name))
        # All damages of all files would take long; each command and each file meets some.
        for damage, make in damages[number % min(12, len(damages)) :: 12]:
            bench.case(name, damage, make, words)
    assert bench.tally.violations == []
    assert bench.untouched()


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("words", CHEAP)
def test_what_was_sealed_again_is_no_traceback(bench: RunBench, words: str) -> None:
    for number, name in enumerate(one_of_each(bench, words)):
        for damage, make in list(bench.damages(name))[number % 4 :: 4]:
            bench.case(name, damage, make, words, again=True)
    for number in range(CASES):
        bench.drawn(number, seed=7)
    assert bench.tally.violations == []
    assert bench.untouched()


def test_an_unchecked_read_is_seen(bench: RunBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Seal, "require", lambda *_: None)
    words, name = CHEAP[0], "train/history.csv"
    header = (bench.run / name).read_bytes().splitlines(keepends=True)[0]
    bench.case(name, "no rows", lambda path: path.write_bytes(header), words)
    assert bench.tally.violations == [
        f"run: {name}: no rows: {words}: exit code 0, accepted",
        f"run: {name}: no rows: {words}: {name} is not sealed, and the run changed",
    ]
    monkeypatch.setattr(Seal, "check", lambda *_: [])
    bench.tally.violations.clear()
    bench.case(name, "no rows", lambda path: path.write_bytes(header), CHECK)
    assert "exit code 0, accepted" in bench.tally.violations[0]
