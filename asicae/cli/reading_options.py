"""How the inputs of a command are read and what is kept of them: options that commands share."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from asicae.cli.table_help import NAMES

if TYPE_CHECKING:
    from asicae.readout.options import Options
    from asicae.readout.rejected import Rejected
    from asicae.readout.selection import Selection

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
        help=f"Of the input: {NAMES}.",
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
class ReadingOptions:
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


def with_reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` with an option for each field of its argument ``reading``."""

    @functools.wraps(command)
    def with_options(**values: Any) -> None:
        chosen = {field.name: values.pop(field.name) for field in fields(ReadingOptions)}
        command(**values, reading=ReadingOptions(**chosen))

    keyword = inspect.Parameter.KEYWORD_ONLY
    own = inspect.signature(command).parameters.values()
    parameters = [p.replace(kind=keyword) for p in own if p.name != "reading"]
    parameters += [
        inspect.Parameter(field.name, keyword, default=field.default, annotation=field.type)
        for field in fields(ReadingOptions)
    ]
    with_options.__annotations__ = {p.name: p.annotation for p in parameters}
    # What the parser of the command line looks at.
    with_options.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return with_options
