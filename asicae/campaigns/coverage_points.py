"""What Verilator counted in simulations: statements, ways that a decision goes, bits that toggle.

Counts of all instances of a module, of all its parameters and of all simulations are added up.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal

from asicae.foundation.errors import BadInput

Kind = Literal["line", "branch", "toggle"]
KINDS: Final[tuple[Kind, ...]] = ("line", "branch", "toggle")
DECISIONS: Final = ("if", "else", "elsif", "case", "cond_then", "cond_else")
"""Names of the ways: of ``if``, ``case`` and ``?:``."""
_POINT: Final = re.compile(r"C '(?P<fields>.*)' (?P<count>\d+)")
_FIELD, _VALUE = "\x01", "\x02"
_LINES: Final = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, order=True)
class Point:
    """Something that was counted.

    Attributes:
        file: in ``rtl/``, with a slash.
        line, column: where it begins, from 1.
        name: ``block`` or one of ``DECISIONS`` of statements; of a bit ``data_i[3]:0->1``.
        toggles: whether it is of a bit.
        lines: those of the statements that are run.
    """

    file: str
    line: int
    column: int
    name: str
    toggles: bool
    lines: tuple[int, ...] = ()


Counts = Counter[Point]
"""How often, by what was counted."""
Place = tuple[str, int, str]
"""File, line, and what it is: ``run``, a way, or a bit and its direction."""


def parsed(text: str, files: Mapping[str, str], place: str) -> Counts:
    """Counts of what Verilator wrote.

    Args:
        text: of its file.
        files: what each is called in ``rtl/``, by its name without the folder that it was compiled
            in; others are left out.
        place: what the text is called in messages.

    Raises:
        BadInput: a line that is no count.
    """
    found: Counts = Counter()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            continue
        match = _POINT.fullmatch(line)
        try:
            fields = _fields(match["fields"]) if match else {}
            name = PurePath(fields["f"]).name
            if name not in files:
                continue
            point = Point(
                files[name],
                int(fields["l"]),
                int(fields["n"]),
                fields["o"],
                fields["t"] == "toggle",
                _numbers(fields.get("S", "")),
            )
        except (KeyError, ValueError):
            told = f"found {line:.60}, allowed is a count of Verilator"
            raise BadInput(f"{place}: line {number}: {told}") from None
        found[point] += int(match["count"]) if match else 0
    return found


def _fields(text: str) -> dict[str, str]:
    pairs = (field.split(_VALUE) for field in text.split(_FIELD) if field)
    return dict(pairs)


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers of ``3,5-7``."""
    found: list[int] = []
    for part in text.split(",") if text else ():
        match = _LINES.fullmatch(part)
        if match is None:
            raise ValueError(part)
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    return tuple(found)


def places(counts: Mapping[Point, int], kind: Kind) -> dict[Place, bool]:
    """Whether each place of a kind was covered.

    A line is where all that begins in it was run, of an ``if`` the way that it opens; a branch is
    where its way was taken, a toggle where the bit went that way in any instance.
    """
    found: dict[Place, bool] = {}
    for point, count in sorted(counts.items()):
        for place in _places_of(point, kind):
            # A line has to be run by all of its statements, a bit has one count alone.
            found[place] = found.get(place, True) and count > 0
    return found


def _places_of(point: Point, kind: Kind) -> Iterable[Place]:
    if point.toggles:
        return [(point.file, point.line, point.name)] if kind == "toggle" else []
    if kind == "line":
        # Both ways of ?: are on a line that is run.
        own = point.lines if not point.name.startswith("cond") else ()
        return [(point.file, line, "run") for line in own]
    if kind == "branch" and point.name in DECISIONS:
        return [(point.file, point.line, f"{point.name} at column {point.column}")]
    return []
