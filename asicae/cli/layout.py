"""``asicae layout``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asicae.cli.chip_options import ChipOptions, with_chip_options
from asicae.cli.options import Force, InsteadOfFolder, OutUnlessRun
from asicae.cli.output import say
from asicae.foundation.errors import BadInput

if TYPE_CHECKING:
    from asicae.layout.block import Choice


@with_chip_options
def layout(
    chip: ChipOptions,
    folder: Annotated[
        Path | None, typer.Argument(help="A run, or made by `asicae export-rtl`; or --network.")
    ] = None,
    network: InsteadOfFolder = None,
    block: Annotated[str, typer.Option(help="Module of the chip.")] = "mac",
    instance: Annotated[
        str | None,
        typer.Option(help="Which one, by instances from the top, with dots; else one that routes."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the placement.")] = 1,
    liberty: Annotated[
        list[Path] | None, typer.Option(help="Library with its LEF beside it; else NanGate45.")
    ] = None,
    out: OutUnlessRun = None,
    force: Force = False,
) -> None:
    """Place and route one block of the chip: DEF, GDS, a picture, and what it takes in wire."""
    from asicae.foundation.extras import require
    from asicae.layout.block import Choice, lay_out, lay_out_network
    from asicae.network.named import network_of
    from asicae.runs.record import PROVENANCE

    require("asic")
    choice = Choice(block, instance, seed)
    if (folder is None) == (network is None):
        raise BadInput("layout: allowed is either a folder or --network")
    if folder is not None and chip.settings():
        raise BadInput(f"{folder}: is exported already; how the chip is built, it says itself")
    if folder is not None and (folder / PROVENANCE).is_file():
        if out is not None or liberty:
            raise BadInput(f"{folder}: --out and --liberty: a run has its own place and library")
        _into(folder, choice, force)
        return
    if out is None:
        raise BadInput("layout: --out is missing: where the result goes")
    if folder is not None:
        record = lay_out(folder, out, choice, liberty or (), force=force)
    else:
        described, configuration = network_of(str(network)), chip.configuration()
        record = lay_out_network(described, configuration, out, choice, liberty or (), force)
    say(record.title, *(out / name for name in record.files))


def _into(run: Path, choice: "Choice", force: bool) -> None:
    """The same in a run."""
    from asicae.layout.record import LAYOUT_FOLDER
    from asicae.runs.job import Job
    from asicae.runs.layouts import lay_out_in
    from asicae.runs.lock import alone_in

    with alone_in(run):
        record = lay_out_in(Job.open(run), choice, force)
    say(record.title, *(run / LAYOUT_FOLDER / record.block / name for name in record.files))
