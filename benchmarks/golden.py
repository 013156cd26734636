"""Golden inferences per second, beside QKeras `predict` and plain int64 numpy, in one run.

For the presets econ-t and large.
"""

import time
from collections.abc import Callable

import numpy as np

from asicae.chip import golden
from asicae.chip.normaliser import normalise
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.training.encoder import build_encoder, images

EVENTS = 200_000


def rate(function: Callable[[], object], events: int) -> float:
    function()
    best = 0.0
    for _ in range(5):
        begin = time.perf_counter()
        function()
        best = max(best, events / (time.perf_counter() - begin))
    return best


def plain(encoder: Encoder, calq: np.ndarray) -> np.ndarray:
    """The same arithmetic with int64 matrix products and FixedPoint.cast."""
    network, weights = encoder.network, encoder.weights
    values = normalise(calq, network.input).astype(np.int64)
    for index, plan in enumerate(network.plans):
        flat = plan.matrix(weights.arrays[plan.kernel.name]).astype(np.int64)
        flat = flat[network.cells.pixels] if index == 0 else flat
        bias = plan.biases(weights.arrays[plan.bias.name])
        accumulator = ((values @ flat) << plan.product_shift) + (bias << plan.bias_shift)
        values = plan.output_type.cast(accumulator, plan.accumulator_fraction)
        values = np.maximum(values, 0) if plan.relu else values
    return values


def measure(preset: str) -> None:
    network = Network.preset(preset)
    weights = Weights.random(network, 1)
    calq = np.random.default_rng(2).integers(0, 4000, (EVENTS, 48)).astype(np.int32)
    small = calq[: EVENTS // 40]
    assert np.array_equal(
        golden.run(Encoder(network, weights), small).latents,
        plain(Encoder(network, weights), small),
    )
    encoder = build_encoder(network, 1)
    pictures = images(network, normalise(calq[:50_000]))
    base = rate(lambda: encoder.predict(pictures, batch_size=8192, verbose=0), len(pictures))
    rows = {
        "QKeras predict (baseline)": base,
        "int64 numpy": rate(lambda: plain(Encoder(network, weights), small), len(small)),
        "golden, CALQ in": rate(lambda: golden.run(Encoder(network, weights), calq), len(calq)),
    }
    print(preset)
    for name, value in rows.items():
        print(f"  {name:28} {value:12,.0f} /s   x{value / base:.2f}")


def main() -> None:
    for preset in ("econ-t", "large"):
        measure(preset)


if __name__ == "__main__":
    main()
