"""Entries of the block benches; the cocotb tests themselves lie in verification/."""

from pathlib import Path

import pytest

from asicae.campaigns.arithmetic_bench import build_arithmetic, reached, run_arithmetic
from asicae.foundation.assets import asset_folder
from asicae.simulation.builds.verilated_bench import build
from asicae.simulation.regression.bench import BenchRun, run

pytestmark = pytest.mark.build

TRIPLICATION = ("tmr_register.v", "tmr_copy.v", "voter.v")
GATED = ("gated_weight_bank.v", "tmr_gated_word.v", "clock_gate.v", *TRIPLICATION)
BANK_BENCH = "verification.weight_bank.bench_weight_bank"
BITS = 100
"""Of the banks here: three full words, and one of four bits with spare bits behind."""


def _sources(*names: str) -> list[Path]:
    return [asset_folder("rtl") / name for name in (*names, *TRIPLICATION)]


I2C_TARGET = ("i2c_target_logic.v", "i2c_target.v")
I2C_BENCHES = {"bench_i2c_target": 14, "bench_i2c_lines": 9}


def test_i2c_target(tmp_path: Path) -> None:
    built = build(_sources(*I2C_TARGET), "i2c_target", quick=True, cache=tmp_path / "cache")
    for bench, count in I2C_BENCHES.items():
        finished = run(built, f"verification.i2c_target.{bench}", tmp_path / bench).check()
        assert len(finished.outcomes) == count


def test_an_i2c_target_that_believes_too_soon_is_seen(tmp_path: Path) -> None:
    """START that does not wait for SCL, and a reset that takes any bus for idle."""
    changes = {
        "i2c_target_logic.v": (("SETTLE = 3'd5", "SETTLE = 3'd3"),),
        "i2c_target.v": (("LOST = 3'd6;", "LOST = 3'd0;"), ("LINES = 2'b01;", "LINES = 2'b11;")),
    }
    sources = []
    for name, pairs in changes.items():
        text = (asset_folder("rtl") / name).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        sources.append(tmp_path / name)
        sources[-1].write_text(text, encoding="utf-8")
    sources += _sources()
    built = build(sources, "i2c_target", quick=True, cache=tmp_path / "cache")
    finished = run(built, "verification.i2c_target.bench_i2c_lines", tmp_path / "run")
    assert {outcome.name for outcome in finished.failures} == {
        "sda_may_move_100_ns_before_scl_falls",
        "a_late_fall_is_neither_start_nor_stop",
        "a_transfer_that_was_on_during_reset_is_left_alone",
        "after_reset_an_idle_bus_is_enough",
    }


def test_register_file(tmp_path: Path) -> None:
    """With the parameters of econ-t, which are the module's own."""
    files = ("crc32.v", "register_file_logic.v", "register_file.v")
    built = build(_sources(*files), "register_file", quick=True, cache=tmp_path / "cache")
    bench = "verification.register_file.bench_register_file"
    assert len(run(built, bench, tmp_path / "run").check().outcomes) == 8


def test_arithmetic(tmp_path: Path) -> None:
    """Every mode of requantisers, and accumulators at both ends, of which none is missing."""
    built, _ = build_arithmetic(cache=tmp_path / "cache")
    found = run_arithmetic(built, tmp_path / "run", 1).check()
    holes = {name for name, hits in reached(found.results) if not hits}
    assert {hole for hole in holes if not hole.endswith("rounded up")} == set()
    assert all(", TRN, " in hole for hole in holes)


def test_barrier(tmp_path: Path) -> None:
    sizes = {"COUNT": 9, "WIDTH": 8, "LIVE": 0b110011011}
    cache = tmp_path / "cache"
    built = build(_sources("barrier.v"), "barrier", parameters=sizes, quick=True, cache=cache)
    finished = run(built, "verification.barrier.bench_barrier", tmp_path / "run").check()
    assert len(finished.outcomes) == 2


@pytest.mark.parametrize("waves", [False, True], ids=["bench alone", "with waves"])
def test_weight_bank(waves: bool, tmp_path: Path) -> None:
    sources, cache = _sources("byte_merge.v", "weight_bank.v"), tmp_path / "cache"
    sizes = {"BITS": BITS}
    built, again = (
        build(sources, "weight_bank", parameters=sizes, waves=waves, quick=True, cache=cache)
        for _ in range(2)
    )
    assert (built.cached, again.cached) == (False, True)
    assert again.folder == built.folder
    finished = run(built, BANK_BENCH, tmp_path / "run", waves=waves).check()
    assert len(finished.outcomes) == 6
    assert (finished.waves is not None) == waves
    assert finished.waves is None or finished.waves.stat().st_size > 0


def gated_bank(folder: Path, voters: int, change: tuple[str, str] | None = None) -> BenchRun:
    """The gated bank under the bench of all banks, one of its files changed where that is asked."""
    sources = []
    for name in GATED:
        text = (asset_folder("rtl") / name).read_text(encoding="utf-8")
        if change is not None and name == "gated_weight_bank.v":
            assert change[0] in text
            text = text.replace(*change)
        sources.append(folder / name)
        sources[-1].write_text(text, encoding="utf-8")
    numbers = {"BITS": BITS, "VOTERS": voters}
    cache = folder / "cache"
    built = build(sources, "gated_weight_bank", parameters=numbers, quick=True, cache=cache)
    return run(built, BANK_BENCH, folder / "run")


@pytest.mark.parametrize("voters", [1, 3])
def test_the_gated_bank_behaves_as_the_other(tmp_path: Path, voters: int) -> None:
    assert len(gated_bank(tmp_path, voters).check().outcomes) == 6


def test_without_disagreement_in_the_enable_nothing_heals(tmp_path: Path) -> None:
    finished = gated_bank(tmp_path, 1, ("write_i | {3{image_error}};", "write_i;"))
    failed = {outcome.name: outcome.message for outcome in finished.failures}
    assert set(failed) == {
        "every_flip_flop_corrects_itself",
        "upsets_in_different_bits_are_outvoted",
        "a_write_of_one_copy_changes_nothing",
    }
    assert "the upset was not corrected" in failed["every_flip_flop_corrects_itself"]
