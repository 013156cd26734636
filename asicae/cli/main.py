"""The command line: parse, call one function, print."""

import functools
import io
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
import typer.main

from asicae import __version__
from asicae.cli.checks import estimate, verify
from asicae.cli.comparing import compare
from asicae.cli.crossings import crossings
from asicae.cli.data import data_app
from asicae.cli.doctor import doctor
from asicae.cli.exports import export_hls, export_registers, export_rtl
from asicae.cli.fit import fit
from asicae.cli.frames import decode, encode
from asicae.cli.layout import layout
from asicae.cli.library import library_app
from asicae.cli.links import links
from asicae.cli.netlist import check_netlist
from asicae.cli.runs import check, import_model, report, run, settings
from asicae.cli.scan import scan
from asicae.cli.search import search
from asicae.cli.table_help import Command
from asicae.cli.training import evaluate, freeze, train
from asicae.cli.weights import weights_app
from asicae.foundation.errors import AsicaeError, BadInput, CheckFailed
from asicae.foundation.printable import printable

app = typer.Typer(
    help="From sensor readouts to a verified, reloadable front-end ASIC autoencoder.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
GROUPS: dict[str, dict[str, Callable[..., None]]] = {
    "The whole path": {
        "run": run,
        "settings": settings,
        "check": check,
        "report": report,
        "compare": compare,
        "doctor": doctor,
    },
    "Readouts and algorithms": {
        "encode": encode,
        "decode": decode,
        "fit": fit,
        "links": links,
        "crossings": crossings,
    },
    "Networks and weights": {
        "train": train,
        "freeze": freeze,
        "import": import_model,
        "evaluate": evaluate,
    },
    "The chip": {
        "export-rtl": export_rtl,
        "export-hls": export_hls,
        "export-registers": export_registers,
    },
    "Proof": {"verify": verify, "check-netlist": check_netlist},
    "Estimates": {"estimate": estimate, "scan": scan, "search": search, "layout": layout},
}
"""Commands as the help lists them, in the order of work."""
COMMANDS = {name: command for group in GROUPS.values() for name, command in group.items()}
for _group, _commands in GROUPS.items():
    for _name, _command in _commands.items():
        app.command(_name, cls=Command, rich_help_panel=_group)(_command)
app.add_typer(data_app, name="data", rich_help_panel="Readouts and algorithms")
app.add_typer(weights_app, name="weights", rich_help_panel="Networks and weights")
app.add_typer(library_app, name="library", rich_help_panel="Networks and weights")


# Typer has a copy of click of its own, or takes the package: this holds for both.
_UsageError: type[Any] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    del debug  # read by main() before parsing, so that it also covers parsing itself
    if version:
        typer.echo(__version__)
        raise typer.Exit


@functools.cache
def _parser() -> Any:
    """The commands with their options, which take longer to put together than many of them."""
    parser = typer.main.get_command(app)
    pending = [parser]
    while pending:
        command = pending.pop()
        command.context_settings["help_option_names"] = ["-h", "--help"]
        pending += getattr(command, "commands", {}).values()
    return parser


def main() -> None:
    """Entry point of the ``asicae`` command: errors become one line and an exit code."""
    debug = "--debug" in sys.argv
    for stream in (sys.stdout, sys.stderr):
        # What the encoding of the terminal lacks is shown as an escape, and is no failure.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _parser()(standalone_mode=False)
    except _UsageError as error:
        _explain_usage(error)
        sys.exit(error.exit_code)
    except AsicaeError as error:
        if debug:
            raise
        _explain(str(error))
        sys.exit(error.exit_code)
    except MemoryError as error:
        if debug:
            raise
        _explain(f"out of memory ({error or 'no more is given'})")
        sys.exit(CheckFailed.exit_code)
    except OSError as error:
        # A folder that cannot be written, a full disk: the system's own reason, in one line.
        if debug:
            raise
        _explain(f"{error.filename or 'file'}: {error.strerror or error}")
        sys.exit(BadInput.exit_code)
    if isinstance(code, int):  # of `typer.Exit`; commands return nothing
        sys.exit(code)


def _explain_usage(error: Any) -> None:
    """Words on the command line that cannot be used; without any, help is not called an error."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    path = error.ctx.command_path if error.ctx else "asicae"
    message = " ".join(error.format_message().replace("Value error, ", "").split())
    _explain(f"{message} (see {path} --help)")


def _explain(message: str) -> None:
    print(f"asicae: {printable(message)}", file=sys.stderr)


if __name__ == "__main__":
    main()
