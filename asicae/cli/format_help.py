"""Help that names the formats of readouts, from their table.

The table loads what every format needs, so that it is looked at only when this help is asked for.
"""

from typing import Any

from typer.core import TyperCommand

READ = "{endings that are read}"
WRITTEN = "{endings that are written}"
NAMES = "{names of formats}"


class Command(TyperCommand):
    """A command in the help of whose parameters the words above stand for lists."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, with the lists in it."""
        for parameter in self.params:
            text = getattr(parameter, "help", None) or ""
            if any(words in text for words in (READ, WRITTEN, NAMES)):
                parameter.help = _filled(text)  # type: ignore[attr-defined]
        super().format_help(ctx, formatter)


def _filled(text: str) -> str:
    from asicae.readout import format_table as table

    lists = {READ: table.endings(), WRITTEN: table.written_endings(), NAMES: table.names()}
    for words, values in lists.items():
        text = text.replace(words, ", ".join(values))
    return text
