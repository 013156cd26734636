"""Files and folders under a name of their own until they are whole.

They lie beside what they become, hidden, and are locked by the process that works on them. So
whoever comes next can tell the work of a living process from what a dead one left, and removes it.
"""

import contextlib
import errno
import fcntl
import functools
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NAME = re.compile(r"(\..*\.[0-9a-f]{12}\.part)(\..+)?")
"""Of what is locked, or of a companion: made beside it, under its name with another ending."""


@contextlib.contextmanager
def temporary_file(path: Path) -> Iterator[Path]:
    """Yield a new empty file beside ``path``; where it still is in the end, it is removed."""
    temporary, lock = _locked(path.parent, path.name, _new_file)
    try:
        with _naming(path, temporary):
            yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        os.close(lock)


@contextlib.contextmanager
def temporary_folder(path: Path, within: bool = False, private: bool = False) -> Iterator[Path]:
    """Yield a new folder beside ``path`` (or ``within`` it), removed in the end like a file.

    A ``private`` one is open to this user alone.
    """
    make = functools.partial(os.mkdir, mode=0o700 if private else 0o777)
    temporary, lock = _locked(path if within else path.parent, path.name, make)
    try:
        with _naming(path, temporary):
            yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(lock)


@contextlib.contextmanager
def _naming(path: Path, temporary: Path) -> Iterator[None]:
    """Let errors of a disk that is full name ``path``: the system says them of no file at all."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        name = str(error.filename or path).replace(str(temporary), str(path))
        raise OSError(error.errno, os.strerror(error.errno), name) from error


def companion(path: Path, ending: str) -> Path:
    """Where a second file stands that is needed while ``path``, one of these, is made."""
    return path.with_name(f"{path.name}.{ending}")


def is_temporary(name: str) -> bool:
    """Whether a file or folder of this name is not yet what it will be."""
    return _NAME.fullmatch(name) is not None


def remove_dead(path: Path) -> None:
    """Remove what dead processes left of their work on ``path``."""
    _remove_dead(path.parent, f".{path.name}.")


def remove_dead_in(folder: Path) -> None:
    """Remove what dead processes left of their work on the entries of ``folder``."""
    _remove_dead(folder, ".")


def remove_dead_below(folder: Path) -> None:
    """The same of their work on anything below ``folder``."""
    for inner, folders, _ in os.walk(folder):
        remove_dead_in(Path(inner))
        folders[:] = [name for name in folders if not is_temporary(name)]


def _new_file(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))


def _locked(folder: Path, name: str, make: Callable[[Path], None]) -> tuple[Path, int]:
    """A new file or folder in ``folder`` for what is called ``name``, and what holds its lock."""
    while True:
        temporary = folder / f".{name}.{secrets.token_hex(6)}.part"
        make(temporary)
        # Before it is locked, somebody else may take it for dead.
        try:
            lock = os.open(temporary, os.O_RDONLY)
        except FileNotFoundError:
            continue
        # Where the file system has no locks, nothing is ever taken for dead.
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        if temporary.exists():
            return temporary, lock
        os.close(lock)


def _remove_dead(folder: Path, prefix: str) -> None:
    names: list[str] = []
    with contextlib.suppress(OSError):
        names = [entry.name for entry in folder.iterdir()]
    for name in names:
        found = _NAME.fullmatch(name) if name.startswith(prefix) else None
        with contextlib.suppress(OSError):
            if found and found[1] == name:
                companions = [folder / other for other in names if other.startswith(f"{name}.")]
                _remove_if_dead(folder / name, companions)
            # Its own may have come since the names were listed.
            elif found and not os.path.lexists(folder / found[1]):
                _remove(folder / name)


def _remove_if_dead(path: Path, companions: list[Path]) -> None:
    """Remove it if nobody holds its lock, with its lock held meanwhile."""
    lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for dead in (*companions, path):
                _remove(dead)
    finally:
        os.close(lock)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
