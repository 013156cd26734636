"""``asicae layout``."""

from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.chip_options import ChipOptions, with_chip_options
from asicae.cli.options import Force
from asicae.cli.output import say
from asicae.foundation.errors import BadInput


@with_chip_options
def layout(
    chip: ChipOptions,
    folder: Annotated[
        Path | None, typer.Argument(help="Made by `asicae export-rtl`; or --network.")
    ] = None,
    network: Annotated[
        str | None, typer.Option("--network", "-n", help="Instead: a preset or a description.")
    ] = None,
    block: Annotated[str, typer.Option(help="Module of the chip.")] = "mac",
    instance: Annotated[
        str | None,
        typer.Option(help="Which one, by instances from the top, with dots; else the largest."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the placement.")] = 1,
    liberty: Annotated[
        Path | None, typer.Option(help="Library with its LEF beside it; else NanGate45.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where the result goes.")] = None,
    force: Force = False,
) -> None:
    """Place and route one block of the chip: DEF, GDS, a picture, and what it takes in wire."""
    from asicae.foundation.extras import require
    from asicae.layout.block import Choice, lay_out, lay_out_network
    from asicae.network.named import network_of

    require("asic")
    choice = Choice(block, instance, seed)
    if (folder is None) == (network is None):
        raise BadInput("layout: allowed is either a folder or --network")
    if out is None:
        raise BadInput("layout: --out is missing: where the result goes")
    if folder is not None:
        if chip.settings():
            raise BadInput(f"{folder}: is exported already; how the chip is built, it says itself")
        record = lay_out(folder, out, choice, liberty, force=force)
    else:
        described = network_of(str(network))
        record = lay_out_network(described, chip.configuration(), out, choice, liberty, force)
    say(record.title, *(out / name for name in record.files))
