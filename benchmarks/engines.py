"""Engines of the chip side by side with Keras `predict`: inferences per second in one run.

CALQ go in, latents and sums come out; Keras gets its images ready-made. Best of several passes;
building is not counted, and stated apart.
"""

import argparse
import os
import time
from collections.abc import Callable

import numpy as np

from asicae.concentrator.normaliser import normalise
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.simulation.engines import open_engine
from asicae.training.encoder import build_encoder, images

PASSES = 5
BASELINE = "Keras predict"
ENGINES = (("numpy", 400_000), ("emulator", 400_000), ("verilated", 100_000))
"""Engine and the events of one pass."""


def rate(function: Callable[[], object], events: int) -> float:
    """Events per second, best pass; the first is not timed."""
    function()
    best = 0.0
    for _ in range(PASSES):
        begin = time.perf_counter()
        function()
        best = max(best, events / (time.perf_counter() - begin))
    return best


def charges(events: int) -> np.ndarray:
    generator = np.random.default_rng(2)
    return generator.integers(0, 4000, (events, 48)).astype(np.int32)


def keras_rows(network: Network) -> dict[str, float]:
    pictures = images(network, normalise(charges(50_000), network.input))
    encoder = build_encoder(network, 1)
    predict = rate(lambda: encoder.predict(pictures, batch_size=8192, verbose=0), len(pictures))
    return {BASELINE: predict}


def engine_rows(network: Network, name: str, events: int) -> dict[str, float]:
    begin = time.perf_counter()
    engine = open_engine(network, Weights.random(network, 1), name)
    print(f"  {name}: ready after {time.perf_counter() - begin:.1f} s")
    calq = charges(events)
    return {
        f"{name}, {threads} thread{'s' if threads > 1 else ''}": rate(
            lambda threads=threads: engine.encode(calq, threads), events
        )
        for threads in (1, 2)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="econ-t")
    network = Network.preset(parser.parse_args().network)
    print(f"{network.name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    rows = keras_rows(network)
    for name, events in ENGINES:
        rows |= engine_rows(network, name, events)
    for name, value in rows.items():
        print(f"  {name:28} {value:12,.0f} /s   x{value / rows[BASELINE]:.2f}")


if __name__ == "__main__":
    main()
