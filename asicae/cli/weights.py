"""``asicae weights``."""

from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.options import Force, NetworkName, Out, Run
from asicae.cli.output import say
from asicae.cli.table_help import Command
from asicae.foundation.errors import CheckFailed

weights_app = typer.Typer(help="Weight sets: pack, unpack, diff, adopt.", no_args_is_help=True)


@weights_app.command("pack", cls=Command)
def weights_pack(
    weights: Annotated[Path, typer.Argument(help="A weight set, .npz.")],
    out: Out,
    network: NetworkName = "econ-t",
    weight_set: Annotated[
        int | None,
        typer.Option(
            "--set", min=0, max=1, help="Of a chip with two, loaded while the other one is active."
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Write the I2C image (.bin) and the register writes (.yaml, .csv) of a weight set."""
    from asicae.chip.weight_files.files import pack_file
    from asicae.network.named import network_of

    for path in pack_file(weights, out, network_of(network), force, weight_set):
        say(path)


@weights_app.command("unpack", cls=Command)
def weights_unpack(
    image: Annotated[Path, typer.Argument(help="Made by pack: .bin, .yaml or .csv.")],
    out: Out,
    network: NetworkName = "econ-t",
    force: Force = False,
) -> None:
    """Read an image or register writes back into a weight set (.npz); a .bin has no keep mask."""
    from asicae.chip.weight_files.files import unpack_file
    from asicae.network.named import network_of

    say(unpack_file(image, out, network_of(network), force))


@weights_app.command("diff", cls=Command)
def weights_diff(
    first: Annotated[Path, typer.Argument(help="A weight set: .npz, .bin, .yaml or .csv.")],
    second: Annotated[Path, typer.Argument(help="Another one.")],
    network: NetworkName = "econ-t",
    limit: Annotated[int, typer.Option(min=0, help="Parameters to list.")] = 20,
) -> None:
    """Say what differs between two weight sets; exit code 1 when anything does."""
    from asicae.chip.weight_files.diff import diff_files
    from asicae.network.named import network_of

    found = diff_files(first, second, network_of(network), limit)
    say(*found.lines)
    if not found.equal:
        raise typer.Exit(CheckFailed.exit_code)


@weights_app.command("adopt", cls=Command)
def weights_adopt(
    folder: Run,
    weights: Annotated[Path, typer.Argument(help="A weight set of your own, .npz.")],
    name: Annotated[
        str | None, typer.Option(help="Of the set in the run; that of the file unless given.")
    ] = None,
    force: Force = False,
) -> None:
    """Take a weight set into a run: it is exported, verified and estimated from then on."""
    from asicae.runs.adoption import adopt
    from asicae.runs.job import Job
    from asicae.runs.lock import alone_in

    with alone_in(folder):
        say(adopt(Job.open(folder), weights, name, force))
