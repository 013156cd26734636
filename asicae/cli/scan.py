"""``asicae scan``."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.chip_options import ChipOptions, with_chip_options
from asicae.cli.options import DEFAULT_SEED, Force, NetworkName, OutUnlessPrinted
from asicae.cli.output import say
from asicae.estimation.record import LEAST_EVENTS
from asicae.foundation.errors import CheckFailed


@with_chip_options
def scan(
    chip: ChipOptions,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            help="An axis, NAME=VALUE,VALUE: of the description (conv.filters=1,2,4 latents=8..16 "
            "weight_bits=4..6 'dense.weight=fixed<5,1>,fixed<6,1>') or of how the chip is built "
            "(microarchitecture, bank, tmr, barrier=on,off, mac); once for each axis."
        ),
    ] = None,
    network: NetworkName = "econ-t",
    run: Annotated[
        list[Path] | None,
        typer.Option(help="A run folder: its EMD stands beside points of its description."),
    ] = None,
    liberty: Annotated[
        list[Path] | None,
        typer.Option(help="Cells of this Liberty file instead; once for each file of it."),
    ] = None,
    events: Annotated[
        int,
        typer.Option(min=LEAST_EVENTS, help="Of the source, compared with golden on each netlist."),
    ] = 200,
    timed_events: Annotated[
        int, typer.Option(min=2, help="Of them simulated with gate delays.")
    ] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Of drawn weights and events.")] = DEFAULT_SEED,
    fast: Annotated[
        bool,
        typer.Option(
            "--fast",
            help="Nothing is synthesised: a model fitted on chips that were, with its error.",
        ),
    ] = False,
    jobs: Annotated[int | None, typer.Option(help="Processes; one a core unless given.")] = None,
    out: OutUnlessPrinted = None,
    force: Force = False,
) -> None:
    """Estimate a grid of chips: area, energy, timing of each, as table, CSV, JSON and picture."""
    from asicae.foundation.extras import require
    from asicae.foundation.folders import output_folder
    from asicae.foundation.threads import worker_count
    from asicae.network.named import network_of
    from asicae.runs.distances import distances_of
    from asicae.scan.grid import Grid
    from asicae.scan.measured import Stimulus
    from asicae.scan.predicted import predict
    from asicae.scan.scan import points_of, write_scan
    from asicae.scan.scan import scan as scan_grid
    from asicae.scan.table import told

    grid = Grid.checked(
        network_of(network), chip.microarchitecture, chip.choices(), vary or [], seed
    )
    points_of(grid)
    worker_count(jobs)
    if not fast:
        require("asic")
    distances = distances_of(run or [])
    stimulus = Stimulus(seed, events, min(timed_events, events), tuple(liberty or ()))
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(output_folder(out, force)) if out else None
        if fast:
            record = predict(grid, stimulus, distances)
        else:
            record = scan_grid(grid, stimulus, jobs, distances)
        if folder is not None:
            write_scan(record, folder)
    say(*told(record), *([out] if out else []))
    if all(row.reason for row in record.rows):
        raise CheckFailed("scan: no point has figures; the table says why")
