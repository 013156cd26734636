"""``asicae compare``."""

from pathlib import Path
from typing import Annotated

import typer

from asicae.cli.options import Force, OutTable
from asicae.cli.output import say
from asicae.foundation.errors import BadInput

TABLE_ENDING, PICTURE_ENDING = ".csv", ".png"


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, two or more.", metavar="RUN...")],
    metric: Annotated[
        list[str] | None,
        typer.Option(help="Instead of the headlines: a metric, * for any text; repeatable."),
    ] = None,
    out: OutTable = None,
    picture: Annotated[
        Path | None, typer.Option(help="EMD against links, a line for each run, .png.")
    ] = None,
    force: Force = False,
) -> None:
    """Runs side by side: in which settings they differ, and what each measured."""
    from asicae.foundation.files import refuse_existing, write_bytes, write_text
    from asicae.report import side_by_side as drawn
    from asicae.runs.side_by_side import as_csv, side_by_side, told

    for path, ending in ((out, TABLE_ENDING), (picture, PICTURE_ENDING)):
        if path is not None:
            if path.suffix != ending:
                raise BadInput(f"{path}: found ending {path.suffix!r}, allowed is {ending}")
            refuse_existing(path, force)
    found = side_by_side(runs)
    lines = list(told(found, metric or ()))
    curves = found.curves()
    if picture is not None and not curves:
        raise BadInput("--picture: none of these runs has measured the EMD of its autoencoder")
    image = drawn.picture(curves) if picture is not None else b""
    say(*lines)
    if out is not None:
        say(write_text(out, as_csv(found)))
    if picture is not None:
        say(write_bytes(picture, image))
