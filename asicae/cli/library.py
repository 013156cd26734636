"""``asicae library``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from asicae.cli.options import Force, Out, Scheduler
from asicae.cli.output import say
from asicae.cli.table_help import Command

library_app = typer.Typer(
    help="Libraries of weight sets, one for each condition: make, verify.", no_args_is_help=True
)


@library_app.command("make", cls=Command)
def library_make(
    description: Annotated[
        Path, typer.Argument(help="Base and sets, .toml; see docs/training.md.")
    ],
    out: Out,
    scheduler: Scheduler = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes of Dask, a thread each; this process alone without."),
    ] = None,
    force: Force = False,
) -> None:
    """Tune a weight set for each condition from one base; the same call goes on after a kill."""
    from asicae.crew.workers import dask_crew, require_one_way
    from asicae.foundation.extras import require
    from asicae.library.description import LibraryDescription
    from asicae.library.making import make
    from asicae.library.pieces import OF, done
    from asicae.library.record import LIBRARY_FILE
    from asicae.library.table import TABLE_FILE, line_of
    from asicae.runs.lock import alone_in

    shared = scheduler is not None or workers is not None
    require("train", *(["search"] if shared else []))
    require_one_way(scheduler, workers)
    asked = LibraryDescription.read(description)
    crew = dask_crew(OF, done, scheduler, workers) if shared else None
    with alone_in(out):
        made = make(asked, str(description), out, force, crew=crew)
    say(*map(line_of, made.record.sets), out / LIBRARY_FILE, out / TABLE_FILE)


@library_app.command("verify", cls=Command)
def library_verify(
    library: Annotated[Path, typer.Argument(help="Made by `asicae library make`.")],
    rtl: Annotated[
        Path | None, typer.Option(help="RTL of an export; what one would write unless given.")
    ] = None,
    events: Annotated[
        int | None, typer.Option(help="Of each set at most; all test events unless given.")
    ] = None,
    mutate: Annotated[
        Literal["weight", "expected"] | None,
        typer.Option(help="Flip one bit on purpose: this must fail."),
    ] = None,
) -> None:
    """Load all sets through I2C into one verilated chip, and compare every word with golden."""
    from asicae.foundation.extras import require
    from asicae.library.stored import Library
    from asicae.library.verification import events_of_sets, verify_library

    require("sim")
    found = Library.load(library)
    done = verify_library(found, events_of_sets(found, events), rtl, mutate)
    say(f"{len(found.weights)} sets loaded through I2C into one chip: {done.counts()}")
