"""One process at a time works in a run folder."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.foundation.exchange import finish
from asicae.foundation.temporaries import remove_dead, remove_dead_below
from asicae.foundation.validation import one_line

_BUSY = {errno.EWOULDBLOCK, errno.EACCES}
_ANOTHER = "another process"


@contextlib.contextmanager
def alone_in(run: Path) -> Iterator[None]:
    """Keep a run folder, there or to be made, to this process; first end what dead ones began.

    The lock is a hidden file beside the folder, which is replaced as a whole; where there can be
    none, the folder itself, which cannot be replaced there. It is the kernel's: it ends with the
    process that holds it, however that ends.

    Raises:
        BadInput: another process is at work there.
    """
    place = run.resolve()
    missing = [folder for folder in place.parents if not folder.exists()]
    file = place.parent / f".{place.name}.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    locked, lock = _locked((file, place), run)
    try:
        if place.is_dir():
            remove_dead(place)
            finish(place)
            remove_dead_below(place)
        yield
    finally:
        if locked == file:
            # Removed while it is held: who waits for it looks whether it is still there.
            with contextlib.suppress(OSError):  # another user's
                file.unlink()
        if lock is not None:
            os.close(lock)
        for folder in missing:
            with contextlib.suppress(OSError):  # there is something in it by now
                folder.rmdir()


def _locked(places: Sequence[Path], run: Path) -> tuple[Path | None, int | None]:
    """The first that can be locked, and what holds the lock; none on a system without locks."""
    for path in places:
        while (lock := _opened(path)) is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                holder = _holder(lock)
                os.close(lock)
                if error.errno in _BUSY:
                    raise BadInput(f"{run}: {holder} is at work in it") from None
                break
            if _is(lock, path):
                _name(lock)
                return path, lock
            os.close(lock)
    return None, None


def _opened(path: Path) -> int | None:
    """A lock file, made where there is none, another user's too, or a folder; None if it cannot."""
    for flags in (os.O_RDWR | os.O_CREAT, os.O_RDONLY):
        with contextlib.suppress(OSError):
            return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
    return None


def _holder(lock: int) -> str:
    with contextlib.suppress(OSError):  # a folder
        return one_line(os.read(lock, 200).decode(errors="replace").strip(), 100) or _ANOTHER
    return _ANOTHER


def _name(lock: int) -> None:
    """Say who holds it, where that can be written: the lock holds all the same."""
    with contextlib.suppress(OSError):
        os.ftruncate(lock, 0)
        os.write(lock, f"process {os.getpid()} on {os.uname().nodename}\n".encode())


def _is(lock: int, path: Path) -> bool:
    """Whether a file is still there by its name."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False
