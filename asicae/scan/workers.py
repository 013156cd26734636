"""Several processes that share the points of a scan, and end with the one that started them."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from asicae.foundation.errors import CheckFailed
from asicae.foundation.process_group import started_group
from asicae.foundation.progress import track
from asicae.foundation.threads import worker_count
from asicae.scan.measured import Stimulus
from asicae.scan.work import KILLED, WORK, Outcome, Work, outcome_file
from asicae.simulation.drawn import DrawnChip

PROGRAM = "asicae.scan.worker_process"
POLL_S = 0.2


def outcomes(
    chips: Sequence[DrawnChip], stimulus: Stimulus, jobs: int | None = None
) -> list[Outcome]:
    """What became of each chip, in their order; ``jobs`` processes, by default one a core.

    A chip that cannot be estimated has a reason. Each estimate is kept as it is made: the same
    call after a kill goes on from there.

    Raises:
        BadInput: ``jobs`` is less than one.
        CheckFailed: no process can work at all.
    """
    count = min(worker_count(jobs), len(chips))
    if not chips:
        return []
    with tempfile.TemporaryDirectory(prefix="asicae-scan-") as name, ExitStack() as stack:
        folder = Path(name)
        Work.of(chips, stimulus).save(folder / WORK)
        crew = _Crew(folder, len(chips), count, stack)
        for _ in track(crew.finished(), "points estimated", len(chips)):
            pass
        return [_outcome(folder, number) for number in range(len(chips))]


class _Crew:
    """Processes at work in a folder."""

    def __init__(self, folder: Path, points: int, count: int, stack: ExitStack) -> None:
        self.folder, self.points, self.stack = folder, points, stack
        self.programs = [self._start() for _ in range(count)]

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", PROGRAM, str(self.folder)]
        # A process a core: what they compute with has one thread.
        env = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        log = self.stack.enter_context((self.folder / "log").open("ab"))
        return self.stack.enter_context(started_group(command, log, os.environ | env))

    def finished(self) -> Iterator[int]:
        """The number of each point that has an outcome, until no process is left."""
        left = set(range(self.points))
        while left:
            working = any(program.poll() is None for program in self.programs)
            done = [number for number in left if outcome_file(self.folder, number).is_file()]
            left -= set(done)
            yield from done
            if not working and not done:
                if not any(self._is_free(number) for number in left):
                    return
                self._replace()
            elif not done:
                time.sleep(POLL_S)

    def _is_free(self, number: int) -> bool:
        return not (self.folder / f"claim-{number}").exists()

    def _replace(self) -> None:
        """Another process where all have ended before the end.

        Raises:
            CheckFailed: they ended by themselves.
        """
        if any(program.returncode > 0 for program in self.programs):
            said = (self.folder / "log").read_text(errors="replace").strip().splitlines()
            raise CheckFailed(f"scan: {said[-1] if said else 'a process ended'}")
        self.programs = [self._start()]


def _outcome(folder: Path, number: int) -> Outcome:
    path = outcome_file(folder, number)
    return Outcome.load(path) if path.is_file() else Outcome(reason=KILLED)
