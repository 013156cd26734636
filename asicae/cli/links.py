"""``asicae links``."""

from typing import Annotated

import typer

from asicae.cli.options import DEFAULT_SEED, EncodersOf, Force, OutFile
from asicae.cli.output import say
from asicae.cli.table_help import CLASSES


def links(
    module_class: Annotated[
        list[str] | None,
        typer.Option("--class", help=f"Only this class: {CLASSES}, or its links; repeatable."),
    ] = None,
    events: Annotated[int, typer.Option(min=100, help="Crossings measured a class.")] = 1_500,
    fit_events: Annotated[
        int, typer.Option(min=100, help="Others, to which settings are fitted.")
    ] = 1_500,
    seed: Annotated[int, typer.Option(min=0, help="Of the events.")] = DEFAULT_SEED,
    run: EncodersOf = None,
    out: OutFile = None,
    force: Force = False,
) -> None:
    """Links that modules of each class need for a fidelity, by algorithm; docs/compare.md."""
    from asicae.comparison.links_needed import links_needed, modules_by_class
    from asicae.comparison.links_table import told
    from asicae.foundation.files import refuse_existing
    from asicae.metrics.transport import exact_solver
    from asicae.module.link_map import class_links
    from asicae.runs.trained_encoders import trained_encoders

    wanted = [class_links(text) for text in module_class or []]
    if out is not None:
        refuse_existing(out, force)
    exact_solver()  # before any work: it may be missing
    encoders = [trained_encoders(each) for each in run or []]
    classes = wanted or list(modules_by_class())
    record = links_needed(classes, events, fit_events, seed, encoders)
    if out is not None:
        record.save(out)
    say(*told(record), *([out] if out else []))
