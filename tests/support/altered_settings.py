"""Runs with one other setting: which of them makes a stage another one."""

from typing import Any

from asicae.chip.configuration import Configuration
from asicae.comparison.settings import CompareSettings
from asicae.readout.reading_settings import ReadingSettings
from asicae.runs.settings import ImportSettings, RunSettings
from asicae.runs.stage import Stage
from asicae.source.simulate import SourceSettings
from asicae.training.settings import HybridSettings, TrainSettings

ALTERED: dict[str, Any] = {
    "network": "large",
    "source": SourceSettings(events=123, seed=99),
    "data": "other.csv",
    "train": TrainSettings(epochs=99),
    "compare": CompareSettings(choice_events=999),
    "links": (4,),
    "hybrid": HybridSettings(links=(1,), epochs=9),
    "validation_events": 999,
    "test_events": 999,
    "dead_cells": 9,
    "dead_cells_links": 4,
    "dead_cells_seed": 9,
    "verify_events": 999,
    "engine_events": 999,
    "estimate_events": 999,
    "timed_events": 99,
    "wire_um_per_pin": 9.0,
    "estimate_seed": 9,
    "liberty": ("other.lib",),
    "chip": Configuration(pipeline="other"),
    "reading": ReadingSettings(layers="9"),
    "split_seed": 9,
    "allow_worse_than_mean": True,
    "imported": ImportSettings(model="other.h5"),
}
"""Another value of each setting."""


def decides(stage: Stage, name: str, settings: RunSettings) -> bool:
    """Whether another value of a setting makes another key."""
    other = settings.model_copy(update={name: ALTERED[name]})
    keys = [(dict(stage.settings(s)), stage.reads(s)) for s in (settings, other)]
    return keys[0] != keys[1]
