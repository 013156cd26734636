"""One run with the code of another revision and with this one: is every file the same?

    python -m asicae.campaigns.same_bytes REVISION --settings tests/fixtures/short_run.json

The proof that a change of structure changes no output: trainings, readouts, weight images, RTL,
C++, simulation and estimation included. Both runs go side by side on one machine, where the same
seeds give the same weights. Exits with 1 where a file differs, or is there only once.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from asicae.foundation.errors import CheckFailed

LEFT_OUT = {
    "provenance.json": "versions, machine, times",
    "stages/*": "keys follow from the sources, times",
    "report.html": "shows times and speeds; what else it shows is compared where it comes from",
    "verify/*.log": "folders and times",
    "verify/junit.xml": "times; results.json tells the outcomes",
}
"""Files that cannot be equal, by pattern, and why."""
NOT_EQUAL = ("seconds", "_wall_s", "_per_s", "shared_object_id")
"""Ends of names of values that cannot be equal: times, speeds, addresses in memory."""
CONFIG, DATED = "config.json", "metadata.json"
"""Entries of a ``.keras`` archive; the latter holds when it was saved."""


def differences(before: Path, after: Path) -> list[str]:
    """What differs between two run folders, one line a file; empty where nothing does."""
    names = [files_of(before), files_of(after)]
    found = [f"{name}: only before" for name in sorted(names[0] - names[1])]
    found += [f"{name}: only after" for name in sorted(names[1] - names[0])]
    for name in sorted(names[0] & names[1]):
        old, new = content(before / name), content(after / name)
        if old != new:
            found.append(f"{name}: {first_difference(old, new)}")
    return found


def files_of(run: Path) -> set[str]:
    """Relative names of the files that are compared."""
    every = {path.relative_to(run) for path in run.rglob("*") if path.is_file()}
    return {str(name) for name in every if not any(map(name.match, LEFT_OUT))}


def content(path: Path) -> Any:
    """What a file holds, without times: bytes, or of JSON, CSV and Keras archives their parts."""
    if path.suffix == ".json":
        return _timeless(json.loads(path.read_text(encoding="utf-8")))
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return [_timeless(row) for row in csv.DictReader(file)]
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            entries = {name: archive.read(name) for name in archive.namelist() if name != DATED}
        return entries | {CONFIG: _timeless(json.loads(entries[CONFIG]))}
    return path.read_bytes()


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {
            k: v for k, v in value.items() if not (isinstance(k, str) and k.endswith(NOT_EQUAL))
        }
        return {key: _timeless(part) for key, part in kept.items()}
    return [_timeless(part) for part in value] if isinstance(value, list) else value


def first_difference(old: Any, new: Any) -> str:
    """Where two contents differ first, in words."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            if key not in old or key not in new:
                return f"{key}: only {'after' if key in new else 'before'}"
            if old[key] != new[key]:
                return f"{key}: {first_difference(old[key], new[key])}"
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        place = next(place for place in range(len(old)) if old[place] != new[place])
        return f"{place}: {first_difference(old[place], new[place])}"
    if isinstance(old, bytes) and isinstance(new, bytes):
        pairs = enumerate(zip(old, new, strict=False))
        place = next((at for at, (a, b) in pairs if a != b), min(len(old), len(new)))
        return f"byte {place} of {len(old)} and {len(new)}"
    return f"{str(old)[:60]} before, {str(new)[:60]} after"


def run(checkout: Path, settings: Path, folder: Path) -> Path:
    """The run of ``settings`` in ``folder`` with the code of ``checkout``; returns its folder.

    Raises:
        CheckFailed: the command fails.
    """
    folder.mkdir()
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    module, _, function = project["project"]["scripts"]["asicae"].partition(":")
    program = f"import sys; from {module} import {function}; sys.exit({function}())"
    command = [sys.executable, "-c", program, "run", "run", "--settings", str(settings.resolve())]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    with (folder / "log").open("w") as log:
        done = subprocess.run(
            command, cwd=folder, env=environment, stdout=log, stderr=log, check=False
        )
    if done.returncode:
        said = (folder / "log").read_text(encoding="utf-8").strip().splitlines()
        raise CheckFailed(f"{checkout}: the run fails: {(said or ['nothing'])[-1]}")
    return folder / "run"


def compare(revision: str, settings: Path, work: Path) -> list[str]:
    """What differs between the runs of ``revision`` and of the checkout that this lies in."""
    here, there = Path(__file__).parents[2], work / "revision"
    git = ["git", "-C", str(here), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(there), revision], check=True)
    try:
        with ThreadPoolExecutor(2) as pool:
            runs = [
                pool.submit(run, checkout, settings, work / name)
                for checkout, name in ((there, "before"), (here, "after"))
            ]
            return differences(*(made.result() for made in runs))
    finally:
        subprocess.run([*git, "remove", "--force", str(there)], check=True)


def main() -> int:
    """Run twice, compare, print; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", help="any name that git knows")
    parser.add_argument("--settings", type=Path, required=True, help="of the run, JSON")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="asicae-same-") as work:
        found = compare(chosen.revision, chosen.settings, Path(work))
    for pattern, reason in LEFT_OUT.items():
        print(f"not compared: {pattern} ({reason})")
    print("\n".join(found) or "every file is the same")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
