"""``asicae fit``."""

from typing import Annotated

import typer

from asicae.cli.options import DEFAULT_SEED, Force, Inputs, OutSettings
from asicae.cli.output import say
from asicae.cli.reading_options import ReadingOptions, with_reading_options


@with_reading_options
def fit(
    readouts: Inputs,
    out: OutSettings,
    reading: ReadingOptions,
    links: Annotated[
        list[int] | None, typer.Option(help="Of 32 bits per crossing; repeatable, 1 to 5.")
    ] = None,
    cells: Annotated[
        int, typer.Option(min=1, max=48, help="Only modules with so many cells or more.")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of the modules that are drawn.")] = DEFAULT_SEED,
    force: Force = False,
) -> None:
    """Cells and compander of Adaptive Choice for your readouts: settings of runs and of encode."""
    from asicae.concentrator.fitting import USUAL_LINKS, fit_files

    how = reading.settings()
    rejected = how.rejected()
    found = fit_files(
        readouts, out, links or USUAL_LINKS, cells, seed, how.options(), how.selection(), rejected,
        force,
    )  # fmt: skip
    for line in rejected.lines():
        say(line)
    say(*found.told(), out)
