"""A fixed set of commands, and the hash of every file that they write.

    python -m tests.conformance.fixed_outputs          # write fixed_outputs.json anew

The files hold what users keep: networks and weights of imported models, RTL, register maps, C++,
weight images, frames, what was received of them, converted readouts. All of them follow from
committed files by integers, so they are the same on every machine. Of decoded frames only the
integers count: the last bit of a charge depends on how a machine multiplies matrices.

A change of structure leaves every hash as it is; a change that means to alter a file writes the
table anew, and the difference tells what else it altered.
"""

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.support.command_line import call
from tests.support.places import DATA, FIXTURES

TABLE = Path(__file__).with_suffix(".json")
MODELS: dict[str, list[str]] = {
    "econ_t.h5": [],
    "conditional.hdf5": ["--latent", "latent_quantization"],
    "exotic.h5": [],
}
EVENTS = "sample.npz"
CHARGES = "-charges.npz"
STC_TYPES = {
    "stc4_5e4m": (3, 5),
    "stc16_5e4m": (1, 2),
    "ctc4_4e3m": (1, 3),
    "stc4_4e3m": (1, 3),
}


def commands() -> Iterator[list[str]]:
    """Words after ``asicae``, to be called in an empty folder that holds the inputs."""
    for name in ("econ-t", "econ-t-4x4x3", "large", "small"):
        yield ["export-rtl", "-n", name, "-o", f"rtl-{name}"]
        hls = ["export-hls", "-n", name, "-o", f"hls-{name}", "--events", "50"]
        yield [*hls, "--readouts", EVENTS]
    for model, choice in MODELS.items():
        run = model.partition(".")[0]
        yield ["import", model, "-o", run, *choice]
        of_run = ["-n", f"{run}/network.json"]
        weights = f"{run}/weights/imported.npz"
        yield ["weights", "pack", weights, "-o", f"{run}-image", *of_run]
        yield ["export-rtl", "-o", f"{run}-rtl", *of_run]
        yield ["export-hls", "-o", f"{run}-hls", *of_run, "--weights", weights, "--events", "50"]
    yield from _frames()
    for file in ("again.csv", "again.npz"):
        yield ["data", "convert", EVENTS, "-o", file]


def _frames() -> Iterator[list[str]]:
    cases = {f"threshold_sum-{n}": ["--links", str(n)] for n in (1, 3, 5)}
    cases |= {f"best_choice-{n}": ["--links", str(n)] for n in (1, 2, 5)}
    for stc_type, counts in STC_TYPES.items():
        for n in counts:
            words = ["--links", str(n), "--stc-type", stc_type]
            cases[f"super_trigger_cell-{stc_type}-{n}"] = words
    cases["repeater-11"] = ["--links", "11"]
    cases |= {f"adaptive_choice-{n}": ["--links", str(n)] for n in (1, 2, 5, 8)}
    weights = ["-n", "econ_t/network.json", "--weights", "econ_t/weights/imported.npz"]
    cases |= {f"autoencoder-{n}": ["--links", str(n), *weights] for n in (1, 5)}
    for name, words in cases.items():
        algorithm = name.partition("-")[0]
        yield ["encode", EVENTS, "-o", f"{name}.npz", "--algorithm", algorithm, *words]
        yield ["decode", f"{name}.npz", "-o", f"{name}{CHARGES}"]


def made(folder: Path) -> dict[str, str]:
    """Run all commands in ``folder`` and hash what lies there: SHA-256 by relative path."""
    (folder / EVENTS).write_bytes((DATA / EVENTS).read_bytes())
    for model in MODELS:
        (folder / model).write_bytes((FIXTURES / "qkeras09" / model).read_bytes())
    with contextlib.chdir(folder):
        for words in commands():
            assert call(*words) == 0, words
    files = (path for path in folder.rglob("*") if path.is_file())
    hashes = {str(path.relative_to(folder)): _hash(path) for path in files}
    return {name: hashes[name] for name in sorted(hashes) if not _tells_when(name)}


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    if path.name.endswith(CHARGES):
        with np.load(path) as arrays:
            for name in sorted(arrays):
                if arrays[name].dtype.kind != "f":
                    digest.update(name.encode() + arrays[name].tobytes())
    else:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _tells_when(name: str) -> bool:
    """Records of a run: times, versions of packages, hashes of sources."""
    return name.endswith(("provenance.json", "settings.json")) or "/stages/" in name


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        TABLE.write_text(json.dumps(made(Path(work)), indent=1) + "\n", encoding="utf-8")
