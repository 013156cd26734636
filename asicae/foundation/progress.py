"""Progress: a bar on a terminal, plain lines elsewhere."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

from asicae.foundation.printable import printable

Item = TypeVar("Item")
PLAIN_INTERVAL_S = 10.0


def step(message: str) -> None:
    """Say in one line, on standard error, what happens now."""
    sys.stderr.write(f"{printable(message)}\n")  # in one piece, whatever threads write beside it
    sys.stderr.flush()


@contextlib.contextmanager
def beating(message: str, interval_s: float = PLAIN_INTERVAL_S) -> Iterator[None]:
    """Say every so often, while the block lasts, that it does and since when."""
    over, began = threading.Event(), time.monotonic()

    def beat() -> None:
        while not over.wait(interval_s):
            step(f"{message}: {time.monotonic() - began:.0f} s so far")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def track(items: Iterable[Item], description: str, total: int | None = None) -> Iterator[Item]:
    """Yield ``items`` and show how far they are: a bar on a terminal, else a line every 10 s."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import track as rich_track

        yield from rich_track(items, description, total=total, console=Console(stderr=True))
        return
    last = time.monotonic()
    for count, item in enumerate(items, start=1):
        yield item
        if time.monotonic() - last >= PLAIN_INTERVAL_S:
            last = time.monotonic()
            step(f"{description}: {count}" + (f" of {total}" if total else ""))
