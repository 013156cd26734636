"""A folder that one process works in at a time, whoever else would."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LOCK: Final = "lock"
"""A file: a folder cannot be locked everywhere."""


@contextlib.contextmanager
def alone_at(place: Path) -> Iterator[None]:
    """Wait until nobody else is at it; the kernel ends the lock with its process."""
    place.mkdir(parents=True, exist_ok=True)
    lock = os.open(place / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
