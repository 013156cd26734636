"""Who is told of every epoch while a training goes on; nothing of it decides about the training."""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Final

from asicae.training.history import Epoch

Watcher = Callable[[str, Epoch], None]
"""Takes the name of a weight set and its latest epoch."""
_WATCHERS: Final[ContextVar[tuple[Watcher, ...]]] = ContextVar("watchers", default=())


@contextlib.contextmanager
def watched_by(*watchers: Watcher) -> Iterator[None]:
    """Tell them of every epoch that is trained in the block."""
    token = _WATCHERS.set((*_WATCHERS.get(), *watchers))
    try:
        yield
    finally:
        _WATCHERS.reset(token)


def tell(name: str, epoch: Epoch) -> None:
    """Tell those who watch."""
    for watcher in _WATCHERS.get():
        watcher(name, epoch)
