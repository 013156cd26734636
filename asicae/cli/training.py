"""``asicae train`` and ``evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.options import Force, NetworkName, Out, Run, settings_option
from asicae.cli.table_help import READ


def train(
    data: Annotated[Path, typer.Argument(help=f"Readouts: {READ}.")],
    out: Out,
    network: NetworkName = "econ-t",
    settings: Annotated[Path | None, settings_option()] = None,
    force: Force = False,
) -> None:
    """Train weight sets on your readouts, into a new run folder."""
    from asicae.foundation.extras import require
    from asicae.runs.job import Job
    from asicae.runs.settings import RunSettings

    require("train")
    chosen = RunSettings.load(settings).model_copy(
        update={"data": str(data.resolve()), "network": network}
    )
    Job.create(out, chosen, force).run(["readouts", "train", "evaluate"])
    typer.echo(str(out / "metrics.json"))


def evaluate(folder: Run) -> None:
    """Measure held-out distances of a run again, beside the classical algorithms."""
    from asicae.runs.job import Job

    Job.open(folder).run(["evaluate", "compare"], force=True)
