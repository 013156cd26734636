"""The full-size presets that are called verified: RTL against golden on every word."""

from pathlib import Path

import numpy as np
import pytest

from asicae.export.rtl import export_rtl
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.simulation.regression import verify

EVENTS = 1000


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("preset", "image_bytes", "load_ms"), [("econ-t", 1608, 14.8), ("econ-t-4x4x3", 1716, 15.8)]
)
def test_preset(preset: str, image_bytes: int, load_ms: float, tmp_path: Path) -> None:
    network = Network.preset(preset)
    assert network.image_bytes == image_bytes
    export_rtl(network, tmp_path / "export")
    generator = np.random.default_rng(7)
    hot = generator.random((EVENTS, 48)) < 0.3
    calq = (generator.exponential(300, size=(EVENTS, 48)) * hot).astype(np.int32)
    sets = [(f"random{seed}", Weights.random(network, seed)) for seed in (1, 2)]
    rtl, cache = tmp_path / "export" / "rtl", tmp_path / "cache"
    metrics = verify(network, sets, calq, rtl, tmp_path / "sim", events=EVENTS, cache=cache).metrics
    assert metrics["exact.golden_vs_rtl.mismatches"] == 0
    assert metrics["exact.golden_vs_rtl.sums"] > 2 * EVENTS
    assert (metrics["rtl.interval_bx"], metrics["rtl.latency_bx"]) == (1, 2)
    assert metrics["weights.load_ms_1mhz"] == pytest.approx(load_ms, rel=0.02)
