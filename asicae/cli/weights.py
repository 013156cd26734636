"""``asicae weights``."""

from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.options import DEFAULT_NETWORK, NETWORK, Force, OfWeights, Out, OutBits, Run
from asicae.cli.output import say
from asicae.cli.table_help import Command
from asicae.foundation.errors import BadInput, CheckFailed

weights_app = typer.Typer(
    help="Weight sets, and libraries of them: pack, unpack, diff, adopt, rank.",
    no_args_is_help=True,
)


@weights_app.command("pack", cls=Command)
def weights_pack(
    weights: Annotated[Path, typer.Argument(help="A weight set, .npz, or a library of them.")],
    out: Out,
    network: OfWeights = None,
    weight_set: Annotated[
        int | None,
        typer.Option(
            "--set", min=0, max=1, help="Of a chip with two, loaded while the other one is active."
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Write the I2C image (.bin) and the register writes (.yaml, .csv) of a weight set.

    Of a library: those of each set into a new folder, with its record.
    """
    if _are_libraries(network, weights):
        from asicae.library.images import pack_library

        packed = pack_library(weights, out, force, weight_set)
        say(f"{out}: {len(packed.weights)} sets of network {packed.network.name}")
        return
    from asicae.chip.weight_files.files import pack_file
    from asicae.network.named import network_of

    for path in pack_file(weights, out, network_of(network or DEFAULT_NETWORK), force, weight_set):
        say(path)


@weights_app.command("unpack", cls=Command)
def weights_unpack(
    image: Annotated[Path, typer.Argument(help="Made by pack: .bin, .yaml, .csv or a library.")],
    out: Out,
    network: OfWeights = None,
    force: Force = False,
) -> None:
    """Read an image or register writes back into a weight set (.npz); a .bin has no keep mask.

    Of a library: all its sets, of the bytes that they had.
    """
    if _are_libraries(network, image):
        from asicae.library.images import unpack_library

        found = unpack_library(image, out, force)
        say(f"{out}: {len(found.weights)} sets of network {found.network.name}")
        return
    from asicae.chip.weight_files.files import unpack_file
    from asicae.network.named import network_of

    say(unpack_file(image, out, network_of(network or DEFAULT_NETWORK), force))


@weights_app.command("diff", cls=Command)
def weights_diff(
    first: Annotated[
        Path, typer.Argument(help="A weight set: .npz, .bin, .yaml or .csv; or a library.")
    ],
    second: Annotated[Path, typer.Argument(help="Another one.")],
    network: OfWeights = None,
    limit: Annotated[int, typer.Option(min=0, help="Parameters to list.")] = 20,
) -> None:
    """Say what differs between two weight sets, or libraries; exit code 1 when anything does."""
    if _are_libraries(network, first, second):
        from asicae.library.differences import diff_libraries

        found = diff_libraries(first, second)
    else:
        from asicae.chip.weight_files.diff import diff_files
        from asicae.network.named import network_of

        found = diff_files(first, second, network_of(network or DEFAULT_NETWORK), limit)
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


@weights_app.command("sensitivity", cls=Command)
def weights_sensitivity(
    folder: Run,
    links: Annotated[int, typer.Option(min=1, help="Of the weight set.")] = 2,
    events: Annotated[int, typer.Option(min=2, help="Test events to measure on.")] = 300,
    out: OutBits = None,
    force: Force = False,
) -> None:
    """Rank the bits of trained weights by the EMD that an upset of each adds: what to protect."""
    from asicae.foundation.files import refuse_existing, write_text
    from asicae.metrics.transport import exact_solver
    from asicae.runs.bit_sensitivity import sensitivity_of_run
    from asicae.training.sensitivity_table import csv_text, told

    if out is not None:
        refuse_existing(out, force)
    exact_solver()  # before any work: it may be missing
    found = sensitivity_of_run(folder, links, events)
    if out is not None:
        write_text(out, csv_text(found))
    say(*told(found), *([out] if out else []))


def _are_libraries(network: str | None, *paths: Path) -> bool:
    """Whether folders are given, and not files; each brings its network.

    Raises:
        BadInput: a file beside a folder, or a network beside folders.
    """
    folders = [path.is_dir() for path in paths]
    if any(folders) and not all(folders):
        file = paths[folders.index(False)]
        raise BadInput(f"{file}: no folder, allowed beside a library is another one")
    if any(folders) and network is not None:
        raise BadInput(f"{NETWORK}: not with a library, which brings its network")
    return any(folders)
