"""``asicae crossings``."""

from typing import Annotated

import typer

from asicae.cli.options import DEFAULT_SEED, EncodersOf, Force, OutFile
from asicae.cli.output import say


def crossings(
    links: Annotated[
        int | None,
        typer.Option(min=1, max=13, help="Of every module, else those of its class in the map."),
    ] = None,
    events: Annotated[
        int, typer.Option(min=50, help="Crossings with an electron, and as many with a pion.")
    ] = 200,
    whole: Annotated[
        int, typer.Option(min=1, help="Of each of these, crossings whose towers are measured.")
    ] = 20,
    fit_events: Annotated[
        int, typer.Option(min=100, help="Of each class, to which settings are fitted.")
    ] = 1_500,
    pt_min: Annotated[float, typer.Option(help="Smallest transverse momentum, GeV.")] = 10.0,
    pt_max: Annotated[float, typer.Option(help="Largest.")] = 50.0,
    layers: Annotated[
        str | None, typer.Option(help="Only trigger layers among these, as in 1-13,27.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the events.")] = DEFAULT_SEED,
    run: EncodersOf = None,
    out: OutFile = None,
    force: Force = False,
) -> None:
    """Trigger towers, positions and electrons against pions of whole crossings after each code."""
    from asicae.comparison.crossings import Asked, measure_crossings
    from asicae.comparison.crossings_table import told
    from asicae.foundation.errors import BadInput
    from asicae.foundation.files import refuse_existing
    from asicae.metrics.transport import exact_solver
    from asicae.runs.trained_encoders import trained_encoders
    from asicae.source.settings import layers_from

    if whole > events:
        raise BadInput(f"whole is {whole}, allowed are the {events} of --events or fewer")
    if out is not None:
        refuse_existing(out, force)
    exact_solver()  # before any work: it may be missing
    seen = None if layers is None else layers_from(layers)
    asked = Asked(events, whole, fit_events, (pt_min, pt_max), links, seed, seen)
    record = measure_crossings(asked, [trained_encoders(each) for each in run or []])
    if out is not None:
        record.save(out)
    say(*told(record), *([out] if out else []))
