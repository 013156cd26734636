"""``asicae train`` and ``evaluate``."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from asicae.cli.options import Force, OfRun, Out, OutModel, Run, settings_option
from asicae.cli.output import say
from asicae.cli.reading_options import ReadingOptions, with_reading_options
from asicae.cli.table_help import READ


@with_reading_options
def train(
    out: Out,
    reading: ReadingOptions,
    data: Annotated[Path | None, typer.Argument(help=f"Readouts: {READ}.")] = None,
    network: OfRun = None,
    model: Annotated[
        str | None,
        typer.Option(help="Function of yours that builds the encoder, as in mymodule:build."),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(help="sinkhorn, telescope, or a function of yours, as in mymodule:loss."),
    ] = None,
    settings: Annotated[Path | None, settings_option()] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with a run that is there, under its settings; DATA may be left."
        ),
    ] = False,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder for live curves of each set, for TensorBoard.")
    ] = None,
    force: Force = False,
) -> None:
    """Train weight sets on your readouts, into a new run folder."""
    from asicae.foundation.errors import BadInput
    from asicae.foundation.extras import require
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in
    from asicae.runs.settings import RunSettings

    require("train")
    if resume and force:
        raise BadInput("--resume is given beside --force, allowed is one of them")
    if data is None and not resume:
        raise BadInput("DATA is missing, allowed is that only with --resume")
    given: dict[str, Any] = reading.of_run()
    given |= {"data": os.path.realpath(data)} if data else {}
    given |= {"network": network} if network else {}
    own = {"model": model, "loss": loss}
    given["train"] = {name: value for name, value in own.items() if value is not None}
    with alone_in(out):
        if resume:
            job = Job.resume(out, given, settings)
        else:
            chosen = RunSettings.load(settings, given)
            if chosen.imported:
                found = f"{settings}: has imported, with which nothing is trained"
                raise BadInput(f"{found}; see asicae run")
            job = Job.create(out, chosen, force)
        with _curves(tensorboard):
            job.run(["readouts", "train", "evaluate"])
    say(out / "metrics.json")


@contextlib.contextmanager
def _curves(folder: Path | None) -> Iterator[None]:
    """Event files of TensorBoard in a folder, if there is one, of what is trained in the block."""
    if folder is None:
        yield
        return
    from asicae.training.tensorboard import event_files
    from asicae.training.watching import watched_by

    with event_files(folder) as write, watched_by(write):
        yield


def freeze(
    model: Annotated[Path, typer.Argument(help="A QKeras model: .keras, .h5, .hdf5 or .json.")],
    out: OutModel,
    weights: Annotated[
        Path | None, typer.Option(help="Weights of a .json (.h5, .index); looked for beside it.")
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
