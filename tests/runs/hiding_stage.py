"""A stage that uses what a reader of texts cannot find: names that are put together."""

import importlib
from pathlib import Path

from asicae.runs.stage import Metrics, RunView, Stage


def hidden_uses(run: RunView) -> Metrics:
    """Calls a function of a module, opens an asset, and reads a setting that decides nothing."""
    module = importlib.import_module(".".join(("asicae", "foundation", "threads")))
    package = Path(importlib.import_module("asicae").__path__[0])
    (package.parent / "rtl" / "mac.v").read_bytes()
    return {"toy.threads": module.worker_count(1), "toy.events": run.settings.engine_events}


STAGE = Stage(name="toy", title="hiding what it uses", action=hidden_uses, outputs=())
