"""Commands that are killed and called again: does the second call end as if nothing had happened?

    python -m asicae.campaigns.kills --fixtures tests/fixtures --library tests/support/kill_at.cpp \
        --count 100 --seed 1 --out docs/results/kills.json

A kill is a SIGKILL before a change of a name in the file system (rename, link, unlink, mkdir,
rmdir, exchange), counted by a preloaded library. Every trial has a fresh folder, in memory if there
is such. Afterwards the same command, called again, has to leave what an uninterrupted one leaves:
the same files of the same content, times aside, and no hidden one. A run that was there before is
there in between as well, the old or the new one.

Commands run in forked children of one process, which has loaded everything already. What trains
takes too long for that; with ``--copies run`` every kill of it is tried from copies of its folder
(``kill_copies``).
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
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from asicae.campaigns.kill_commands import RUN, Command, commands, damages, differences, tree
from asicae.campaigns.kill_copies import MATCH, OWNER, PLAIN, Copies, quiet
from asicae.campaigns.record import record
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.runs.record import PROVENANCE
from asicae.simulation.builds.toolchain import compiler

AT, COUNT = "KILL_AT", "KILL_AT_COUNT"
"""What the library reads beside, see ``kill_at.cpp``."""


@dataclass
class Tally:
    """What became of the trials.

    Attributes:
        kills: number of them by command.
        copies: by command the number of its changes, of different copies before them, and of those
            that were gone on with.
        violations: what was lost.
    """

    kills: dict[str, int] = field(default_factory=dict)
    copies: dict[str, dict[str, int]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)


class Trials:
    """Those of one command, below ``place``; the process has the library preloaded."""

    def __init__(self, command: Command, place: Path, plain: bool = False) -> None:
        self.command, self.place, self.plain = command, place, plain
        self.work, self.template = place / "work", place / "template"
        self.template.mkdir(parents=True)
        with contextlib.chdir(self.template), quiet(place / "log"):
            command.before()
        self.changes = self._uninterrupted()

    def _uninterrupted(self) -> int:
        """Number of its changes; keeps what it leaves."""
        count = self.place / "count"
        code = self._run({COUNT: str(count)}, fresh=True)
        if code:
            raise CheckFailed(f"{self.command}: exit {code}: {self._said()}")
        self.expected = tree(self.work)
        return int(count.read_text())

    def trial(self, at: int) -> str | None:
        """Kill it before change number ``at``, 1 to ``changes``; what is wrong then, or None."""
        # Where a cache was filled in between there are a few changes less.
        while (code := self._run({AT: str(at)}, fresh=True)) == 0 and at > 1:
            at -= 1
        where = f"{self.command}{' (no exchange)' if self.plain else ''}, change {at}"
        if code != -signal.SIGKILL:
            return f"{where}: exit {code} in place of a kill: {self._said()}"
        was_there = (self.template / RUN).is_dir()
        if was_there and not self.plain and not (self.work / RUN / PROVENANCE).is_file():
            return f"{where}: the run has vanished"
        code = self._run({}, fresh=False)
        if wrong := differences(tree(self.work), self.expected) or damages(self.work / RUN):
            return f"{where}: exit {code}, differs: {', '.join(wrong[:5])}; {self._said()}"
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
            with quiet(self.place / "log"):
                more = {PLAIN: "1"} if self.plain else {}
                # Its paths are relative: every change is one of its own.
                os.environ.update(switches | more | {OWNER: str(os.getpid()), MATCH: ""})
                self.command.call()
            code = 0
        except BadInput as error:
            with (self.place / "log").open("a") as log:
                log.write(f"{error}\n")
            code = BadInput.exit_code
        finally:
            os._exit(code)


def memory_folder() -> Path:
    """Where a temporary folder is in memory, where the system has such."""
    memory = Path("/dev/shm")  # noqa: S108
    return memory if memory.is_dir() else Path(tempfile.gettempdir())


def sample(tally: Tally, fixtures: Path, count: int, seed: int) -> None:
    """``count`` kills, drawn evenly from all changes of all commands that do not train."""
    generator = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(dir=memory_folder()) as name:
        trials = [
            Trials(command, Path(name) / str(number) / ("plain" if plain else "exchange"), plain)
            for number, command in enumerate(commands(fixtures))
            if not command.trains
            for plain in (False, True)
        ]
        every = [(one, at) for one in trials for at in range(1, one.changes + 1)]
        for drawn in generator.choice(len(every), min(count, len(every)), replace=False):
            one, at = every[drawn]
            found = one.trial(at)
            tally.kills[one.command.name] = tally.kills.get(one.command.name, 0) + 1
            tally.violations += [found] if found else []


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


def parsed(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Options of the command line, or of other words."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--fixtures", type=Path, required=True, help="folder of sound models")
    parser.add_argument("--library", type=Path, required=True, help="source of what kills")
    parser.add_argument("--count", type=int, default=0, help="kills, drawn from all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", nargs="+", default=[], help="commands, all kills of them")
    parser.add_argument("--copies", nargs="+", default=[], help="the same, from copies")
    parser.add_argument(
        "--each", type=_each, default=1, help="of the states of copies one in so many"
    )
    parser.add_argument("--plain", action="store_true", help="with them: no exchange of folders")
    parser.add_argument("--out", type=Path)
    return parser.parse_args(words)


def main() -> int:
    """Kill, print, and write the record where asked; 1 where anything was lost."""
    options = parsed()
    preload(options.library)
    for switch in (AT, COUNT, MATCH, OWNER, PLAIN):
        os.environ.pop(switch, None)
    tally = Tally()
    if options.count:
        sample(tally, options.fixtures, options.count, options.seed)
    for name in options.every:
        every_kill(tally, options.fixtures, name, options.plain)
    for name in options.copies:
        every_copy(tally, options.fixtures, name, options.plain, options.each)
    found = {"kills": sum(tally.kills.values()), "commands": tally.kills, "copies": tally.copies}
    found["lost"] = len(tally.violations)
    print(json.dumps(found | {"violations": tally.violations[:50]}, indent=2))
    if options.out is not None:
        record(
            options.seed,
            {"count": options.count, "each": options.each},
            found,
            packages=("numpy", "tensorflow"),
            violations=tally.violations[:50],
            measures_speed=False,
        ).save(options.out)
    return 1 if tally.violations else 0


def _each(text: str) -> int:
    """One state in how many; ``argparse`` tells of what is no such number."""
    if (each := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"found {each}, allowed are 1 and more")
    return each


def every_kill(tally: Tally, fixtures: Path, name: str, plain: bool) -> None:
    """Kill one command at each of its changes; raises as ``named``."""
    with tempfile.TemporaryDirectory(dir=memory_folder()) as folder:
        trials = Trials(named(fixtures, name), Path(folder) / "trials", plain)
        found = [trials.trial(at) for at in range(1, trials.changes + 1)]
    tally.kills[name] = len(found)
    tally.violations += [wrong for wrong in found if wrong]


def every_copy(tally: Tally, fixtures: Path, name: str, plain: bool, each: int) -> None:
    """Go on from what a kill at each change of one command leaves, or one in ``each`` of it.

    Raises as ``named``.
    """
    with tempfile.TemporaryDirectory(dir=memory_folder()) as folder:
        copies = Copies(named(fixtures, name), Path(folder) / "copies", plain)
        tally.violations += copies.violations(each=each)
    tally.copies[name] = {
        "changes": copies.changes,
        "states": copies.states,
        "tried": copies.tried,
    }


def named(fixtures: Path, name: str) -> Command:
    """The command of a name.

    Raises:
        BadInput: there is none.
    """
    known = {command.name: command for command in commands(fixtures)}
    if name not in known:
        raise BadInput(f"command: found {name!r}, allowed are {', '.join(known)}")
    return known[name]


if __name__ == "__main__":
    sys.exit(main())
