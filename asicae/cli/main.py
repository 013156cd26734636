"""The command line: parse, call one function, print."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from asicae import __version__
from asicae.cli.data import data_app
from asicae.cli.frames import decode, encode
from asicae.foundation.errors import AsicaeError, BadInput, CheckFailed

app = typer.Typer(
    help="From sensor readouts to a verified, reloadable front-end ASIC autoencoder.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
weights_app = typer.Typer(help="Weight images: pack, unpack, diff.", no_args_is_help=True)
app.add_typer(data_app, name="data")
app.add_typer(weights_app, name="weights")
app.command()(encode)
app.command()(decode)

Out = Annotated[Path, typer.Option("--out", "-o", help="Where the result goes.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what exists.")]
Mutation = Literal["weight", "expected"]
ComparedEngine = Literal["verilated", "emulator", "ac", "ap", "qonnx"]
COMPARED_EVENTS = 1_000_000
Run = Annotated[Path, typer.Argument(help="A run folder, made by `asicae run`.")]
NetworkName = Annotated[
    str, typer.Option("--network", "-n", help="A preset, or a network.json of your own.")
]


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    del debug  # read by main() before parsing, so that it also covers parsing itself
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def run(
    folder: Annotated[Path, typer.Argument(help="The run folder to make or to go on with.")],
    settings: Annotated[
        Path | None, typer.Option("--settings", "-s", help="TOML or JSON; see docs/run.md.")
    ] = None,
    force: Force = False,
) -> None:
    """The whole path: readouts, training, RTL, verification, estimation, report."""
    from asicae.cli.doctor import require
    from asicae.runs.folder import PROVENANCE
    from asicae.runs.job import Job
    from asicae.runs.settings import RunSettings

    require("train", "sim", "asic")
    goes_on = settings is None and not force and (folder / PROVENANCE).is_file()
    job = Job.open(folder) if goes_on else Job.create(folder, RunSettings.load(settings), force)
    job.run()
    typer.echo(f"{folder / 'metrics.json'}\n{folder / 'report.html'}")


@app.command()
def train(
    data: Annotated[Path, typer.Argument(help="Readouts: .csv, .root, .npz or .parquet.")],
    out: Out,
    network: NetworkName = "econ-t",
    settings: Annotated[Path | None, typer.Option("--settings", "-s")] = None,
    force: Force = False,
) -> None:
    """Train weight sets on your readouts, into a new run folder."""
    from asicae.cli.doctor import require
    from asicae.runs.job import Job
    from asicae.runs.settings import RunSettings

    require("train")
    chosen = RunSettings.load(settings).model_copy(
        update={"data": str(data.resolve()), "network": network}
    )
    Job.create(out, chosen, force).run(["readouts", "train", "evaluate"])
    typer.echo(str(out / "metrics.json"))


@app.command("import")
def import_model(
    model: Annotated[Path, typer.Argument(help="A QKeras model: .keras, .h5, .hdf5 or .json.")],
    out: Out,
    weights: Annotated[
        Path | None, typer.Option(help="Weights (.h5) of a .json; looked for beside it.")
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
    from asicae.runs.imported import import_settings
    from asicae.runs.job import Job
    from asicae.runs.stages.importing import notes

    choice = {
        "encoder": encoder,
        "latent": latent,
        "input": input_type,
        "arrangement": arrangement,
        "name": name,
    }
    settings = import_settings(model, weights, choice)
    job = Job.create(out, settings, force)
    for note in notes(job.path):
        typer.echo(f"note: {note}", err=True)
    typer.echo(str(out / "network.json"))


def _stages(folder: Path, *names: str) -> None:
    from asicae.runs.job import Job

    Job.open(folder).run(names, force=True)


@app.command()
def evaluate(folder: Run) -> None:
    """Measure held-out distances of a run again, beside the classical algorithms."""
    _stages(folder, "evaluate", "compare")


@app.command()
def verify(
    folder: Run,
    mutate: Annotated[
        Mutation | None, typer.Option(help="Flip one bit on purpose: the regression must fail.")
    ] = None,
    waves: Annotated[bool, typer.Option("--waves", help="Record waves of the run.")] = False,
    engine: Annotated[
        ComparedEngine | None,
        typer.Option(help="Compare this engine instead, over fresh events of the source."),
    ] = None,
    events: Annotated[
        int | None, typer.Option(help="Of the source, with --engine; a million unless given.")
    ] = None,
) -> None:
    """Load the weights through I2C into the verilated chip and compare every word with golden."""
    from asicae.cli.doctor import require
    from asicae.runs.job import Job
    from asicae.runs.stages.verify import regress

    if engine is not None:
        if waves:
            raise BadInput("--waves: not with --engine; only the I2C regression records waves")
        _compare(folder, engine, COMPARED_EVENTS if events is None else events, mutate)
        return
    if events is not None:
        raise BadInput("--events: belongs to --engine; the settings say how many are streamed else")
    require("sim")
    job = Job.open(folder)
    job.prepare()
    if mutate is None and not waves:
        job.run(["verify"], force=True)
        return
    # A mutated or recorded run is no result of the folder: it stays apart from its metrics.
    regress(job.view, folder / "sim" / (mutate or "waves"), mutate, waves)


def _compare(folder: Path, engine: ComparedEngine, events: int, mutate: Mutation | None) -> None:
    from asicae.runs.job import Job
    from asicae.simulation.comparison import compare

    job = Job.open(folder)
    job.prepare()
    source, rtl = job.settings.source, job.path / "rtl"
    sets = job.weight_sets()
    done = compare(job.network, sets, engine, events, source=source, rtl_folder=rtl, mutate=mutate)
    typer.echo(done.summary())


@app.command()
def estimate(folder: Run) -> None:
    """Synthesise, and estimate area, energy and timing."""
    from asicae.cli.doctor import require
    from asicae.runs.job import Job

    require("asic")
    job = Job.open(folder)
    job.prepare()
    job.run(["estimate"], force=True)


@app.command()
def report(folder: Run) -> None:
    """Draw report.html of a run."""
    _stages(folder, "report")


@app.command("export-rtl")
def export_rtl(out: Out, network: NetworkName = "econ-t", force: Force = False) -> None:
    """Write the Verilog, file list, constraints and register map of a network."""
    from asicae.export.rtl import export_files
    from asicae.runs.settings import network_of

    export_files(network_of(network), out, force)
    typer.echo(str(out))


@app.command("export-hls")
def export_hls(
    out: Out,
    network: NetworkName = "econ-t",
    weights: Annotated[
        Path | None, typer.Option(help="A weight set for the vectors; drawn unless given.")
    ] = None,
    readouts: Annotated[
        Path | None, typer.Option(help="Readouts for the vectors; drawn unless given.")
    ] = None,
    events: Annotated[
        int | None, typer.Option(min=1, help="Vectors; 1000, or all readouts of a smaller file.")
    ] = None,
    types: Annotated[
        Literal["both", "ac", "ap"], typer.Option(help="For Catapult, for Vitis, or both.")
    ] = "both",
    force: Force = False,
) -> None:
    """Write the C++ of a network: emulator header, HLS sources, test bench, build scripts."""
    from asicae.export.hls import export_files
    from asicae.runs.settings import network_of

    export_files(
        network_of(network),
        out,
        weights=weights,
        readouts=readouts,
        events=events,
        types=types,
        force=force,
    )
    typer.echo(str(out))


@weights_app.command("pack")
def weights_pack(
    weights: Annotated[Path, typer.Argument(help="A weight set, .npz.")],
    out: Out,
    network: NetworkName = "econ-t",
    force: Force = False,
) -> None:
    """Write the I2C image (.bin) and the register writes (.yaml, .csv) of a weight set."""
    from asicae.chip.weight_files.files import pack_file
    from asicae.runs.settings import network_of

    for path in pack_file(weights, out, network_of(network), force):
        typer.echo(str(path))


@weights_app.command("unpack")
def weights_unpack(
    image: Annotated[Path, typer.Argument(help="Made by pack: .bin, .yaml or .csv.")],
    out: Out,
    network: NetworkName = "econ-t",
    force: Force = False,
) -> None:
    """Read an image or register writes back into a weight set (.npz); a .bin has no keep mask."""
    from asicae.chip.weight_files.files import unpack_file
    from asicae.runs.settings import network_of

    typer.echo(str(unpack_file(image, out, network_of(network), force)))


@weights_app.command("diff")
def weights_diff(
    first: Annotated[Path, typer.Argument(help="A weight set: .npz, .bin, .yaml or .csv.")],
    second: Annotated[Path, typer.Argument(help="Another one.")],
    network: NetworkName = "econ-t",
    limit: Annotated[int, typer.Option(min=0, help="Parameters to list.")] = 20,
) -> None:
    """Say what differs between two weight sets; exit code 1 when anything does."""
    from asicae.chip.weight_files.diff import diff_files
    from asicae.runs.settings import network_of

    found = diff_files(first, second, network_of(network), limit)
    typer.echo("\n".join(found.lines))
    if not found.equal:
        raise typer.Exit(CheckFailed.exit_code)


@app.command()
def doctor() -> None:
    """Which tools and extras are here, and how to get those that are not."""
    from asicae.cli.doctor import findings

    _table("asicae doctor", dict(findings()))


def _table(title: str, rows: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for key, value in rows.items():
        text = f"{value:.3f}" if isinstance(value, float) else str(value)
        table.add_row(key.replace("_", " "), escape(text))
    Console().print(table)


def main() -> None:
    """Entry point of the ``asicae`` command: errors become one line and an exit code."""
    debug = "--debug" in sys.argv
    try:
        app()
    except AsicaeError as error:
        if debug:
            raise
        print(f"asicae: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        # A folder that cannot be written, a full disk: the system's own reason, in one line.
        if debug:
            raise
        print(f"asicae: {error.filename or 'file'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(BadInput.exit_code)


if __name__ == "__main__":
    main()
