"""Entries of the block benches; the cocotb tests themselves lie in verification/."""

from pathlib import Path

import pytest

from asicae.foundation.assets import asset_folder
from asicae.simulation.builds.verilated_bench import build
from asicae.simulation.regression.bench import run

pytestmark = pytest.mark.build

TRIPLICATION = ("tmr_register.v", "tmr_copy.v", "voter.v")


def _sources(*names: str) -> list[Path]:
    return [asset_folder("rtl") / name for name in (*names, *TRIPLICATION)]


def test_i2c_target(tmp_path: Path) -> None:
    built = build(_sources("i2c_target.v"), "i2c_target", quick=True, cache=tmp_path / "cache")
    finished = run(built, "verification.i2c_target.bench_i2c_target", tmp_path / "run").check()
    assert len(finished.outcomes) == 14


def test_barrier(tmp_path: Path) -> None:
    sizes = {"COUNT": 9, "WIDTH": 8, "LIVE": 0b110011011}
    cache = tmp_path / "cache"
    built = build(_sources("barrier.v"), "barrier", parameters=sizes, quick=True, cache=cache)
    finished = run(built, "verification.barrier.bench_barrier", tmp_path / "run").check()
    assert len(finished.outcomes) == 2


def test_weight_bank_with_waves(tmp_path: Path) -> None:
    # 100 bits: three full words and one of four bits with spare bits behind.
    sources, cache = _sources("weight_bank.v"), tmp_path / "cache"
    built, again = (
        build(sources, "weight_bank", parameters={"BITS": 100}, waves=True, quick=True, cache=cache)
        for _ in range(2)
    )
    assert (built.cached, again.cached) == (False, True)
    assert again.folder == built.folder
    bench = "verification.weight_bank.bench_weight_bank"
    finished = run(built, bench, tmp_path / "run", waves=True).check()
    assert len(finished.outcomes) == 5
    assert finished.waves is not None
    assert finished.waves.stat().st_size > 0
