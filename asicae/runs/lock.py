"""One process at a time works in a run folder."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.foundation.exchange import finish
from asicae.foundation.temporaries import remove_dead, remove_dead_below
from asicae.foundation.validation import one_line

_BUSY = {errno.EWOULDBLOCK, errno.EACCES}


@contextlib.contextmanager
def alone_in(run: Path) -> Iterator[None]:
    """Keep a run folder, there or to be made, to this process; first end what dead ones began.

    The lock is a hidden file beside the folder, which is replaced as a whole. It is the kernel's:
    it ends with the process that holds it, however that ends.

    Raises:
        BadInput: another process is at work there.
    """
    place = run.resolve()
    missing = [folder for folder in place.parents if not folder.exists()]
    lock = _locked(place.parent / f".{place.name}.lock", run)
    try:
        if place.is_dir():
            remove_dead(place)
            finish(place)
            remove_dead_below(place)
        yield
    finally:
        if lock is not None:
            # Removed while it is held: who waits for it looks whether it is still there.
            (place.parent / f".{place.name}.lock").unlink(missing_ok=True)
            os.close(lock)
        for folder in missing:
            with contextlib.suppress(OSError):  # there is something in it by now
                folder.rmdir()


def _locked(path: Path, run: Path) -> int | None:
    """What holds the lock; None where there can be none, and so no other writer either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = one_line(os.read(lock, 200).decode(errors="replace").strip(), 100)
            os.close(lock)
            if error.errno in _BUSY:
                raise BadInput(f"{run}: {holder or 'another process'} is at work in it") from None
            return None
        if _is(lock, path):
            os.ftruncate(lock, 0)
            os.write(lock, f"process {os.getpid()} on {os.uname().nodename}\n".encode())
            return lock
        os.close(lock)


def _is(lock: int, path: Path) -> bool:
    """Whether a file is still there by its name."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False
