"""``asicae export-rtl``, ``export-hls`` and ``export-registers``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

from asicae.cli.chip_options import ChipOptions, with_chip_options
from asicae.cli.options import (
    DEFAULT_NETWORK,
    NETWORK,
    SETTINGS,
    Force,
    NetworkName,
    OfExport,
    Out,
    settings_option,
)
from asicae.cli.output import say
from asicae.foundation.errors import BadInput


@with_chip_options
def export_rtl(
    out: Out,
    chip: ChipOptions,
    network: OfExport = None,
    algorithm: Annotated[
        str | None,
        typer.Option(help="Instead of a network: the encoder of adaptive_choice, by itself."),
    ] = None,
    links: Annotated[
        int | None, typer.Option(help="Of the algorithm: links of 32 bits per crossing.")
    ] = None,
    settings: Annotated[
        Path | None, settings_option("Of the algorithm: further registers, TOML or JSON.")
    ] = None,
    latency: Annotated[
        int | None,
        typer.Option(help="Of the algorithm: bunch crossings, 1, or 2 in a third of the area."),
    ] = None,
    force: Force = False,
) -> None:
    """Write the Verilog, file list and constraints of a network's chip, or of an algorithm."""
    if algorithm is None:
        _require_none(
            {"--links": links, SETTINGS: settings, "--latency": latency}, "without --algorithm"
        )
        from asicae.export.rtl import export_files
        from asicae.network.named import network_of

        export_files(network_of(network or DEFAULT_NETWORK), out, chip.configuration(), force)
    else:
        words = dict.fromkeys(chip.words()[:1], True)
        _require_none({NETWORK: network, **words}, "with --algorithm, which has no network")
        from asicae.concentrator.algorithms.table import settings_from
        from asicae.concentrator.encoding import registers
        from asicae.concentrator.silicon.adaptive_choice import LATENCIES
        from asicae.export.coder.export import export_coder_files

        given = {"alg_type": algorithm, "links": links}
        made = settings_from(registers(settings, given))
        export_coder_files(made, out, LATENCIES[0] if latency is None else latency, force)
    say(out)


def _require_none(options: Mapping[str, object], where: str) -> None:
    """Refuse options that are given where they say nothing."""
    for name, value in options.items():
        if value is not None:
            raise BadInput(f"{name}: not {where}")


def export_hls(
    out: Out,
    network: NetworkName = DEFAULT_NETWORK,
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
    network: NetworkName = DEFAULT_NETWORK,
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
