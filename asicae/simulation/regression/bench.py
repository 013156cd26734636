"""Running a cocotb bench on a verilated design and reading what it found."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import read_json
from asicae.foundation.progress import beating
from asicae.simulation.builds.runner_process import run_runner
from asicae.simulation.builds.verilated_bench import COVERAGE_FILE, Build, WaveFormat
from asicae.simulation.builds.verilator import find

JUNIT_FILE = "junit.xml"
RESULTS_FILE = "results.json"
LOG_FILE = "simulation.log"
BENCHES: Final = "verification"
"""The package of the kit's benches."""
COMPARED = "compared"
"""Key of the results: what ``TB.compare`` of the benches compared in all."""
COUNTS = ("words", "sums", "mismatches")


@dataclass(frozen=True)
class Outcome:
    """One cocotb test: ``message`` is empty when it passed."""

    name: str
    passed: bool
    message: str
    seconds: float = 0.0


@dataclass(frozen=True)
class BenchRun:
    """A finished simulation.

    Attributes:
        module: the bench, as the testplan names it: below ``verification``.
        seed: of what it drew.
        outcomes: of its tests.
        results: what it measured.
        waves: its recording.
    """

    module: str
    seed: int
    outcomes: tuple[Outcome, ...]
    results: dict[str, Any]
    junit: Path
    log: Path
    waves: Path | None
    seconds: float

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The tests that failed."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    def summary(self) -> list[str]:
        """What passed and what was compared, a line each."""
        passed = len(self.outcomes) - len(self.failures)
        lines = [f"{passed} of {len(self.outcomes)} tests passed in {self.seconds:.0f} s"]
        if COMPARED in self.results:
            words, sums, wrong = (self.results[COMPARED][key] for key in COUNTS)
            lines.append(compared(words, sums, wrong))
        return lines

    def recording(self) -> list[str]:
        """Where the waves lie and how large they are, a line; none where none were recorded."""
        return [] if self.waves is None else [sized(self.waves)]

    def check(self) -> "BenchRun":
        """Return self when every test passed.

        Raises:
            CheckFailed: a test failed; names the first one and its message.
        """
        if self.failures:
            first = self.failures[0]
            raise CheckFailed(
                f"{len(self.failures)} of {len(self.outcomes)} benches failed; "
                f"{first.name}: {first.message} (log: {self.log})"
            )
        return self


def compared(words: int, sums: int, mismatches: int) -> str:
    """What was compared with golden, in a line."""
    return f"{words} latents and {sums} sums compared with golden, {mismatches} differ"


def sized(waves: Path) -> str:
    """A recording and how large it is."""
    return f"{waves} ({waves.stat().st_size / 1e6:.1f} MB)"


def dump(folder: Path, form: WaveFormat) -> Path:
    """Where a simulation in ``folder`` records."""
    return folder / f"dump.{form}"


def run(
    build: Build,
    module: str,
    folder: Path,
    *,
    seed: int = 1,
    tests: str | None = None,
    waves: bool = False,
    place: Path | None = None,
) -> BenchRun:
    """Run the tests of a bench module such as ``verification.top.bench_top`` in ``folder``.

    The bench finds its inputs in ``folder`` and leaves ``results.json`` there; JUnit XML and the
    log are written beside. ``tests`` is a regular expression on the tests' full
    names (module and test). ``place`` is where the module lies if it is none of the kit's.

    Raises:
        BadInput: ``folder`` is that of a simulation that was exported.
        CheckFailed: the simulation ended without a result or without any test.
    """
    folder = folder.resolve()
    if (folder / BENCHES).exists():  # its modules would hide the kit's
        raise BadInput(f"{folder}: holds a folder {BENCHES}; allowed is one of its own")
    folder.mkdir(parents=True, exist_ok=True)
    junit, log = folder / JUNIT_FILE, folder / LOG_FILE
    for stale in (junit, log, folder / RESULTS_FILE, folder / COVERAGE_FILE):
        stale.unlink(missing_ok=True)
    request = {
        "action": "test",
        "top": build.top,
        "module": module,
        "filter": tests,
        "folder": str(build.folder.resolve()),
        "test_folder": str(folder),
        "junit": str(junit),
        "seed": seed,
        "waves": waves and build.waves is not None,
        "log": str(log),
    }
    start = time.monotonic()
    with beating(f"simulating {build.top}"):
        status = run_runner(request, environment(place), folder / "runner.log")
    seconds = time.monotonic() - start
    outcomes = _outcomes(junit) if junit.is_file() else ()
    if not outcomes or (status != 0 and all(outcome.passed for outcome in outcomes)):
        raise CheckFailed(f"the simulation ended with status {status} and no verdict: see {log}")
    results_path = folder / RESULTS_FILE
    results = read_json(results_path) if results_path.is_file() else {}
    waves_path = dump(folder, build.waves) if build.waves and request["waves"] else None
    recorded = waves_path if waves_path and waves_path.is_file() else None
    name = module.removeprefix(f"{BENCHES}.")
    return BenchRun(name, seed, outcomes, results, junit, log, recorded, seconds)


def environment(place: Path | None = None) -> dict[str, str]:
    """Environment in which benches are imported, those in the folder ``place`` first.

    Raises:
        MissingTool, BadInput: as ``verilator.find``.
    """
    found = find().environment()
    # The benches are the package `verification`, in a checkout and in an installed wheel alike.
    first = [] if place is None else [str(place.resolve())]
    paths = [*first, str(asset_folder("verification").parent), found.get("PYTHONPATH", "")]
    found["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    # cocotb's runner judges by itself when it believes to be inside pytest.
    found.pop("PYTEST_CURRENT_TEST", None)
    found.pop("ASICAE_CASE", None)  # of simulations without the kit; the case lies in the folder
    return found


def _outcomes(junit: Path) -> tuple[Outcome, ...]:
    cases = ElementTree.parse(junit).getroot().iter("testcase")  # noqa: S314  our own file
    return tuple(_outcome(case) for case in cases)


def _outcome(case: ElementTree.Element) -> Outcome:
    name, seconds = case.get("name", ""), float(case.get("time") or 0)
    for kind in ("failure", "error", "skipped"):
        found = case.find(kind)
        if found is not None:
            text = found.get("error_msg") or found.get("message") or found.text or kind
            lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
            return Outcome(name, False, (lines or [kind])[0], seconds)
    return Outcome(name, True, "", seconds)
