"""Settings of a short run of the whole path: to see it go, not to learn anything of it."""

from collections.abc import Mapping
from typing import Any, Final

QUICK: Final[Mapping[str, Any]] = {
    "network": "small",
    "links": [2, 5],
    "source": {"events": 3_000, "seed": 11},
    "validation_events": 300,
    "test_events": 500,
    "dead_cells": 0,
    "verify_events": 200,
    "engine_events": 3_000,
    "estimate_events": 100,
    "timed_events": 20,
    "train": {"epochs": 6, "next_epochs": 3, "hidden": [64]},
    "compare": {"choice_events": 100, "spreading_epochs": 0, "classes": []},
}
"""What a run has by ``--quick``, over the defaults."""
