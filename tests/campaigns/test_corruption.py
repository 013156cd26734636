"""Every kind of file, damaged in every way, in every command that reads it."""

from pathlib import Path

import pytest

from asicae.campaigns.corruption import ALWAYS_REFUSED, KINDS, Bench
from asicae.campaigns.damages import BYTES, SPECIAL
from tests.support.places import FIXTURES

CASES = 5
"""Drawn damages of the quick lane."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("corruption"), FIXTURES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_refused_in_one_line(bench: Bench, kind: str) -> None:
    bench.tally.violations.clear()
    for words in KINDS[kind]:
        for damage in SPECIAL:
            bench.special(kind, damage, words)
        for damage in BYTES:
            bench.bytes(kind, damage, words)
    assert bench.tally.violations == []
    # What is no file at all never passes.
    assert bench.tally.refused[kind] >= len(SPECIAL) - 1


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(ALWAYS_REFUSED)))
def test_a_sound_file_passes(bench: Bench, kind: str) -> None:
    accepted = bench.tally.accepted[kind]
    for words in KINDS[kind]:
        bench.sane(kind, words)
    assert bench.tally.accepted[kind] - accepted == len(KINDS[kind])


def test_drawn_damages_are_refused_in_one_line(bench: Bench) -> None:
    bench.tally.violations.clear()
    for number in range(CASES):
        bench.drawn(number, seed=7)
    assert bench.tally.violations == []


def test_a_fault_is_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise KeyError("a traceback")

    bench.tally.violations.clear()
    monkeypatch.setattr("asicae.network.named.network_of", fails)
    bench.sane("weights.npz", KINDS["weights.npz"][0])
    assert "KeyError" in bench.tally.violations[0]
    bench.tally.violations.clear()


def test_a_file_that_is_left_is_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def leaves(path: Path, out: Path, *_: object) -> tuple[Path, ...]:
        out.mkdir()
        raise OSError(28, "No space left on device", str(out))

    bench.tally.violations.clear()
    monkeypatch.setattr("asicae.chip.weight_files.files.pack_file", leaves)
    bench.sane("weights.npz", KINDS["weights.npz"][0])
    assert "and wrote ['out.bin']" in bench.tally.violations[0]
    bench.tally.violations.clear()
