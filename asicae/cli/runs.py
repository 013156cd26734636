"""``asicae run``, ``import``, ``report`` and ``check``."""

from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.chip_options import ChipOptions, with_chip_options
from asicae.cli.options import Force, Out, Run, settings_option
from asicae.cli.output import say
from asicae.cli.reading_options import ReadingOptions, with_reading_options
from asicae.foundation.errors import BadInput, CheckFailed


@with_reading_options
@with_chip_options
def run(
    folder: Annotated[Path, typer.Argument(help="The run folder to make or to go on with.")],
    reading: ReadingOptions,
    chip: ChipOptions,
    settings: Annotated[Path | None, settings_option("TOML or JSON; see docs/run.md.")] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="A small network at two numbers of links, to see it all go."),
    ] = False,
    ahead: Annotated[
        bool,
        typer.Option(
            "--ahead",
            help="While it trains, compile and synthesise what no weight changes, on another core.",
        ),
    ] = False,
    force: Force = False,
) -> None:
    """The whole path: readouts, training, RTL, verification, estimation, report."""
    from asicae.foundation.extras import require
    from asicae.runs.ahead import nothing_ahead, working_ahead
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in
    from asicae.runs.quick import QUICK
    from asicae.runs.record import PROVENANCE
    from asicae.runs.settings import RunSettings

    require("train", "sim", "asic")
    if quick and settings is not None:
        raise BadInput("--quick is given beside --settings, allowed is one of them")
    given = reading.of_run() | {"chip": chip.settings()} | (dict(QUICK) if quick else {})
    with alone_in(folder):
        if not (settings or force or any(given.values())) and (folder / PROVENANCE).is_file():
            job = Job.open(folder)
            job.mend()
        else:
            job = Job.create(folder, RunSettings.load(settings, given), force)
        with working_ahead(job) if ahead else nothing_ahead() as before:
            job.run(before=before)
    say(folder / "metrics.json", folder / "report.html")


@with_chip_options
def import_model(
    model: Annotated[
        Path,
        typer.Argument(help="A model of QKeras or HGQ2: .keras, .h5, .hdf5, .json or frozen .pb."),
    ],
    out: Out,
    chip: ChipOptions,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Weights of a .json: .h5, or the .index or prefix of a checkpoint of TensorFlow; "
            "looked for beside it."
        ),
    ] = None,
    encoder: Annotated[str | None, typer.Option(help="The nested model to take.")] = None,
    latent: Annotated[str | None, typer.Option(help="The layer to end at.")] = None,
    input_type: Annotated[
        str | None,
        typer.Option("--input", help="Type of the codes, where the model has no input quantiser."),
    ] = None,
    arrangement: Annotated[
        str | None,
        typer.Option(help="Which cell each value of the input is, where its shape does not say."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the network.")] = None,
    force: Force = False,
) -> None:
    """Take an encoder that was trained elsewhere, exactly, into a new run folder."""
    from asicae.foundation.progress import step
    from asicae.runs.imported import import_settings
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in
    from asicae.runs.stages.importing import notes

    choice = {
        "encoder": encoder,
        "latent": latent,
        "input": input_type,
        "arrangement": arrangement,
        "name": name,
    }
    settings = import_settings(model, weights, choice, chip.configuration())
    with alone_in(out):
        job = Job.create(out, settings, force)
    for note in notes(job.path):
        step(f"note: {note}")
    say(out / "network.json")


def report(folder: Run) -> None:
    """Draw report.html of a run."""
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in

    with alone_in(folder):
        Job.open(folder).run(["report"], force=True)


def settings() -> None:
    """Print all settings of a run with their defaults, a commented file for --settings."""
    from asicae.runs.settings_text import commented

    say(*commented().splitlines())


def check(folder: Run) -> None:
    """Say what in a run folder is not what its stages left; exit code 1 when anything is not."""
    from asicae.runs.folder import RunFolder
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in
    from asicae.runs.record import PROVENANCE

    with alone_in(folder):
        if not (folder / PROVENANCE).is_file():
            RunFolder.open(folder)
        try:
            lines = [damage.line(folder) for damage in Job.open(folder).seal.check()]
        except BadInput as error:
            lines = [str(error)]
    for line in lines:
        say(line)
    if lines:
        raise typer.Exit(CheckFailed.exit_code)
    say(f"{folder}: as its stages left it")
