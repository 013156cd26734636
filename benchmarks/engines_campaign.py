"""Every latent and sum of the C++ executions against golden over source events of econ-t.

Emulator, ac_types and ap_types, a million events each unless told otherwise; writes what was
compared as metrics.
"""

import argparse
from pathlib import Path

from asicae.files import write_json
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.simulation.comparison import compare

ENGINES = ("emulator", "ac", "ap")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    network = Network.preset("econ-t")
    sets = [(f"random {seed}", Weights.random(network, seed)) for seed in range(5)]
    metrics: dict[str, object] = {"network": network.name, "weight_sets": len(sets)}
    for engine in ENGINES:
        found = compare(network, sets, engine, arguments.events).metrics()
        metrics |= {key: value for key, value in found.items() if key.startswith("exact.")}
    write_json(arguments.out, metrics)


if __name__ == "__main__":
    main()
