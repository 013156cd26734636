"""Pieces of a library made in this process, in an order that nobody asked for."""

import contextlib
from collections.abc import Iterator

from asicae.library.pieces import done
from tests.library.stand_in_base import Tuner


class InlineCrew:
    """Makes the latest of what was begun first; the call is cut short after ``limit`` pieces."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.tuned: list[str] = []
        self.pieces = 0
        self._begun: list[tuple[str, str]] = []

    def begin(self, key: str, text: str) -> None:
        self._begun.append((key, text))

    def ended(self) -> tuple[str, str]:
        if self.pieces == self.limit:
            raise KeyboardInterrupt
        key, text = self._begun.pop()
        tuner = Tuner()
        outcome = done(text, tuner)
        self.pieces += 1
        self.tuned += [name for name, _ in tuner.tuned]
        return key, outcome

    @contextlib.contextmanager
    def entered(self) -> Iterator["InlineCrew"]:
        yield self
