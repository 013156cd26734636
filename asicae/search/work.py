"""What a trial follows from, and where it lies: all that a worker is told."""

import hashlib
import json
from pathlib import Path
from typing import Final

from asicae.chip.configuration import Configuration
from asicae.foundation.errors import BadInput
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
