"""What took long to make, kept by the content of what went into it, for one user alone.

An entry is a folder named after the hash of its parts, with the hash of each of its files, which is
compared before they are used: what was damaged, cut short or made by somebody else is made anew.
Entries appear whole or not at all, so two processes may make the same one. What a dead process left
of one is removed by the next call.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.files import reason, sha256
from asicae.foundation.temporaries import remove_dead_in, temporary_folder

MANIFEST = "manifest.json"
"""Of an entry: its key, and the SHA-256 of every file by name."""
_KEY_DIGITS = 20
_READ_ERRORS = (OSError, ValueError, KeyError, TypeError, AttributeError)
State = tuple[tuple[str, int, int, int, int], ...]
_checked: dict[Path, tuple[str, State]] = {}
"""Entry whose hashes this process has compared -> its key and the state of its files then."""


@dataclass(frozen=True)
class Entry:
    """A folder of finished files, not to be changed; ``new`` when this call has made them."""

    folder: Path
    new: bool


def default_folder() -> Path:
    """Where entries are kept when the caller names no folder: ``$XDG_CACHE_HOME/asicae``."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "asicae"


def cached(
    name: str, parts: Any, make: Callable[[Path], Iterable[str]], folder: Path | None = None
) -> Entry:
    """The entry of ``parts``: found in ``folder``, or made and kept there.

    ``parts`` is all that the result depends on, as JSON can hold it; ``name`` begins the entry's
    name. ``make`` is given an empty folder to work in and returns which files in it are the result;
    the entry holds them by their last names. What ``make`` raises leaves no entry.

    Raises:
        BadInput: ``folder`` belongs to another user, or cannot be made or written.
    """
    root = _usable(folder or default_folder())
    key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    target = root / f"{name}-{key[:_KEY_DIGITS]}"
    remove_dead_in(root)
    if _intact(target, key):
        return Entry(target, False)
    with contextlib.ExitStack() as stack:
        try:
            work = stack.enter_context(temporary_folder(target, private=True))
        except OSError as error:
            raise _unusable(root, error) from None
        made = make(work)
        try:
            _publish(_collected(work, made, key), target, key)
        except OSError as error:
            raise _unusable(root, error) from None
    return Entry(target, True)


def _usable(folder: Path) -> Path:
    """As ``_private``; what the system refuses is bad input too."""
    try:
        return _private(folder)
    except OSError as error:
        raise _unusable(folder, error) from None


def _unusable(folder: Path, error: OSError) -> BadInput:
    return BadInput(
        f"{folder}: cannot be used as cache ({reason(error)}); choose another folder with"
        " XDG_CACHE_HOME"
    )


def _private(folder: Path) -> Path:
    """``folder`` without links, which belongs to this user and is open to no other afterwards."""
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    # The owner of a link decides where it leads, so the link and its end must be the user's.
    for found in (folder.lstat(), folder.stat()):
        if not _own(found):
            raise BadInput(
                f"{folder}: belongs to user {found.st_uid}, allowed for the cache is a folder of "
                f"user {os.geteuid()} (choose one with XDG_CACHE_HOME)"
            )
    resolved = folder.resolve()
    if resolved.stat().st_mode & 0o022:
        # What others have put there until now is told by its owner (see `_state`).
        resolved.chmod(0o700)
    return resolved


def _collected(work: Path, names: Iterable[str], key: str) -> Path:
    """A folder in ``work`` that holds an entry as it is to be published."""
    entry = Path(tempfile.mkdtemp(prefix=".entry.", dir=work))
    for name in names:
        (work / name).replace(entry / Path(name).name)
    hashes = {path.name: sha256(path) for path in sorted(entry.iterdir())}
    text = json.dumps({"key": key, "files": hashes}, indent=2)
    (entry / MANIFEST).write_text(text, encoding="utf-8")
    return entry


def _publish(entry: Path, target: Path, key: str) -> None:
    with _locked(target.parent):
        if _intact(target, key):
            return  # another process was faster; its files are as good as these
        _remove(target)
        entry.replace(target)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Some network file systems have no locks. Entries are whole there all the same; at worst
        # a damaged one is replaced twice.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove(target: Path) -> None:
    """Take away what is no entry, in one step for those who look at the same time."""
    if not os.path.lexists(target):
        return
    with temporary_folder(target, private=True) as aside:
        target.replace(aside / target.name)


def _intact(target: Path, key: str) -> bool:
    """Whether ``target`` is the whole entry of ``key``, made by this user and unchanged since."""
    try:
        state = _state(target)
        if _checked.get(target) == (key, state):
            return True
        content = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        hashes: dict[str, str] = content["files"]
        if content["key"] != key or not {MANIFEST, *hashes} <= {file[0] for file in state}:
            return False
        if any(sha256(target / name) != digest for name, digest in hashes.items()):
            return False
    except _READ_ERRORS:
        return False
    _checked[target] = key, state
    return True


def _state(target: Path) -> State:
    """Name, place, size and times of all files of an entry, by which a change is seen.

    Raises:
        OSError: there is no such folder.
        ValueError: it or a file in it is a link, another user's or open to others.
    """
    folder = target.lstat()
    if not _own(folder) or not stat.S_ISDIR(folder.st_mode) or folder.st_mode & 0o077:
        raise ValueError(target)
    state = []
    for path in sorted(target.iterdir()):
        file = path.lstat()
        if not _own(file) or not stat.S_ISREG(file.st_mode):
            raise ValueError(path)
        times = file.st_mtime_ns, file.st_ctime_ns
        state.append((path.name, file.st_ino, file.st_size, *times))
    return tuple(state)


def _own(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid()
