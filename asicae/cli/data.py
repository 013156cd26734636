"""``asicae data``."""

from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.options import Force, Inputs, OutReadouts, settings_option
from asicae.cli.output import say
from asicae.cli.reading_options import ReadingOptions, with_reading_options
from asicae.cli.table_help import Command

data_app = typer.Typer(help="Readouts: simulate, convert and describe.", no_args_is_help=True)

TABLE_WIDTH = 120  # of tables in files and pipes


@data_app.command("simulate", cls=Command)
def simulate(
    out: OutReadouts,
    events: Annotated[int | None, typer.Option(help="Modules, 10,000, or crossings, 100.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed, 1; the same seed gives the same bytes.")
    ] = None,
    module_class: Annotated[
        str | None,
        typer.Option(
            "--class",
            help="Modules of one class at pileup 200: {names of classes}, or their links.",
        ),
    ] = None,
    together: Annotated[
        bool,
        typer.Option("--together", help="Whole crossings of a 120 degree sector, numbered events."),
    ] = False,
    layers: Annotated[str | None, typer.Option(help="Layers, as in 1-13,27.")] = None,
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
        Path | None, settings_option("TOML with any setting of the source (docs/source.md).")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Same bytes for any number; one a core by default.")
    ] = None,
    force: Force = False,
) -> None:
    """Simulate readouts of a detector-like source (synthetic; see docs/source.md)."""
    from asicae.foundation.files import read_toml
    from asicae.module.link_map import class_links
    from asicae.readout import conversion
    from asicae.source import settings as of_source
    from asicae.source import simulate as source

    conversion.check_output(out, force)
    values = read_toml(settings) if settings else {}
    given = {"events": events, "seed": seed, "mixture": mixture, "dead_share": dead_share}
    given |= {"links": module_class and class_links(module_class)}
    values |= {key: value for key, value in given.items() if value is not None}
    values |= of_source.mix_from(mix) if mix is not None else {}
    values |= {"pileup": of_source.pileup_from(pileup)} if pileup is not None else {}
    values |= {"layers": of_source.layers_from(layers)} if layers is not None else {}
    values |= {"together": True} if together else {}
    values |= {"partial": True} if partial else {}
    readouts = source.simulate(of_source.settings_from(values), threads)
    conversion.save(readouts, out, force)
    say(f"{out}: {len(readouts)} modules")


@data_app.command("convert", cls=Command)
@with_reading_options
def convert(
    inputs: Inputs,
    out: OutReadouts,
    reading: ReadingOptions,
    force: Force = False,
) -> None:
    """Convert readouts to another format, whatever their size."""
    from asicae.readout import conversion

    how = reading.settings()
    rejected = how.rejected()
    done = conversion.convert(inputs, out, how.options(), how.selection(), rejected, force)
    for line in rejected.lines():
        say(line)
    say(f"{done.out}: {done.modules} modules")


@data_app.command("describe", cls=Command)
@with_reading_options
def describe(
    inputs: Inputs,
    reading: ReadingOptions,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", "--plot", help="Also draw: a .png, .pdf or .svg."),
    ] = None,
    force: Force = False,
) -> None:
    """Occupancy, charges, sums and correlations by layer and eta, of readouts of any size."""
    from rich.console import Console

    from asicae.readout.description import describe_files
    from asicae.readout.picture import check_picture, draw
    from asicae.readout.tables import tables

    if picture is not None:
        check_picture(picture, force)
    how = reading.settings()
    rejected = how.rejected()
    description = describe_files(inputs, how.options(), how.selection(), rejected)
    console = Console()
    if not console.is_terminal:
        console.width = TABLE_WIDTH
    for table in tables(description, " ".join(inputs)):
        console.print(table)
    for line in rejected.lines():
        say(line)
    if description.other_order is not None:
        say(description.other_order)
    if picture is not None:
        say(draw(description, picture))
