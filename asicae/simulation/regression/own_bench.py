"""A cocotb bench of one's own on the chip of a run, with the case that the kit's benches get."""

import dataclasses
import re
import shlex
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.chip.design import design_of
from asicae.export.case import NamedWeights
from asicae.export.design_record import recorded
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import read_json
from asicae.foundation.process_group import run_group
from asicae.foundation.progress import step
from asicae.network.description import Network
from asicae.simulation.builds.verilator import cocotb_version
from asicae.simulation.regression.bench import BenchRun, environment, run
from asicae.simulation.regression.mutation import Mutation
from asicae.simulation.regression.stimulus import prepare
from asicae.simulation.regression.verify import build_chip

PROBE: Final = "asicae.simulation.regression.bench_probe"


@dataclass(frozen=True)
class OwnBench:
    """A file of cocotb tests, those of them that are to run, by name, and cocotb's seed."""

    path: Path
    tests: tuple[str, ...]
    seed: int = 1

    @classmethod
    def find(cls, path: Path, pattern: str | None = None, seed: int = 1) -> "OwnBench":
        """The bench in ``path``, imported once in another process to see what is in it.

        ``pattern`` is a regular expression that is looked for in the names of the tests; tests
        that are marked to be skipped are left out. ``seed`` is what ``cocotb.RANDOM_SEED`` is.

        Raises:
            BadInput: no Python file of a name that can be imported, it does not import, it holds
                no test, or ``pattern`` is no regular expression or meets none of them.
            MissingTool: cocotb is not installed.
        """
        cocotb_version()
        if path.suffix != ".py" or not path.stem.isidentifier() or not path.is_file():
            raise BadInput(f"{path}: allowed is a Python file that can be imported: NAME.py")
        names = _names(path, seed)
        return cls(path, _chosen(path, names, pattern), seed)

    @property
    def filter(self) -> str:
        """Regular expression that meets exactly these tests by their full names."""
        names = "|".join(re.escape(name) for name in self.tests)
        return rf"^{re.escape(self.path.stem)}\.(?:{names})$"

    def replay(self, command: Sequence[str], test: str) -> str:
        """What to type to run one test again with waves; ``command`` is ``asicae verify RUN``."""
        chosen = ("--bench", str(self.path), "--test", f"^{re.escape(test)}$")
        return shlex.join([*command, *chosen, "--seed", str(self.seed), "--waves"])


def run_own(
    bench: OwnBench,
    network: Network,
    weight_sets: Sequence[NamedWeights],
    calq: npt.NDArray[np.integer],
    rtl_folder: Path,
    out_folder: Path,
    *,
    command: Sequence[str],
    events: int,
    mutate: Mutation | None = None,
    waves: bool = False,
    cache: Path | None = None,
) -> BenchRun:
    """Run ``bench`` on the RTL in ``rtl_folder`` with everything that ``verify`` prepares.

    The tests find weight sets, stimulus and golden words in their working folder, ``out_folder``,
    which JUnit XML, log and waves are left in. ``command`` are the words that name the chip.

    Raises:
        BadInput, MissingTool: as ``verify``.
        CheckFailed: a test fails (names the first, and the command that runs it again with waves),
            or the simulation ends without a verdict.
    """
    stimulus = prepare(network, weight_sets, calq, events=events, mutate=mutate)
    stimulus.write(design_of(network, recorded(rtl_folder)), out_folder)
    step(f"building the simulation of {network.name}")
    built = build_chip(network, rtl_folder, waves=waves, cache=cache)
    step(f"running {len(bench.tests)} tests of {bench.path} with seed {bench.seed}")
    finished = run(
        built,
        bench.path.stem,
        out_folder,
        seed=bench.seed,
        tests=bench.filter,
        waves=waves,
        place=bench.path.parent,
    )
    wanted = tuple(outcome for outcome in finished.outcomes if outcome.name in bench.tests)
    finished = dataclasses.replace(finished, outcomes=wanted)
    if finished.failures:
        first = finished.failures[0]
        raise CheckFailed(
            f"{len(finished.failures)} of {len(wanted)} tests failed; {first.name}: {first.message}"
            f" (log: {finished.log}); again with: {bench.replay(command, first.name)}"
        )
    return finished


def _names(path: Path, seed: int) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="asicae-bench-") as name:
        answer, log = Path(name) / "answer.json", Path(name) / "log"
        program = [sys.executable, "-m", PROBE, path.stem, str(answer), str(seed)]
        with log.open("wb") as stream:
            run_group(program, stream, environment(path.parent))
        if not answer.is_file():
            raise BadInput(f"{path}: does not import: the process ended")
        found = read_json(answer)
    if "error" in found:
        raise BadInput(f"{path}: does not import: {str(found['error']).splitlines()[0]:.200}")
    if not found["file"] or not Path(found["file"]).samefile(path):
        raise BadInput(f"{path}: another module of that name is found first: {found['file']}")
    if not found["tests"]:
        raise BadInput(f"{path}: holds no test; a test is a coroutine under @cocotb.test()")
    return [str(test) for test in found["tests"]]


def _chosen(path: Path, names: Sequence[str], pattern: str | None) -> tuple[str, ...]:
    if pattern is None:
        return tuple(names)
    try:
        chosen = tuple(name for name in names if re.search(pattern, name))
    except re.error as error:
        raise BadInput(f"--test: {pattern!r} is no regular expression ({error})") from None
    if not chosen:
        raise BadInput(f"--test: {pattern!r} meets none of the tests of {path}: {', '.join(names)}")
    return chosen
