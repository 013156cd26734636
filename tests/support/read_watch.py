"""What a command reads of a run folder, and whether it made sure of that before."""

import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from asicae.foundation.files import sha256
from asicae.runs.record import sealed_text
from asicae.runs.seal import Damage, Seal

MAKES_SURE: frozenset[CodeType] = frozenset(
    # Hashing a file, reading one that has its seal in itself, and comparing the metrics with the
    # records that they are made from: nothing of that is believed.
    function.__code__
    for function in (sha256, sealed_text, Seal._metrics)
)


@dataclass
class ReadWatch:
    """Files of a run, by their names in it.

    Attributes:
        run: the folder.
        start: of the watch, as files have it, ns.
        sure: found as their stages left them.
        read: all that were read.
        unsure: read before that was known.
    """

    run: str
    start: int
    sure: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    unsure: list[str] = field(default_factory=list)

    def opened(self, path: Any, mode: Any, flags: Any) -> None:
        """``open`` of Python or of the system."""
        writes = bool(set(mode or "") & set("wax+")) or bool(int(flags or 0) & os.O_ACCMODE)
        if not writes and isinstance(path, str | bytes | os.PathLike):
            self._reads(os.fsdecode(path))

    def started(self, words: Any) -> None:
        """A process that is told to read files."""
        for word in words if isinstance(words, list | tuple) else [words]:
            if isinstance(word, str | Path):
                self._reads(str(word))

    def _reads(self, path: str) -> None:
        place = Path(os.path.realpath(path))
        if not place.is_relative_to(self.run) or not place.is_file():
            return
        if _on_the_stack(sys._getframe(2)):
            return
        name = str(place.relative_to(self.run))
        self.read.add(name)
        # What the command itself has written since is its own.
        if name not in self.sure and place.stat().st_ctime_ns < self.start:
            self.unsure.append(name)


def _on_the_stack(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code in MAKES_SURE:
            return True
        frame = frame.f_back
    return False


@contextmanager
def watching_reads(run: Path) -> Iterator[ReadWatch]:
    """Note what is read below ``run`` in the block, in this process, and told to others."""
    apart = threading.Event()
    apart.wait(0.05)  # times of files are no finer
    with tempfile.NamedTemporaryFile(dir=run.parent) as now:
        watch = ReadWatch(os.path.realpath(run), Path(now.name).stat().st_ctime_ns)
    apart.wait(0.05)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Seal, "_file", _noting(watch, Seal._file))
        patch.setattr("asicae.runs.record.sealed_text", _noting_seals(watch))
        _WATCHES.append(watch)
        try:
            yield watch
        finally:
            _WATCHES.remove(watch)


def _noting(
    watch: ReadWatch, look: Callable[[Seal, str], Iterator[Damage]]
) -> Callable[[Seal, str], Iterator[Damage]]:
    def noted(seal: Seal, name: str) -> Iterator[Damage]:
        found = list(look(seal, name))
        if not found and os.path.realpath(seal.view.path) == watch.run:
            watch.sure.add(name)
        return iter(found)

    return noted


def _noting_seals(watch: ReadWatch) -> Callable[[Path], str]:
    def noted(path: Path) -> str:
        content = sealed_text(path)
        place = Path(os.path.realpath(path))
        if place.is_relative_to(watch.run):
            watch.sure.add(str(place.relative_to(watch.run)))
        return content

    return noted


_WATCHES: list[ReadWatch] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _WATCHES and event == "open":
        for watch in _WATCHES:
            watch.opened(*arguments)
    if _WATCHES and event == "subprocess.Popen":
        for watch in _WATCHES:
            watch.started(arguments[1])


sys.addaudithook(_audit)  # cannot be taken away again, hence one for all watches
