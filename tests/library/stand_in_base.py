"""A base that was not trained, and what tunes sets of it without TensorFlow."""

import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asicae.foundation.files import write_text
from asicae.library.base import Base
from asicae.library.record import Gain
from asicae.library.tuning import SetPlace, Tuning
from asicae.network.weights import Weights
from asicae.runs import kinds
from asicae.runs.encoders import load_network, weights_file
from asicae.runs.job import Job
from asicae.runs.kinds import TRAINED
from asicae.runs.settings import RunSettings
from asicae.runs.stage import Metrics, RunView
from asicae.source.settings import SourceSettings
from asicae.training.history import history_of

EVENTS, BATCH = 700, 64
SETTINGS = RunSettings.model_validate(
    {
        "network": "small",
        "links": [2, 5],
        "source": SourceSettings(events=EVENTS, seed=5),
        "validation_events": 100,
        "test_events": 200,
        "dead_cells": 0,
        "train": {"batch": BATCH, "epochs": 1, "hidden": [8]},
    }
)


def _train(run: RunView) -> Metrics:
    """Weights that are drawn, and words in place of models."""
    for name in TRAINED.stages[1].makes(run):
        if name.startswith("weights/"):
            network = load_network(run.path)
            Weights.random(network, zlib.crc32(name.encode())).save(run.path / name)
        else:
            write_text(run.path / name, f"{name}\n")
    return {}


def base_run(path: Path, patch: pytest.MonkeyPatch, settings: RunSettings = SETTINGS) -> Path:
    """A run with real events and such sets."""
    stages = [
        replace(stage, action=_train) if stage.name == "train" else stage
        for stage in TRAINED.stages
    ]
    patch.setattr(kinds, "TRAINED", replace(TRAINED, stages=tuple(stages)))
    Job.create(path, settings).run(["readouts", "train"])
    return path


class StandIn(Tuning):
    """Sets that follow from what they are tuned on; ``fail_at`` of them is cut short."""

    def __init__(self, base: Base, fail_at: int | None = None) -> None:
        super().__init__(base)
        self.fail_at = fail_at
        self.tuned: list[tuple[str, int]] = []

    def _tune(self, links: int, training: Any, validation: Any, *rest: Any) -> None:
        cells, place, _ = rest
        if len(self.tuned) == self.fail_at:
            raise KeyboardInterrupt
        self.tuned.append((place.name, len(training)))
        seed = zlib.crc32(training.calq.tobytes() + repr((links, cells)).encode())
        Weights.random(self.base.network, seed).save(place.folder / weights_file(place.name))
        models = [f"model/{place.name}_{part}.keras" for part in ("encoder", "decoder")]
        for name in (*models, history_of(place.name)):
            write_text(place.folder / name, f"{seed}\n")

    def gain(self, links: int, events: Any, adapted: SetPlace, control: SetPlace) -> Gain:
        return Gain(events=len(events.test), base=1, control=0.75, adapted=0.5, error=0.125)


class Tuner:
    """Hands the tuners out, and keeps them."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.fail_at = fail_at
        self.tuned: list[tuple[str, int]] = []

    def __call__(self, base: Base) -> Tuning:
        made = StandIn(base, self.fail_at)
        self.tuned = made.tuned
        return made
