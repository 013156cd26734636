"""``asicae data``: parse, call one function, print."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from asicae.readout.formats.options import Options

data_app = typer.Typer(help="Readouts: simulate, convert and describe.", no_args_is_help=True)

TABLE_WIDTH = 120  # of tables in files and pipes

Out = Annotated[Path, typer.Option("--out", "-o", help="Where the result goes.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what exists.")]
Inputs = Annotated[
    list[str],
    typer.Argument(help="Files or globs: .csv, .csv.gz, .root, .npz, .parquet.", metavar="IN..."),
]
Layers = Annotated[str | None, typer.Option(help="Layers, as in 5,7-9.")]
Wafers = Annotated[list[str] | None, typer.Option("--wafer", help="Module U,V; repeatable.")]
Types = Annotated[str | None, typer.Option(help="Sensors: 0, 1, 2 = 120, 200, 300 µm.")]
Density = Annotated[str | None, typer.Option(help="HD or LD.")]
MinSignal = Annotated[
    float | None,
    typer.Option("--min-signal", help="At least this share of the event's signal energy, 0..1."),
]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help="Leave out and count bad modules and files.")
]
SkipPartial = Annotated[bool, typer.Option("--skip-partial", help="Leave out partial modules.")]
Order = Annotated[
    str | None, typer.Option(help="Order of the cells of the input: simulation or ae.")
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="Of the input: csv, named-csv, plain-csv, capture, npz, ntuple, parquet.",
    ),
]
Tree = Annotated[str | None, typer.Option(help="Path of the tree in a ROOT file.")]
Branches = Annotated[
    list[str] | None,
    typer.Option(
        "--branch",
        help="KEY=NAME of a ROOT branch, as in calq=L1THGCAL_wafer_CALQ_{}; repeatable.",
    ),
]
Module = Annotated[
    str | None,
    typer.Option(help="LAYER,U,V,TYPE of a file that does not say it (plain CSV, capture)."),
]
Mux = Annotated[
    Path | None, typer.Option(help="File with the 48 multiplexer settings of a capture.")
]
First = Annotated[
    Literal["high", "low"],
    typer.Option("--first-cell", help="End of a captured word with its first cell."),
]
Calibration = Annotated[
    str,
    typer.Option(help="Factor of a capture, 0..4095, 2048 is one; or a file with the 48 factors."),
]


@data_app.command("simulate")
def simulate(
    out: Out,
    events: Annotated[int | None, typer.Option(help="Modules to simulate, 10,000.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed, 1; the same seed gives the same bytes.")
    ] = None,
    mixture: Annotated[str | None, typer.Option(help="signal (default) or pileup.")] = None,
    mix: Annotated[
        str | None,
        typer.Option(
            help="Shares of electrons, photons, pions, neutral_pions, jets, as in jets=2,photons=1."
        ),
    ] = None,
    pileup: Annotated[
        str | None, typer.Option(help="Mean collisions, drawn evenly, as in 0,140,200.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Also modules cut at the edges of the silicon.")
    ] = False,
    dead_share: Annotated[
        float | None, typer.Option(help="Share of dead trigger cells, fixed by place and seed.")
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings", "-s", help="TOML with any setting of the source (docs/source.md)."
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Same bytes for any number; one a core by default.")
    ] = None,
    force: Force = False,
) -> None:
    """Simulate readouts of a detector-like source (synthetic; see docs/source.md)."""
    from asicae.files import read_toml
    from asicae.readout import conversion, source
    from asicae.readout import settings as of_source

    conversion.check_output(out, force)
    values = read_toml(settings) if settings else {}
    given = {"events": events, "seed": seed, "mixture": mixture, "dead_share": dead_share}
    values |= {key: value for key, value in given.items() if value is not None}
    values |= of_source.mix_from(mix) if mix is not None else {}
    values |= {"pileup": of_source.pileup_from(pileup)} if pileup is not None else {}
    values |= {"partial": True} if partial else {}
    readouts = source.simulate(of_source.settings_from(values), threads)
    conversion.save(readouts, out, force)
    typer.echo(f"{out}: {len(readouts)} modules")


@data_app.command("convert")
def convert(
    inputs: Inputs,
    out: Out,
    layers: Layers = None,
    wafer: Wafers = None,
    types: Types = None,
    density: Density = None,
    min_signal: MinSignal = None,
    skip_bad: SkipBad = False,
    skip_partial: SkipPartial = False,
    order: Order = None,
    format_name: Format = None,
    tree: Tree = None,
    branch: Branches = None,
    module: Module = None,
    mux: Mux = None,
    first_cell: First = "high",
    calibration: Calibration = "2048",
    force: Force = False,
) -> None:
    """Convert readouts to .npz, .parquet, .root, .csv or .csv.gz, whatever their size."""
    from asicae.readout import conversion
    from asicae.readout.formats.rejected import Rejected
    from asicae.readout.selection import selection_from

    options = _options(order, format_name, tree, branch, module, mux, first_cell, calibration)
    selection = selection_from(layers, wafer or (), types, density, min_signal)
    rejected = Rejected(skip_bad, skip_partial)
    done = conversion.convert(inputs, out, options, selection, rejected, force)
    for line in rejected.lines():
        typer.echo(line)
    typer.echo(f"{done.out}: {done.modules} modules")


@data_app.command("describe")
def describe(
    inputs: Inputs,
    picture: Annotated[Path | None, typer.Option(help="Also draw: a .png, .pdf or .svg.")] = None,
    layers: Layers = None,
    wafer: Wafers = None,
    types: Types = None,
    density: Density = None,
    min_signal: MinSignal = None,
    skip_bad: SkipBad = False,
    skip_partial: SkipPartial = False,
    order: Order = None,
    format_name: Format = None,
    tree: Tree = None,
    branch: Branches = None,
    module: Module = None,
    mux: Mux = None,
    first_cell: First = "high",
    calibration: Calibration = "2048",
    force: Force = False,
) -> None:
    """Occupancy, charges and sums by layer, of readouts of any size."""
    from rich.console import Console

    from asicae.readout.description import describe_files
    from asicae.readout.formats.rejected import Rejected
    from asicae.readout.picture import check_picture, draw
    from asicae.readout.selection import selection_from
    from asicae.readout.tables import tables

    if picture is not None:
        check_picture(picture, force)
    options = _options(order, format_name, tree, branch, module, mux, first_cell, calibration)
    selection = selection_from(layers, wafer or (), types, density, min_signal)
    rejected = Rejected(skip_bad, skip_partial)
    description = describe_files(inputs, options, selection, rejected)
    console = Console()
    if not console.is_terminal:
        console.width = TABLE_WIDTH
    for table in tables(description, " ".join(inputs)):
        console.print(table)
    for line in rejected.lines():
        typer.echo(line)
    if picture is not None:
        typer.echo(str(draw(description, picture)))


def _options(
    order: str | None,
    format_name: str | None,
    tree: str | None,
    branches: list[str] | None,
    module: str | None,
    mux: Path | None,
    first_cell: Literal["high", "low"],
    calibration: str,
) -> "Options":
    from asicae.readout.formats import options

    return options.Options(
        format=format_name,
        order=order,
        place=options.place_from(module) if module else None,
        tree=tree,
        branches=options.branches_from(branches or ()),
        first_cell=first_cell,
        mux=options.mux_from(mux) if mux else tuple(range(48)),
        calibration=options.calibration_from(calibration),
    )
