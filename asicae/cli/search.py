"""``asicae search``."""

from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.options import Force, Out, Scheduler
from asicae.cli.output import say


def search(
    description: Annotated[
        Path, typer.Argument(help="Base, space and objectives, .toml; see docs/search.md.")
    ],
    out: Out,
    scheduler: Scheduler = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes of this machine; one a core unless given.")
    ] = None,
    force: Force = False,
) -> None:
    """Search networks, chips and trainings for least EMD at least area and energy."""
    from asicae.crew.workers import dask_crew, require_one_way
    from asicae.foundation.errors import CheckFailed
    from asicae.foundation.extras import require
    from asicae.runs.lock import alone_in
    from asicae.search.description import SearchDescription
    from asicae.search.picture import PICTURE_FILE
    from asicae.search.record import SEARCH_FILE
    from asicae.search.searching import search as search_for
    from asicae.search.table import TABLE_FILE, told
    from asicae.search.trial import done

    require("search", "train")
    asked = SearchDescription.read(description)
    require_one_way(scheduler, workers)
    crew = dask_crew("search", done, scheduler, workers)
    with alone_in(out):
        record = search_for(asked, str(description), out, crew, force)
    say(*told(record), *(out / name for name in (SEARCH_FILE, TABLE_FILE, PICTURE_FILE)))
    if not any(row.pareto for row in record.rows):
        raise CheckFailed("search: no trial has figures; the table says why")
