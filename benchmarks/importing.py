"""Seconds to import a model of 5,000 parameters, beside Keras' own load of the same file."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from asicae.network.description import Network
from asicae.network.importing.importer import import_model
from asicae.training.backend import load_model
from asicae.training.encoder import build_encoder

UNITS = 38  # econ-t with 38 latents: 80 + 128 * 38 + 38 parameters


def main() -> None:
    content = Network.preset("econ-t").model_dump(mode="json")
    content["layers"][1]["units"] = UNITS
    network = Network.model_validate(content)
    parameters = sum(p.count for p in network.parameters)
    assert parameters < 5000
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "model.keras"
        build_encoder(network, 1).save(path)
        rows = {}
        for label, function in (
            ("Keras load_model, TensorFlow loaded (baseline)", lambda: load_model(path)),
            ("asicae import, in Python", lambda: import_model(path)),
            ("asicae import, the whole command", lambda: command(path)),
        ):
            times = []
            for _ in range(5):
                begin = time.perf_counter()
                function()
                times.append(time.perf_counter() - begin)
            rows[label] = min(times)
    base = next(iter(rows.values()))
    print(f"{parameters} parameters")
    for label, seconds in rows.items():
        print(f"{label:50} {seconds:7.3f} s   x{seconds / base:.2f}")


def command(path: Path) -> None:
    out = path.with_name(f"run{time.monotonic_ns()}")
    words = [sys.executable, "-m", "asicae.cli.main", "import", str(path), "-o", str(out)]
    subprocess.run(words, check=True, capture_output=True)


if __name__ == "__main__":
    main()
