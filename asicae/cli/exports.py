"""``asicae export-rtl``, ``export-hls`` and ``export-registers``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from asicae.cli.chip_options import ChipOptions, with_chip_options
from asicae.cli.options import Force, NetworkName, Out
from asicae.cli.output import say


@with_chip_options
def export_rtl(
    out: Out, chip: ChipOptions, network: NetworkName = "econ-t", force: Force = False
) -> None:
    """Write the Verilog, file list, constraints and register map of a network."""
    from asicae.export.rtl import export_files
    from asicae.network.named import network_of

    export_files(network_of(network), out, chip.configuration(), force)
    say(out)


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
    from asicae.network.named import network_of

    export_files(
        network_of(network),
        out,
        weights=weights,
        readouts=readouts,
        events=events,
        types=types,
        force=force,
    )
    say(out)


def export_registers(
    out: Out,
    network: NetworkName = "econ-t",
    weight_sets: Annotated[
        int, typer.Option(min=1, max=2, help="Weight sets kept, of which one is active.")
    ] = 1,
    force: Force = False,
) -> None:
    """Write the register map of a network as IP-XACT, HTML, SystemRDL, C header and JSON."""
    from asicae.export.register_documents import export_documents
    from asicae.network.named import network_of

    export_documents(network_of(network), out, force, weight_sets)
    say(out)
