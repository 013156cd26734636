"""``asicae encode`` and ``decode``."""

from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.options import Force, Inputs, OfAutoencoder, OutArchive, settings_option
from asicae.cli.output import say
from asicae.cli.table_help import ALGORITHMS, STC_TYPES


def encode(
    readouts: Inputs,
    out: OutArchive,
    algorithm: Annotated[
        str,
        typer.Option(help=f"One of {ALGORITHMS}."),
    ],
    links: Annotated[int, typer.Option(help="Links of 32 bits per crossing.")],
    threshold: Annotated[
        int | None, typer.Option(help="Of threshold_sum; the lowest that fits unless given.")
    ] = None,
    stc_type: Annotated[
        str | None,
        typer.Option(help=f"Of super_trigger_cell: {STC_TYPES}."),
    ] = None,
    ties: Annotated[
        str | None,
        typer.Option(
            help="Of super_trigger_cell and best_choice: which of equal charges goes first, "
            "lowest (default) or as in the public emulator: emulator."
        ),
    ] = None,
    drop_lsb: Annotated[int | None, typer.Option(help="Bits dropped before 4E3M, 0..4.")] = None,
    settings: Annotated[Path | None, settings_option("Further registers, TOML or JSON.")] = None,
    network: OfAutoencoder = None,
    weights: Annotated[
        Path | None, typer.Option(help="Of the autoencoder: a weight set, .npz.")
    ] = None,
    force: Force = False,
) -> None:
    """Frames that leave the concentrator, into an .npz file that describes itself."""
    from asicae.concentrator.encoding import encode_files, registers
    from asicae.network.named import network_of

    given = {
        "alg_type": algorithm,
        "links": links,
        "threshold": threshold,
        "stc_type": stc_type,
        "ties": ties,
        "drop_lsb": drop_lsb,
    }
    described = None if network is None else network_of(network)
    values = registers(settings, given)
    done = encode_files(readouts, out, values, described, weights, force)
    say(f"{out}: {done.summary()}")


def decode(
    frames: Annotated[Path, typer.Argument(help="Frames, made by `asicae encode`.")],
    out: OutArchive,
    spread: Annotated[
        str | None,
        typer.Option(
            help="How sums become charges: none, drop, even, near_1, near_2, near_4, "
            "peak_by_size_near and others; the best for the algorithm unless given "
            "(docs/frames.md)."
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            help="A run folder: its choice, its networks, and the decoder of its autoencoder."
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Charges, and every field that was sent; an impossible frame is refused by number."""
    from asicae.concentrator.charge_maps import NONE
    from asicae.runs.decoding import decode_file

    name = decode_file(frames, out, spread, run, force)
    what = "transmitted fields, no charges" if name == NONE else f"charges by {name}"
    say(f"{out}: {what}")
