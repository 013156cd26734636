"""``asicae data``: parse, call one function, print."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from asicae.readout.options import Options
    from asicae.readout.rejected import Rejected
    from asicae.readout.selection import Selection

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


@dataclass(frozen=True)
class Reading:
    """How the inputs of a command are read and what is kept of them, as on the command line."""

    layers: Layers = None
    wafer: Wafers = None
    types: Types = None
    density: Density = None
    min_signal: MinSignal = None
    skip_bad: SkipBad = False
    skip_partial: SkipPartial = False
    order: Order = None
    format_name: Format = None
    tree: Tree = None
    branch: Branches = None
    module: Module = None
    mux: Mux = None
    first_cell: First = "high"
    calibration: Calibration = "2048"

    def options(self) -> "Options":
        """What the files do not say about themselves."""
        from asicae.readout import options

        return options.Options(
            format=self.format_name,
            order=self.order,
            place=options.place_from(self.module) if self.module else None,
            tree=self.tree,
            branches=options.branches_from(self.branch or ()),
            first_cell=self.first_cell,
            mux=options.mux_from(self.mux) if self.mux else tuple(range(48)),
            calibration=options.calibration_from(self.calibration),
        )

    def selection(self) -> "Selection":
        """Which modules are wanted."""
        from asicae.readout.selection import selection_from

        return selection_from(
            self.layers, self.wafer or (), self.types, self.density, self.min_signal
        )

    def rejected(self) -> "Rejected":
        """What to do with bad input."""
        from asicae.readout.rejected import Rejected

        return Rejected(self.skip_bad, self.skip_partial)


def reads(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` with an option for each field of its argument ``reading``."""

    @functools.wraps(command)
    def with_options(**values: Any) -> None:
        chosen = {field.name: values.pop(field.name) for field in fields(Reading)}
        command(**values, reading=Reading(**chosen))

    keyword = inspect.Parameter.KEYWORD_ONLY
    own = inspect.signature(command).parameters.values()
    parameters = [p.replace(kind=keyword) for p in own if p.name != "reading"]
    parameters += [
        inspect.Parameter(field.name, keyword, default=field.default, annotation=field.type)
        for field in fields(Reading)
    ]
    with_options.__annotations__ = {p.name: p.annotation for p in parameters}
    # What the parser of the command line looks at.
    with_options.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return with_options


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
    from asicae.foundation.files import read_toml
    from asicae.readout import conversion
    from asicae.source import settings as of_source
    from asicae.source import simulate as source

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
@reads
def convert(
    inputs: Inputs,
    out: Out,
    reading: Reading,
    force: Force = False,
) -> None:
    """Convert readouts to .npz, .parquet, .root, .csv or .csv.gz, whatever their size."""
    from asicae.readout import conversion

    rejected = reading.rejected()
    done = conversion.convert(inputs, out, reading.options(), reading.selection(), rejected, force)
    for line in rejected.lines():
        typer.echo(line)
    typer.echo(f"{done.out}: {done.modules} modules")


@data_app.command("describe")
@reads
def describe(
    inputs: Inputs,
    reading: Reading,
    picture: Annotated[Path | None, typer.Option(help="Also draw: a .png, .pdf or .svg.")] = None,
    force: Force = False,
) -> None:
    """Occupancy, charges and sums by layer, of readouts of any size."""
    from rich.console import Console

    from asicae.readout.description import describe_files
    from asicae.readout.picture import check_picture, draw
    from asicae.readout.tables import tables

    if picture is not None:
        check_picture(picture, force)
    rejected = reading.rejected()
    description = describe_files(inputs, reading.options(), reading.selection(), rejected)
    console = Console()
    if not console.is_terminal:
        console.width = TABLE_WIDTH
    for table in tables(description, " ".join(inputs)):
        console.print(table)
    for line in rejected.lines():
        typer.echo(line)
    if picture is not None:
        typer.echo(str(draw(description, picture)))
