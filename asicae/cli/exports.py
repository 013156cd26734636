"""``asicae export-rtl``, ``export-hls`` and ``export-registers``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

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

WEIGHTS: Final = "--weights"


@with_chip_options
def export_rtl(
    out: Out,
    chip: ChipOptions,
    network: OfExport = None,
    algorithm: Annotated[
        str | None,
        typer.Option(
            help="The encoder of an algorithm: adaptive_choice, by itself, instead of a network; "
            "hybrid_choice, around the chip of its network."
        ),
    ] = None,
    links: Annotated[
        int | None, typer.Option(help="Of the algorithm: links of 32 bits per crossing.")
    ] = None,
    settings: Annotated[
        Path | None, settings_option("Of the algorithm: further registers, TOML or JSON.")
    ] = None,
    latency: Annotated[
        int | None,
        typer.Option(
            help="Of the algorithm: bunch crossings; of adaptive_choice 1, or 2 in a third of the "
            "area, of hybrid_choice 2."
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Of hybrid_choice: a weight set, .npz, whose keep mask says which bits of the "
            "latents are sent; drawn unless given."
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Write the Verilog, file list and constraints of a network's chip, or of an algorithm."""
    of_algorithm = {"--links": links, SETTINGS: settings, "--latency": latency}
    if algorithm is None:
        _require_none(of_algorithm | {WEIGHTS: weights}, "without --algorithm")
        from asicae.export.rtl import export_files
        from asicae.network.named import network_of

        export_files(network_of(network or DEFAULT_NETWORK), out, chip.configuration(), force)
    else:
        from asicae.concentrator.algorithms.table import HYBRID_CHOICE
        from asicae.concentrator.encoding import registers

        values = registers(settings, {"alg_type": algorithm, "links": links})
        if algorithm == HYBRID_CHOICE.name:
            _export_hybrid(values, network, weights, chip, latency, out, force)
        else:
            words = dict.fromkeys(chip.words()[:1], True)
            without = {NETWORK: network, WEIGHTS: weights, **words}
            _require_none(without, f"with --algorithm {algorithm}, which has no network")
            _export_coder(values, latency, out, force)
    say(out)


def _export_coder(values: Mapping[str, Any], latency: int | None, out: Path, force: bool) -> None:
    from asicae.concentrator.algorithms.table import settings_from
    from asicae.concentrator.silicon.adaptive_choice import LATENCIES
    from asicae.export.coder.export import export_coder_files

    bunch_crossings = LATENCIES[0] if latency is None else latency
    export_coder_files(settings_from(values), out, bunch_crossings, force)


def _export_hybrid(
    values: Mapping[str, Any],
    network: str | None,
    weights: Path | None,
    chip: ChipOptions,
    latency: int | None,
    out: Path,
    force: bool,
) -> None:
    if network is None:
        raise BadInput(f"{NETWORK}: missing with --algorithm {values['alg_type']}, which needs one")
    from asicae.concentrator.silicon.hybrid_choice import LATENCY
    from asicae.export.hybrid.export import drawn_encoder, export_hybrid_files, hybrid_of
    from asicae.network.encoder import Encoder
    from asicae.network.named import network_of

    described = network_of(network)
    if weights is None:
        encoder = drawn_encoder(values, described)
    else:
        encoder = Encoder.load(described, weights)
    made = hybrid_of(values, encoder, chip.configuration())
    export_hybrid_files(made, out, LATENCY if latency is None else latency, force)


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
