"""How the inputs of a command are read and what is kept of them: options that commands share."""

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from asicae.cli.option_groups import with_group
from asicae.cli.table_help import NAMES

if TYPE_CHECKING:
    from asicae.readout.reading_settings import ReadingSettings

Layers = Annotated[str | None, typer.Option(help="Layers, as in 5,7-9.")]
Wafers = Annotated[list[str] | None, typer.Option("--wafer", help="Module U,V; repeatable.")]
Types = Annotated[str | None, typer.Option(help="Sensors: 0, 1, 2 = 120, 200, 300 µm.")]
Density = Annotated[str | None, typer.Option(help="HD or LD.")]
MinSignal = Annotated[
    float | None,
    typer.Option("--min-signal", help="At least this share of the event's signal energy, 0..1."),
]
ModuleClass = Annotated[
    str | None,
    typer.Option("--class", help="Modules of one class: {names of classes}, or their links."),
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
    module_class: ModuleClass = None
    skip_bad: SkipBad = False
    skip_partial: SkipPartial = False
    order: Order = None
    format: Format = None
    tree: Tree = None
    branch: Branches = None
    module: Module = None
    mux: Mux = None
    first_cell: First = "high"
    calibration: Calibration = "2048"

    def settings(self) -> "ReadingSettings":
        """All of it, as a run's settings hold it."""
        from asicae.foundation.validation import validated
        from asicae.readout.reading_settings import ReadingSettings

        return validated(ReadingSettings, self.given(), "reading option")

    def given(self) -> dict[str, Any]:
        """Those that differ from their defaults, by the names that settings have for them."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        given = {f.name: found[f.name] for f in fields(self) if found[f.name] != f.default}
        texts = {name: str(value) for name, value in given.items() if isinstance(value, Path)}
        lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
        return given | texts | lists

    def lasting(self) -> dict[str, Any]:
        """The same with files by paths that hold in any folder."""
        given = self.given()
        for name in ("mux", "calibration"):
            if name in given and Path(given[name]).is_file():
                given[name] = os.path.realpath(given[name])
        return given

    def of_run(self) -> dict[str, Any]:
        """Settings of a run: a class is wanted of its readouts, whether read or simulated."""
        reading = self.lasting()
        wanted = reading.pop("module_class", None)
        return {"reading": reading} | ({"class": wanted} if wanted is not None else {})


with_reading_options: Final = with_group("reading", ReadingOptions)
