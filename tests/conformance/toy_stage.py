"""A small stage, as somebody may add one: one file, and a row in a list of stages."""

from asicae.foundation.files import write_json
from asicae.runs.readouts import load_part, part_file
from asicae.runs.stage import Metrics, RunView, Stage


def count_charges(run: RunView) -> Metrics:
    """Share of cells with a charge, in the first test events."""
    calq = load_part(run.path, "test").calq[: run.settings.estimate_events]
    share = float((calq > 0).mean())
    write_json(run.path / "toy" / "share.json", {"share": share})
    return {"toy.share_of_cells": share}


STAGE = Stage(
    name="toy",
    title="counting cells with a charge",
    action=count_charges,
    settings=lambda s: {"events": s.estimate_events},
    inputs=(part_file("test"),),
    outputs=("toy/*.json",),
)
