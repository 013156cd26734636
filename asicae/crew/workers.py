"""Who does the pieces of some work: workers of Dask, here or where a scheduler says.

A worker that dies takes nothing along but its process: the scheduler gives its piece to another
one, which goes on from what is stored. Here each worker is a process with one piece at a time, is
replaced when it dies, and ends with the process that started it. Elsewhere workers need the same
folders under the same names, and the same packages; a scheduler of Dask runs what it is sent, so
that only one that is trusted may be named.
"""

import contextlib
import gc
import hashlib
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from asicae.foundation.errors import AsicaeError, BadInput, CheckFailed
from asicae.foundation.threads import worker_count
from asicae.foundation.validation import one_line, short

MOST_DEATHS: Final = 10
"""Of workers at one piece, after which it is given up; Dask's own is 3."""
CONNECT_S: Final = 10
"""For a scheduler to answer."""
WORKERS_S: Final = 120
"""For the first worker to be there, and for another one where none is left."""
ONE_THREAD: Final = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
"""A process a core; and so the bytes of a training follow from no number of workers or cores."""
PROFILE: Final = "distributed.worker.profile.enabled"
"""Dask looks at the frames of all threads a hundred times a second. In Python 3.11 that may stop a
process for ever (github.com/python/cpython/issues/106883)."""
SOUND: Final = (3, 12)
"""Versions of Python in which it does not."""


class Crew(Protocol):
    """Takes pieces of work, and tells of those that have ended."""

    def begin(self, key: str, text: str) -> None:
        """Let somebody do a piece; ``text`` is all that is told of it.

        Raises:
            CheckFailed: nobody takes it.
        """

    def ended(self) -> tuple[str, str]:
        """Wait for one that was begun: its key, and what came of it.

        Raises:
            CheckFailed: none ends any more.
        """


class DaskCrew:
    """Workers behind a client of Dask.

    Attributes:
        of: what all of the work is of, as messages call it.
        work: what is done of a text; workers import it by its name.
    """

    def __init__(self, client: Any, of: str, work: Callable[[str], str]) -> None:
        self.of, self.work, self._client = of, work, client
        self._keys: dict[str, str] = {}
        self._futures: dict[str, Any] = {}

    def begin(self, key: str, text: str) -> None:
        """See ``Crew``."""
        # Dask takes two of a name for one: a piece goes on that a client had begun that was killed,
        # but not one of other work, which has its files elsewhere.
        name = f"asicae-{self.of}-{hashlib.sha256(text.encode()).hexdigest()}"
        self._keys[name] = key
        with self._in_one_line():
            self._futures[name] = self._client.submit(self.work, text, key=name, pure=False)

    def ended(self) -> tuple[str, str]:
        """See ``Crew``."""
        with self._in_one_line():
            name, text = self._first()
        del self._futures[name]
        return self._keys.pop(name), text

    def _first(self) -> tuple[str, str]:
        """Name and result of a piece that has ended; waits while there are workers."""
        from distributed import wait

        while True:
            futures = list(self._futures.values())
            try:
                ended = wait(futures, timeout=WORKERS_S, return_when="FIRST_COMPLETED").done
                future = next(iter(ended))
                # Lost with its worker it is made again: what it is of lies in a folder.
                return str(future.key), str(future.result(timeout=WORKERS_S))
            except TimeoutError:
                if any(future.status == "error" for future in futures):
                    raise
                if not self._client.nthreads():
                    raise CheckFailed(
                        f"{self.of}: no worker is left; the same call goes on from here"
                    ) from None

    @contextlib.contextmanager
    def _in_one_line(self) -> Iterator[None]:
        """Whatever Dask raises: a worker that died too often, a scheduler that is gone, a fault.

        Raises:
            CheckFailed: in place of it.
        """
        try:
            yield
        except AsicaeError:
            raise
        except Exception as error:
            told = one_line(f"{type(error).__name__}: {' '.join(str(error).split())}", 200)
            raise CheckFailed(f"{self.of}: {told}; the same call goes on from here") from error


def require_one_way(scheduler: str | None, workers: int | None) -> None:
    """Refuse what no crew can be of, before anything is done.

    Raises:
        BadInput: a scheduler and a number of workers of this machine, or less than one of these.
    """
    if scheduler is not None and workers is not None:
        raise BadInput("--workers is given beside --scheduler, allowed is one of them")
    worker_count(workers)


@contextlib.contextmanager
def dask_crew(
    of: str,
    work: Callable[[str], str],
    scheduler: str | None = None,
    workers: int | None = None,
) -> Iterator[DaskCrew]:
    """The workers of a scheduler, or else so many processes of this machine, by default one a core.

    Raises:
        BadInput: less than one worker, a scheduler that cannot be reached, has no worker, or one
            with Dask's profile in a Python that does not bear it.
    """
    import dask
    import distributed  # noqa: F401 - its defaults, before one of them differs for a while

    settings = {"distributed.scheduler.allowed-failures": MOST_DEATHS, PROFILE: False}
    with dask.config.set(settings), contextlib.ExitStack() as stack:
        if scheduler is None:
            client = _of_this_machine(worker_count(workers), stack)
        else:
            client = _of_scheduler(scheduler, stack)
        yield DaskCrew(client, of, work)


def _of_this_machine(count: int, stack: contextlib.ExitStack) -> Any:
    from distributed import Client, LocalCluster

    cluster = stack.enter_context(
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,  # a training has what is global to itself
            memory_limit=0,  # the system's own
            dashboard_address="127.0.0.1:0",
            env=ONE_THREAD,
            silence_logs=logging.CRITICAL,
        )
    )
    return stack.enter_context(Client(cluster))


def _of_scheduler(address: str, stack: contextlib.ExitStack) -> Any:
    from distributed import Client

    for name in ("distributed", "distributed.client"):  # each has a level of its own
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = stack.enter_context(Client(address, timeout=CONNECT_S))
    except (OSError, ValueError, TypeError) as error:
        client, told = None, one_line(str(error) or type(error).__name__, 120)
    if client is None:
        # What is left of a client that failed closes itself when it is collected. Should that be
        # while another one starts its thread, each waits for the other for ever.
        gc.collect()
        raise BadInput(
            f"--scheduler: found {short(address)}, which cannot be reached ({told}); allowed is "
            "the address of a Dask scheduler, as in tcp://HOST:8786"
        )
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except TimeoutError:
        raise BadInput(
            f"--scheduler: {short(address)} has no worker after {WORKERS_S} s, allowed are 1 and "
            "more"
        ) from None
    if any(client.run(_may_stop_for_ever).values()):
        name = f"DASK_{PROFILE.replace('.', '__').upper()}"
        raise BadInput(
            f"--scheduler: {short(address)} has a worker with Dask's profile, which may stop it "
            f"for ever in Python 3.11; allowed are workers that were started with {name}=False"
        )
    return client


def _may_stop_for_ever(dask_worker: Any) -> bool:
    """Asked in each worker, which Dask gives by this name."""
    return sys.version_info < SOUND and "profile" in dask_worker.periodic_callbacks
