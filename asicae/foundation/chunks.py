"""Many events in chunks that fit the cache, on all cores.

The matrix products of one chunk are too small to share between cores, and a BLAS library that
tries spins while it waits; so BLAS keeps to one thread and the chunks are shared instead.
"""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import ThreadpoolController

from asicae.foundation.threads import worker_count

CHUNK_EVENTS = 2048
"""Unless more are asked for."""


@functools.cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # looks through all loaded libraries, so once is enough


def for_each_chunk(
    events: int,
    function: Callable[[slice], None],
    threads: int | None = None,
    size: int = CHUNK_EVENTS,
) -> None:
    """Call ``function`` with slices that cover ``range(events)``, in any order and in parallel.

    ``threads`` defaults to the cores this process may use, ``size`` is that of a slice. An
    exception of any call is raised.

    Raises:
        BadInput: fewer than one thread.
    """
    workers = worker_count(threads)
    slices = [slice(start, start + size) for start in range(0, events, size)]
    if len(slices) <= 1:
        for chunk in slices:
            function(chunk)
        return
    with _controller().limit(limits=1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(function, slices):
            pass
