"""Help that names what the kit's tables hold: formats of readouts, engines, algorithms.

The tables load all that their rows need, so they are looked at only when this help is asked for.
"""

import functools
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from typer.core import TyperCommand

from asicae.foundation.errors import Interrupted

READ: Final = "{endings that are read}"
WRITTEN: Final = "{endings that are written}"
NAMES: Final = "{names of formats}"
ENGINES: Final = "{names of engines}"
ALGORITHMS: Final = "{names of algorithms}"
MICROARCHITECTURES: Final = "{names of microarchitectures}"
BANKS: Final = "{values of bank}"
VOTERS: Final = "{values of voters}"
MACS: Final = "{values of mac}"
WEIGHT_SETS: Final = "{values of weight_sets}"
REUSES: Final = "{values of reuse}"
_RUNS: Final = ("folder", "out")
"""Parameters that may name a run folder."""
_WRITTEN: Final = ("out", "picture")
"""Parameters that name what is made."""
STC_TYPES: Final = "{values of stc_type}"
CLASSES: Final = "{names of classes}"


class Command(TyperCommand):
    """A command in the help of whose parameters the words above stand for lists.

    Stopped by the user, it says how to go on.
    """

    def invoke(self, ctx: Any) -> Any:
        """Call the command.

        Raises:
            Interrupted: Ctrl-C.
            BadInput: a file that is given lies in a run and is not what its stage left.
        """
        _require_sealed(ctx.params)
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            run = next((ctx.params[n] for n in _RUNS if ctx.params.get(n)), None)
            words = ["asicae", *sys.argv[1:]]
            if run is not None and (run / "provenance.json").is_file():
                words = ["asicae", "run", str(run)]
            raise Interrupted(f"interrupted; go on with: {shlex.join(words)}") from None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, with the lists in it; the parser keeps the words that stand for them."""
        kept = [(p, p.help) for p in self.params if getattr(p, "help", None)]  # type: ignore[attr-defined]
        try:
            for parameter, text in kept:
                parameter.help = _with_lists(text)  # type: ignore[attr-defined]
            super().format_help(ctx, formatter)
        finally:
            for parameter, text in kept:
                parameter.help = text  # type: ignore[attr-defined]


def _with_lists(text: str) -> str:
    for words, values in _LISTS.items():
        if words in text:
            text = text.replace(words, ", ".join(values()))
    return text


def _require_sealed(given: Mapping[str, Any]) -> None:
    """Look at each file that a command is told to read, if it lies in a run folder."""
    words: list[Path | str] = []
    for name, value in given.items():
        listed = value if isinstance(value, list | tuple) else [value]
        words += [] if name in _WRITTEN else [w for w in listed if isinstance(w, Path | str)]
    if words:
        from asicae.runs.given import require_given

        require_given(words)


def _endings_read() -> Iterable[str]:
    from asicae.readout import format_table

    return format_table.endings()


def _endings_written() -> Iterable[str]:
    from asicae.readout import format_table

    return format_table.written_endings()


def _formats() -> Iterable[str]:
    from asicae.readout import format_table

    return format_table.names()


def _engines() -> Iterable[str]:
    from asicae.simulation.engines import table

    return table.compared_engines()


def _algorithms() -> Iterable[str]:
    from asicae.concentrator.algorithms import table

    return table.ALGORITHMS


def _microarchitectures() -> Iterable[str]:
    from asicae.chip import microarchitectures

    return microarchitectures.MICROARCHITECTURES


def _choices(name: str) -> Iterable[str]:
    from asicae.chip.configuration import choices

    return map(str, choices(name))


def _stc_types() -> Iterable[str]:
    from asicae.concentrator.algorithms import table

    return table.kinds("stc_type")


def _classes() -> Iterable[str]:
    from asicae.module import link_map

    return link_map.CLASSES


_LISTS: Final[dict[str, Callable[[], Iterable[str]]]] = {
    READ: _endings_read,
    WRITTEN: _endings_written,
    NAMES: _formats,
    ENGINES: _engines,
    ALGORITHMS: _algorithms,
    MICROARCHITECTURES: _microarchitectures,
    BANKS: functools.partial(_choices, "bank"),
    VOTERS: functools.partial(_choices, "voters"),
    MACS: functools.partial(_choices, "mac"),
    WEIGHT_SETS: functools.partial(_choices, "weight_sets"),
    REUSES: functools.partial(_choices, "reuse"),
    STC_TYPES: _stc_types,
    CLASSES: _classes,
}
