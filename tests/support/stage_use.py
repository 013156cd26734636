"""What the actions of stages really use while they run: code, files of the kit, settings."""

import json
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from asicae.foundation.assets import PACKAGE
from asicae.runs.settings import RunSettings
from asicae.runs.stage import Stage

BASE = f"{PACKAGE.parent}/"
ROOTS = tuple(f"{BASE}{name}/" for name in (PACKAGE.name, "rtl", "hls", "verification"))
"""Where the kit's own files lie in a checkout."""


@dataclass(frozen=True)
class StageUse:
    """What was used by stage.

    Attributes:
        files: modules of which a function was called, and other files that were opened, by the
            names that ``Sources.closure`` gives them.
        settings: fields of ``RunSettings`` that were read.
    """

    files: dict[str, set[str]]
    settings: dict[str, set[str]]

    def save(self, path: Path) -> None:
        """As JSON."""
        both = {"files": self.files, "settings": self.settings}
        path.write_text(json.dumps(both, default=sorted), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "StageUse":
        """What ``save`` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(*({n: set(v) for n, v in content[k].items()} for k in ("files", "settings")))


@contextmanager
def watching(stages: Iterable[Stage]) -> Iterator[StageUse]:
    """Note what happens in the block between the call of an action and its return, in all threads.

    What child processes do is not seen.
    """
    actions = {_code(stage): stage.name for stage in stages}
    use = StageUse({n: set() for n in actions.values()}, {n: set() for n in actions.values()})
    watch = _Watch(actions, use)
    read = RunSettings.__getattribute__

    def noted(settings: RunSettings, name: str) -> Any:
        if watch.stage is not None and name in RunSettings.model_fields:
            use.settings[watch.stage].add(name)
        return read(settings, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunSettings, "__getattribute__", noted)
        before = sys.gettrace()
        _WATCHES.append(watch)
        threading.settrace(watch.called)
        sys.settrace(watch.called)
        try:
            yield use
        finally:
            sys.settrace(before)
            threading.settrace(before)  # type: ignore[arg-type]
            _WATCHES.remove(watch)


def _code(stage: Stage) -> CodeType:
    code = getattr(stage.action, "__code__", None)
    assert isinstance(code, CodeType), f"{stage.name}: its action is no function"
    return code


class _Watch:
    """Tells when an action runs, and notes what it uses."""

    def __init__(self, actions: dict[CodeType, str], use: StageUse) -> None:
        self.stage: str | None = None
        self._actions, self._use = actions, use
        # By identity, since a code object is hashed and compared with all its content, and kept, so
        # that no other one has the place of one that is gone.
        self._seen: dict[int, CodeType] = {}

    def called(self, frame: FrameType, event: str, _: object) -> Any:
        """Trace function: every call of a Python function comes here, millions of them."""
        code = frame.f_code
        if self.stage is not None:
            if id(code) not in self._seen:
                self._seen[id(code)] = code
                self._note(code.co_filename)
            return None
        self.stage = self._actions.get(code)
        if self.stage is None:
            return None
        self._note(code.co_filename)
        return self._returned

    def _returned(self, frame: FrameType, event: str, _: object) -> Any:
        if event == "return":
            self.stage = None
            self._seen.clear()
        return self._returned

    def opened(self, path: str) -> None:
        """A file; modules count when they are called, not when they are looked at or compiled."""
        if not path.endswith(".py") and "/__pycache__/" not in path:
            self._note(path)

    def _note(self, path: str) -> None:
        if self.stage is not None and path.startswith(ROOTS):
            self._use.files[self.stage].add(path.removeprefix(BASE))


_WATCHES: list[_Watch] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _WATCHES and isinstance(arguments[0], str | Path):
        for watch in _WATCHES:
            watch.opened(str(arguments[0]))


sys.addaudithook(_audit)  # cannot be taken away again, hence one for all watches
