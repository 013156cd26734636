"""``asicae weights``."""

from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.options import Force, NetworkName, Out
from asicae.cli.output import say
from asicae.foundation.errors import CheckFailed

weights_app = typer.Typer(help="Weight images: pack, unpack, diff.", no_args_is_help=True)


@weights_app.command("pack")
def weights_pack(
    weights: Annotated[Path, typer.Argument(help="A weight set, .npz.")],
    out: Out,
    network: NetworkName = "econ-t",
    force: Force = False,
) -> None:
    """Write the I2C image (.bin) and the register writes (.yaml, .csv) of a weight set."""
    from asicae.chip.weight_files.files import pack_file
    from asicae.network.named import network_of

    for path in pack_file(weights, out, network_of(network), force):
        say(path)


@weights_app.command("unpack")
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


@weights_app.command("diff")
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
