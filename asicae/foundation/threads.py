"""How many threads work at the same time, for everything that takes ``threads``."""

import os

from asicae.foundation.errors import BadInput


def worker_count(threads: int | None = None) -> int:
    """``threads``, by default one for each core that this process may use.

    Raises:
        BadInput: fewer than one.
    """
    count = len(os.sched_getaffinity(0)) if threads is None else threads
    if count < 1:
        raise BadInput(f"threads: found {count}, allowed are 1 and more")
    return count
