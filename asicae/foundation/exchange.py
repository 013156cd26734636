"""A folder takes the place of another in one step, whenever the machine stops."""

import ctypes
import errno
import os
from pathlib import Path

from asicae.foundation.temporaries import is_temporary, temporary_folder

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_HERE = {errno.ENOSYS, errno.EINVAL, errno.EBUSY, errno.EXDEV, errno.ENOTSUP}
"""An old kernel, a file system that has no exchange, a mount."""
READY = ".ready"
"""Inside a folder: its next content, complete. From then on it counts, whatever happens."""
_NEW, _OLD, _MOVED = "new", "old", "moved"


def sync(path: Path) -> None:
    """Make sure that a file, or the names in a folder, outlast a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """The same for everything in ``folder``."""
    for inner, _, files in os.walk(folder):
        for name in files:
            sync(Path(inner) / name)
        sync(Path(inner))


def put(new: Path, path: Path) -> None:
    """Make ``new``, a temporary file or folder, become ``path``; what was there is then ``new``.

    A process that is killed leaves the one or the other whole; where the system cannot exchange
    folders, ``finish`` has to be called first.

    Raises:
        IsADirectoryError: ``new`` is a file, ``path`` a folder.
    """
    from_folder, to_folder = new.is_dir(), path.is_dir() and not path.is_symlink()
    (sync_tree if from_folder else sync)(new)
    if not os.path.lexists(path) or not (from_folder or to_folder):
        new.replace(path)
    elif not from_folder:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    elif to_folder:
        if stands_in(path) or not _exchanged(new, path):
            _become(new, path)
    elif not _exchanged(new, path):
        path.unlink()
        new.rename(path)


def stands_in(path: Path) -> bool:
    """Whether a folder has to stay the one it is: a mount, or where this process stands."""
    return path.is_mount() or Path.cwd().is_relative_to(os.path.realpath(path))


def finish(path: Path) -> None:
    """Bring the change of a folder to its end that a killed process had decided upon."""
    ready = path / READY
    if not ready.is_dir():
        return
    moved, old, new = ready / _MOVED, ready / _OLD, ready / _NEW
    if not moved.is_dir():
        _move_all(path, old)
        moved.mkdir()
    if new.is_dir():
        _move_all(new, path)
    with temporary_folder(path, within=True) as bin_:
        # In one step: half of it would be taken for a change to come.
        ready.rename(bin_ / _OLD)


def _become(new: Path, path: Path) -> None:
    """Move the entries of ``new`` into ``path``, by way of a journal that ``finish`` reads."""
    work = new / READY
    work.mkdir()
    (work / _NEW).mkdir()
    (work / _OLD).mkdir()
    for entry in list(new.iterdir()):
        if entry != work:
            entry.rename(work / _NEW / entry.name)
    sync_tree(work)
    work.rename(path / READY)
    finish(path)


def _move_all(source: Path, target: Path) -> None:
    for entry in list(source.iterdir()):
        if entry.name != READY and not is_temporary(entry.name):
            entry.rename(target / entry.name)


def _exchanged(first: Path, second: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot.

    Raises:
        OSError: it can, and does not.
    """
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    done = call(
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(first),
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(second),
        ctypes.c_uint(_RENAME_EXCHANGE),
    )
    code = ctypes.get_errno()
    if done == 0:
        return True
    if code in _NOT_HERE:
        return False
    raise OSError(code, os.strerror(code), str(second))
