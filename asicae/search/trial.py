"""One trial: a chip of the fast model, then a training with its distances, kept in a folder."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from asicae.chip.configuration import Configuration
from asicae.foundation.errors import BadInput, CheckFailed, MissingTool
from asicae.foundation.json_record import JsonRecord
from asicae.foundation.json_text import parse_json
from asicae.foundation.validation import validated
from asicae.network.description import Network
from asicae.search.record import Outcome
from asicae.training.settings import TrainSettings

TRIALS: Final = "trials"
OUTCOME: Final = "outcome.json"
CHECKPOINTS: Final = "checkpoints"
"""In the folder of a trial while it trains."""
LOCK: Final = "lock"
"""A file: a folder cannot be locked everywhere."""


class TrialWork(JsonRecord):
    """All that a trial follows from, and where it lies.

    Attributes:
        folder: of the search, as the workers see it.
        run: of the base, likewise.
        network: of the encoder.
        configuration: of its chip.
        train: how it is trained.
        links: for so many.
        seed: of weights and events of the fast model.
        inputs: SHA-256 of what it reads, versions of what computes.
    """

    folder: str
    run: str
    network: Network
    configuration: Configuration
    train: TrainSettings
    links: int
    seed: int
    inputs: dict[str, str]

    @property
    def key(self) -> str:
        """SHA-256 of all but the places."""
        content = self.model_dump(mode="json", exclude={"folder", "run"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def place(self) -> Path:
        """Its folder."""
        return Path(self.folder) / TRIALS / self.key[:16]

    def stored(self) -> Outcome | None:
        """The outcome, where it is there and whole."""
        path = self.place / OUTCOME
        if not path.is_file():
            return None
        try:
            return Outcome.load(path)
        except BadInput:
            return None

    def text(self) -> str:
        """All of it as JSON, for a worker."""
        return json.dumps(self.model_dump(mode="json"))

    @classmethod
    def of(cls, text: str) -> "TrialWork":
        """What ``text`` said."""
        return validated(cls, parse_json(text, "trial"), "trial")


def done(text: str, measure: Callable[[TrialWork], Outcome] | None = None) -> str:
    """Do a trial, or go on with it, and give its outcome as JSON; this is what workers call.

    A worker that was thought dead may still be at it: the later one waits, and finds the outcome.

    Args:
        text: a ``TrialWork``.
        measure: what is done; ``measuring.measured`` unless given.

    Raises:
        MissingTool: a package that is not where the worker is.
    """
    if measure is None:
        from asicae.search.measuring import measured

        measure = measured
    work = TrialWork.of(text)
    with _alone_at(work.place):
        outcome = work.stored()
        if outcome is None:
            outcome = _outcome(work, measure)
            outcome.save(work.place / OUTCOME)
            shutil.rmtree(work.place / CHECKPOINTS, ignore_errors=True)
    return json.dumps(outcome.model_dump(mode="json"))


def _outcome(work: TrialWork, measure: Callable[[TrialWork], Outcome]) -> Outcome:
    try:
        return measure(work)
    except MissingTool:
        raise
    except (BadInput, CheckFailed) as error:
        # Of these choices; the same again would end the same way.
        return Outcome(reason=str(error))


def outcome_of(text: str) -> Outcome:
    """What ``done`` gave."""
    content: Mapping[str, Any] = parse_json(text, "outcome")
    return validated(Outcome, content, "outcome")


@contextlib.contextmanager
def _alone_at(place: Path) -> Iterator[None]:
    """Wait until nobody else does this trial; the kernel ends the lock with its process."""
    place.mkdir(parents=True, exist_ok=True)
    lock = os.open(place / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
