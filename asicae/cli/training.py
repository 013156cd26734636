"""``asicae train`` and ``evaluate``."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from asicae.cli.options import Force, OfRun, Out, OutModel, Run, settings_option
from asicae.cli.output import say
from asicae.cli.reading_options import ReadingOptions, with_reading_options
from asicae.cli.table_help import READ


@with_reading_options
def train(
    data: Annotated[Path, typer.Argument(help=f"Readouts: {READ}.")],
    out: Out,
    reading: ReadingOptions,
    network: OfRun = None,
    settings: Annotated[Path | None, settings_option()] = None,
    force: Force = False,
) -> None:
    """Train weight sets on your readouts, into a new run folder."""
    from asicae.foundation.errors import BadInput
    from asicae.foundation.extras import require
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in
    from asicae.runs.settings import RunSettings

    require("train")
    given: dict[str, Any] = {"data": os.path.realpath(data)} | reading.of_run()
    given |= {"network": network} if network else {}
    chosen = RunSettings.load(settings, given)
    if chosen.imported:
        raise BadInput(f"{settings}: has imported, with which nothing is trained; see asicae run")
    with alone_in(out):
        Job.create(out, chosen, force).run(["readouts", "train", "evaluate"])
    say(out / "metrics.json")


def freeze(
    model: Annotated[Path, typer.Argument(help="A QKeras model: .keras, .h5, .hdf5 or .json.")],
    out: OutModel,
    weights: Annotated[
        Path | None, typer.Option(help="Weights (.h5) of a .json; looked for beside it.")
    ] = None,
    force: Force = False,
) -> None:
    """Write a model again, with the scales that auto_po2 finds for its weights, to be imported."""
    from asicae.foundation.extras import require

    require("train")
    from asicae.training.freezing import freeze

    found = freeze(model, out, weights, force)
    for each in found:
        say(each.told())
    say(*([] if found else ["no scale of weights is computed: the same model"]), out)


def evaluate(folder: Run) -> None:
    """Measure held-out distances of a run again, beside the classical algorithms."""
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in

    with alone_in(folder):
        Job.open(folder).run(["evaluate", "compare"], force=True)
