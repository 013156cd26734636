"""``asicae search``."""

from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.options import Force, Out
from asicae.cli.output import say


def search(
    description: Annotated[
        Path, typer.Argument(help="Base, space and objectives, .toml; see docs/search.md.")
    ],
    out: Out,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Of a Dask cluster, as in tcp://HOST:8786; else of this machine."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes of this machine; one a core unless given.")
    ] = None,
    force: Force = False,
) -> None:
    """Search networks, chips and trainings for least EMD at least area and energy."""
    from asicae.foundation.errors import BadInput, CheckFailed
    from asicae.foundation.extras import require
    from asicae.foundation.threads import worker_count
    from asicae.runs.lock import alone_in
    from asicae.search.crew import dask_crew
    from asicae.search.description import SearchDescription
    from asicae.search.picture import PICTURE_FILE
    from asicae.search.record import SEARCH_FILE
    from asicae.search.searching import search as search_for
    from asicae.search.table import TABLE_FILE, told

    require("search", "train")
    asked = SearchDescription.read(description)
    if scheduler is not None and workers is not None:
        raise BadInput("--workers is given beside --scheduler, allowed is one of them")
    worker_count(workers)
    with alone_in(out):
        record = search_for(asked, str(description), out, dask_crew(scheduler, workers), force)
    say(*told(record), *(out / name for name in (SEARCH_FILE, TABLE_FILE, PICTURE_FILE)))
    if not any(row.pareto for row in record.rows):
        raise CheckFailed("search: no trial has figures; the table says why")
