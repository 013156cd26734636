"""The arguments and options that commands share, each defined once."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from asicae.cli.table_help import READ, WRITTEN

DEFAULT_SEED = 1
"""Of what is drawn, unless given."""
DEFAULT_NETWORK: Final = "econ-t"
"""Of an export, unless given."""
OUT: Final = "--out"
NETWORK: Final = "--network"
FORCE: Final = "--force"
SETTINGS: Final = "--settings"
"""Words of options, for what tells a command to type."""


def _out(ending: str = "") -> Any:
    return typer.Option(OUT, "-o", help=f"Where the result goes{ending}.")


def _network(help: str) -> Any:
    return typer.Option(NETWORK, "-n", help=help)


def settings_option(help: str | None = None) -> Any:
    """``--settings``, a file whose keys depend on the command."""
    return typer.Option(SETTINGS, "-s", help=help)


Out = Annotated[Path, _out()]
OutUnlessRun = Annotated[Path | None, _out("; a run has a place for it")]
OutUnlessPrinted = Annotated[Path | None, _out(", a folder; without it only what is printed")]
OutFile = Annotated[Path | None, _out(", .json; without it only what is printed")]
OutBits = Annotated[Path | None, _out(", .csv: a line a bit, ranked; without it a summary")]
OutTable = Annotated[Path | None, _out(", .csv: all settings and metrics")]
OutReadouts = Annotated[Path, _out(f"; its ending says the format: {WRITTEN}")]
OutSettings = Annotated[Path, _out(", .toml")]
OutModel = Annotated[Path, _out(", with the ending of the model")]
OutArchive = Annotated[Path, _out(", .npz")]
Scheduler = Annotated[
    str | None,
    typer.Option(help="Of a Dask cluster, as in tcp://HOST:8786; else of this machine."),
]
Force = Annotated[bool, typer.Option(FORCE, help="Replace what exists.")]
Run = Annotated[Path, typer.Argument(help="A run folder, made by `asicae run`.")]
EncodersOf = Annotated[
    list[Path] | None,
    typer.Option(
        "--run",
        help="With the autoencoder of this run, and its Hybrid Choice, as further codes; "
        "repeatable: runs of a class are for its modules, another one for all others.",
    ),
]
NetworkName = Annotated[str, _network("A preset, or a network.json of your own.")]
OfWeights = Annotated[
    str | None,
    _network(
        f"A preset, or a network.json of your own; {DEFAULT_NETWORK} unless given. Not of a"
        " library, which brings its own."
    ),
]
OfExport = Annotated[
    str | None,
    _network(f"A preset, or a network.json of your own; {DEFAULT_NETWORK} unless given."),
]
OfRun = Annotated[str | None, _network("A preset (econ-t unless settings say else) or a file.")]
InsteadOfFolder = Annotated[str | None, _network("Instead: a preset or a description.")]
OfAutoencoder = Annotated[str | None, _network("Of the autoencoder; preset or file.")]
Inputs = Annotated[
    list[str],
    typer.Argument(help=f"Files or globs: {READ}.", metavar="IN..."),
]
