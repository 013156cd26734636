"""All kills of a command from one call of it: what each would leave, and what becomes of that.

A SIGKILL leaves the files as they are, so a copy of the folder before a change of a name is what a
kill there leaves; the preloaded library makes one before each change. From every copy the same
command has to end as the call that nothing interrupted did.

Of runs, which take long, each copy is gone on with only as far as it is something new: to the end
of the stage that was cut short, where the run has to be what the uninterrupted one was there. A
stage that has ended well in front of the same files is not run again; a finished one must not be.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from asicae.campaigns.kill_commands import RUN, Command, damages, differences, digest, tree
from asicae.foundation.errors import AsicaeError, CheckFailed
from asicae.foundation.files import sha256
from asicae.foundation.temporaries import is_temporary
from asicae.runs.folder import RunFolder
from asicae.runs.record import PROVENANCE, load_records
from asicae.runs.stage import RunView, Stage

COPIES, FOLDER = "KILL_AT_COPIES", "KILL_AT_FOLDER"
OWNER, MATCH, PLAIN = "KILL_AT_OWNER", "KILL_AT_MATCH", "KILL_AT_PLAIN"
"""What the library reads, see ``kill_at.cpp``."""
TEMPORARY = re.compile(r"\.[0-9a-f]{12}\.part")


class Reached(BaseException):
    """A call has come as far as it was to."""


@dataclass
class Way:
    """The stages of a run on the way of one call, below ``work``.

    Attributes:
        work: folder in which the command runs.
        before: content of ``work`` when a stage is about to run, in the uninterrupted call.
        proven: a stage and the content in front of which it has ended well.
        first: whether this is the uninterrupted call.
        finished: stages that may not run again.
        began: the stage that this call was the first to run, with the content in front of it.
        wrong: what is not as it should be.
    """

    work: Path
    before: dict[str, dict[str, str | None]] = field(default_factory=dict)
    proven: set[tuple[str, str]] = field(default_factory=set)
    first: bool = True
    finished: set[str] = field(default_factory=set)
    began: tuple[str, str] | None = None
    wrong: str = ""

    @contextlib.contextmanager
    def watched(self, finished: set[str]) -> Iterator[None]:
        """Look at each stage of runs that the block makes or goes on with, but not in drafts."""
        self.finished, self.began, self.wrong = finished, None, ""
        own_run, own_forget = RunFolder.run, RunFolder.forget
        current: list[str] = []

        def run(folder: RunFolder, stage: Stage, view: RunView, force: bool = False) -> bool:
            if is_temporary(folder.path.name):
                return own_run(folder, stage, view, force)
            self._arrive(stage.name)
            current.append(stage.name)
            try:
                return own_run(folder, stage, view, force)
            finally:
                current.clear()

        def forget(folder: RunFolder, name: str) -> None:
            if current == [name]:
                self._begin(name)
            own_forget(folder, name)

        with mock.patch.multiple(RunFolder, run=run, forget=forget):
            yield
        self.first = False

    def _arrive(self, stage: str) -> None:
        """In front of a stage that may have been done."""
        if self.first:
            self.before[stage] = tree(self.work)
        elif self.began is not None:
            self.compare(self.before[stage])
            raise Reached

    def _begin(self, stage: str) -> None:
        """In front of a stage that has not been done."""
        if self.first:
            return
        if stage in self.finished:
            self.wrong = f"stage {stage} had finished and is made again"
            raise Reached
        state = stage, digest(tree(self.work))
        if state in self.proven:
            raise Reached
        self.began = state

    def compare(self, expected: dict[str, str | None]) -> None:
        """Note what is not as expected; else take the stage for proven that the call has run."""
        wrong = differences(tree(self.work), expected)[:5] or damages(self.work / RUN)
        if wrong:
            self.wrong = f"differs: {', '.join(wrong)}"
        elif self.began is not None:
            self.proven.add(self.began)


class Copies:
    """Those of one command, below ``place``; the process has the library preloaded.

    Attributes:
        changes: number of them in a call that nothing interrupts.
        states: how many of the copies differ.
        tried: how many of these were gone on with.
    """

    def __init__(self, command: Command, place: Path, plain: bool = False) -> None:
        self.command, self.place, self.plain = command, place, plain
        self.work, self.template = place / "work", place / "template"
        self.copies = place / "copies"
        for folder in (self.template, self.copies):
            folder.mkdir(parents=True)
        self.way, self.states, self.tried = Way(self.work), 0, 0
        with contextlib.chdir(self.template), quiet(place / "log"):
            command.before()
        shutil.copytree(self.template, self.work)
        with self.way.watched(set()):
            failed = self._call({COPIES: str(self.copies), FOLDER: str(self.work), MATCH: ""})
        if failed:
            raise CheckFailed(f"{command}: {failed}")
        self.expected = tree(self.work)
        # The library goes on counting from one call in this process to the next.
        self._numbers = sorted(int(copy.name) for copy in self.copies.iterdir())
        self.changes = len(self._numbers)

    def violations(self, most: int = 50, each: int = 1) -> list[str]:
        """Go on from every copy that differs from those before; what is wrong then.

        It ends where ``most`` have been found. Of the copies that differ one in ``each``, the first
        among them, is gone on with.
        """
        seen: set[str] = set()
        found: list[str] = []
        for at, number in enumerate(self._numbers, 1):
            copy = self.copies / str(number)
            state = _state(copy)
            if state in seen or len(found) >= most:
                continue
            seen.add(state)
            if (len(seen) - 1) % each:
                continue
            self.tried += 1
            shutil.rmtree(self.work)
            copy.rename(self.work)
            if wrong := self._go_on():
                found.append(f"{self.command}{' (no exchange)' * self.plain}, {at}: {wrong}")
        self.states = len(seen)
        return found

    def _go_on(self) -> str:
        """What is wrong with what the same command makes of ``work``, empty if nothing is."""
        was_there = (self.template / RUN).is_dir()
        there = (self.work / RUN / PROVENANCE).is_file()
        if was_there and not there and not self.plain:
            return "the run has vanished"
        # Of what was there before, something may have to be made again.
        finished = set(load_records(self.work / RUN)) if there and not was_there else set()
        with self.way.watched(finished):
            try:
                failed = self._call({})
            except Reached:
                return self.way.wrong
        # What had ended before the kill is there, and is not replaced without --force.
        if failed and "exists already" not in failed:
            return failed
        self.way.compare(self.expected)
        return self.way.wrong

    def _call(self, switches: dict[str, str]) -> str:
        """Call the command; what it said where it failed."""
        more = {OWNER: str(os.getpid())} | ({PLAIN: "1"} if self.plain else {}) | switches
        os.environ.update(more)
        try:
            with contextlib.chdir(self.work), quiet(self.place / "log"):
                self.command.call()
        except AsicaeError as error:
            said = (self.place / "log").read_text(errors="replace").strip().splitlines()
            return "; ".join([str(error), *said[-2:]])
        finally:
            for name in more:
                os.environ.pop(name, None)
        return ""


def _state(folder: Path) -> str:
    """What lies in a folder, whatever temporary names are drawn."""
    files = [
        (TEMPORARY.sub(".part", str(path.relative_to(folder))), sha256(path))
        for path in folder.rglob("*")
        if path.is_file()
    ]
    folders = [
        TEMPORARY.sub(".part", str(path.relative_to(folder)))
        for path in folder.rglob("*")
        if path.is_dir()
    ]
    return digest([sorted(files), sorted(folders)])


@contextlib.contextmanager
def quiet(log: Path) -> Iterator[None]:
    """Let the block print into a file."""
    with (
        log.open("w") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        yield
