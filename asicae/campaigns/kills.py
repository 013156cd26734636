"""Commands that are killed and called again: does the second call end as if nothing had happened?

    python -m asicae.campaigns.kills --fixtures tests/fixtures --library tests/support/kill_at.cpp \
        --count 100 --seed 1 --out docs/results/kills.json

A kill is a SIGKILL before a change of a name in the file system (rename, link, unlink, mkdir,
rmdir, exchange), counted by a preloaded library. Every trial has a fresh folder, in memory if there
is such. Afterwards the same command, called again, has to leave what an uninterrupted one leaves:
the same files of the same content, times aside, and no hidden one. A run that was there before is
there in between as well, the old or the new one.

Commands run in forked children of one process, which has loaded everything already.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from asicae.campaigns.record import record
from asicae.campaigns.same_bytes import content
from asicae.cli.main import main as asicae
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.readout.conversion import save
from asicae.runs.folder import PROVENANCE
from asicae.runs.imported import import_settings
from asicae.runs.job import Job
from asicae.runs.lock import alone_in
from asicae.runs.record import SEAL, STAGES
from asicae.simulation.builds.toolchain import compiler
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

RUN, OUT = "run", "out"
SWITCHES = ("KILL_AT_MATCH", "KILL_AT", "KILL_AT_COUNT", "KILL_AT_PLAIN")
"""What the library reads, see ``kill_at.cpp``."""
UNEQUAL = {PROVENANCE: "versions, command line, times"}
"""Files that are not compared."""
LIGHT = ("import", "readouts", "export")
"""Stages of an imported run that neither build nor train."""


@dataclass(frozen=True)
class Command:
    """One that is killed.

    Attributes:
        name: of the trial.
        call: runs it in the folder of the trial, which is the working folder.
        before: makes what has to be there, in the working folder.
    """

    name: str
    call: Callable[[], None]
    before: Callable[[], None] = lambda: None

    def __str__(self) -> str:
        return self.name


@dataclass
class Tally:
    """What became of the trials."""

    kills: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)


def commands(fixtures: Path) -> list[Command]:
    """All of them; ``fixtures`` is the folder with sound models."""
    models = fixtures.resolve()
    first = models / "qkeras09" / "econ_t.h5"
    second = models / "qkeras_v3" / "conditional.keras"

    def words(*given: object) -> Callable[[], None]:
        return partial(called, given)

    imported = words("import", first, "-o", RUN)
    return [
        Command("data convert", words("data", "convert", "in.npz", "-o", "out/a.csv"), readouts),
        Command(
            "data convert --force",
            words("data", "convert", "in.npz", "-o", "a.parquet", "--force"),
            partial(readouts, "a.parquet"),
        ),
        Command(
            "encode",
            words(*"encode in.npz -o out/f.npz --algorithm best_choice --links 2".split()),
            readouts,
        ),
        Command("weights pack", words("weights", "pack", "set.npz", "-o", OUT), weights),
        Command(
            "weights pack --force",
            words("weights", "pack", "set.npz", "-o", OUT, "--force"),
            partial(weights, packed=True),
        ),
        Command("export-rtl --force", words("export-rtl", "-o", OUT, "--force"), old_folder),
        Command("import", imported),
        Command("import --force", words("import", second, "-o", RUN, "--force"), imported),
        Command("run", partial(light_run, first)),
        Command("run again", partial(light_run, first), partial(stale_run, first)),
    ]


def called(words: Sequence[object]) -> None:
    """``asicae WORDS``.

    Raises:
        BadInput: it ends with another code than 0.
    """
    own, sys.argv = sys.argv, ["asicae", *map(str, words)]
    try:
        asicae()
    except SystemExit as leaving:
        if leaving.code:
            raise BadInput(f"asicae {' '.join(map(str, words))}: exit {leaving.code}") from None
    finally:
        sys.argv = own


def readouts(*more: str) -> None:
    """Some readouts as ``in.npz``, and under the other names given."""
    for name in ("in.npz", *more):
        save(simulate(SourceSettings(events=60, seed=3)), Path(name), False)


def weights(packed: bool = False) -> None:
    """A weight set; ``packed``: there are older files of another one already."""
    network = Network.preset("econ-t")
    if packed:
        Weights.random(network, 1).save(Path("set.npz"))
        called(("weights", "pack", "set.npz", "-o", OUT))
    Weights.random(network, 2).save(Path("set.npz"))


def old_folder() -> None:
    """Something that is to be replaced."""
    (Path(OUT) / "deep").mkdir(parents=True)
    (Path(OUT) / "deep" / "old").write_text("old")


def light_run(model: Path) -> None:
    """An imported run, made or gone on with, without what builds."""
    settings = import_settings(model, None, {}).model_copy(
        update={
            "source": SourceSettings(events=300, seed=5),
            "validation_events": 100,
            "test_events": 100,
            "verify_events": 100,
            "estimate_events": 50,
        }
    )
    with alone_in(Path(RUN)):
        Job.create(Path(RUN), settings).run(LIGHT)


def stale_run(model: Path) -> None:
    """A whole one, one of whose outputs is gone."""
    light_run(model)
    (Path(RUN) / "rtl" / "asicae_top.v").unlink()


def tree(folder: Path) -> dict[str, Any]:
    """Content of all files below ``folder``, hidden ones too, without times; None of folders."""
    return {
        str(path.relative_to(folder)): _content(path) if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if path.name not in UNEQUAL
    }


def _content(path: Path) -> Any:
    found = content(path)
    if path.parent.name == STAGES:  # the seal is that of the times as well
        return {key: value for key, value in found.items() if key != SEAL}
    return found


class Trials:
    """Those of one command, below ``place``; the process has the library preloaded."""

    def __init__(self, command: Command, place: Path, plain: bool = False) -> None:
        self.command, self.place, self.plain = command, place, plain
        self.work, self.template = place / "work", place / "template"
        self.template.mkdir(parents=True)
        with contextlib.chdir(self.template), _quiet(place / "log"):
            command.before()
        self.changes = self._uninterrupted()

    def _uninterrupted(self) -> int:
        """Number of its changes; keeps what it leaves."""
        count = self.place / "count"
        code = self._run({"KILL_AT_COUNT": str(count)}, fresh=True)
        if code:
            raise CheckFailed(f"{self.command}: exit {code}: {self._said()}")
        self.expected = tree(self.work)
        return int(count.read_text())

    def trial(self, at: int) -> str | None:
        """Kill it before change number ``at``, 1 to ``changes``; what is wrong then, or None."""
        # Where a cache was filled in between there are a few changes less.
        while (code := self._run({"KILL_AT": str(at)}, fresh=True)) == 0 and at > 1:
            at -= 1
        where = f"{self.command}{' (no exchange)' if self.plain else ''}, change {at}"
        if code != -signal.SIGKILL:
            return f"{where}: exit {code} in place of a kill: {self._said()}"
        was_there = (self.template / RUN).is_dir()
        if was_there and not self.plain and not (self.work / RUN / PROVENANCE).is_file():
            return f"{where}: the run has vanished"
        code = self._run({}, fresh=False)
        found = tree(self.work)
        if found != self.expected:
            names = sorted(set(found) ^ set(self.expected)) or [
                name for name in found if found[name] != self.expected[name]
            ]
            return f"{where}: exit {code}, differs: {', '.join(names[:5])}; {self._said()}"
        # What had ended before the kill is there, and is not replaced without --force.
        if code and "exists already" not in self._said():
            return f"{where}: exit {code}: {self._said()}"
        return None

    def _said(self) -> str:
        lines = (self.place / "log").read_text(errors="replace").strip().splitlines()
        return "; ".join(lines[-2:])[:300]

    def _run(self, switches: dict[str, str], fresh: bool) -> int:
        """Exit code of the command in a child, negative for a signal."""
        if fresh:
            shutil.rmtree(self.work, ignore_errors=True)
            shutil.copytree(self.template, self.work)
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        code = 70
        try:
            os.chdir(self.work)
            with _quiet(self.place / "log"):
                more = {"KILL_AT_PLAIN": "1"} if self.plain else {}
                # Its paths are relative: every change is one of its own.
                os.environ.update(switches | more | {"KILL_AT_MATCH": ""})
                self.command.call()
            code = 0
        except BadInput as error:
            with (self.place / "log").open("a") as log:
                log.write(f"{error}\n")
            code = BadInput.exit_code
        finally:
            os._exit(code)


@contextlib.contextmanager
def _quiet(log: Path) -> Iterator[None]:
    with (
        log.open("w") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        yield


def memory_folder() -> Path:
    """Where a temporary folder is in memory, where the system has such."""
    memory = Path("/dev/shm")  # noqa: S108
    return memory if memory.is_dir() else Path(tempfile.gettempdir())


def sample(fixtures: Path, count: int, seed: int) -> Tally:
    """``count`` kills, drawn evenly from all changes of all commands."""
    tally, generator = Tally(), np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(dir=memory_folder()) as name:
        trials = [
            Trials(command, Path(name) / str(number) / ("plain" if plain else "exchange"), plain)
            for number, command in enumerate(commands(fixtures))
            for plain in (False, True)
        ]
        every = [(one, at) for one in trials for at in range(1, one.changes + 1)]
        for drawn in generator.choice(len(every), min(count, len(every)), replace=False):
            one, at = every[drawn]
            found = one.trial(at)
            tally.kills[one.command.name] = tally.kills.get(one.command.name, 0) + 1
            tally.violations += [found] if found else []
    return tally


def preload(source: Path) -> None:
    """Start this program again with the library of ``source``, unless it is there.

    Raises:
        MissingTool: no C++ compiler.
    """
    if os.environ.get("ASICAE_KILLS") == "loaded":
        return
    folder = Path(tempfile.mkdtemp(prefix="kill-at-"))
    target = folder / "kill_at.so"
    build = [*compiler().command, "-std=c++17", "-shared", "-fPIC", str(source), "-o", str(target)]
    subprocess.run([*build, "-ldl"], check=True)
    environment = os.environ | {"LD_PRELOAD": str(target), "ASICAE_KILLS": "loaded"}
    try:
        words = [sys.executable, "-m", "asicae.campaigns.kills", *sys.argv[1:]]
        sys.exit(subprocess.run(words, env=environment, check=False).returncode)
    finally:
        shutil.rmtree(folder)


def main() -> int:
    """Kill, print, and write the record where asked; 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--fixtures", type=Path, required=True, help="folder of sound models")
    parser.add_argument("--library", type=Path, required=True, help="source of what kills")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", metavar="COMMAND", help="all kills of this command instead")
    parser.add_argument("--plain", action="store_true", help="with it: no exchange of folders")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    preload(options.library)
    for switch in SWITCHES:
        os.environ.pop(switch, None)
    if options.every:
        tally = every_kill(options.fixtures, options.every, options.plain)
    else:
        tally = sample(options.fixtures, options.count, options.seed)
    found = {"kills": sum(tally.kills.values()), "commands": tally.kills}
    found["lost"] = len(tally.violations)
    print(json.dumps(found | {"violations": tally.violations[:50]}, indent=2))
    if options.out is not None:
        record(
            options.seed,
            {"count": options.count},
            found,
            packages=("numpy",),
            violations=tally.violations[:50],
            measures_speed=False,
        ).save(options.out)
    return 1 if tally.violations else 0


def every_kill(fixtures: Path, name: str, plain: bool) -> Tally:
    """Kill one command at each of its changes.

    Raises:
        BadInput: no such command.
    """
    known = {command.name: command for command in commands(fixtures)}
    if name not in known:
        raise BadInput(f"command: found {name!r}, allowed are {', '.join(known)}")
    with tempfile.TemporaryDirectory(dir=memory_folder()) as folder:
        trials = Trials(known[name], Path(folder) / "trials", plain)
        found = [trials.trial(at) for at in range(1, trials.changes + 1)]
    return Tally({name: len(found)}, [wrong for wrong in found if wrong])


if __name__ == "__main__":
    sys.exit(main())
