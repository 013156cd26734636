"""What a call costs, in units that are the same on every machine: lines of Python, and memory."""

import contextlib
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass
class Work:
    """Filled when the block ends."""

    lines: int = 0
    """Lines of Python that were executed, in this thread."""
    peak_bytes: int = 0
    """Most memory that was held at a time above what was held before."""


@contextlib.contextmanager
def counted() -> Iterator[Work]:
    """Count the work of a block, exceptions included."""
    work, before = Work(), sys.gettrace()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        work.lines += event == "line"
        return trace

    tracemalloc.start()
    sys.settrace(trace)
    try:
        yield work
    finally:
        sys.settrace(before)
        work.peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
