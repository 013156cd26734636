"""Holes of coverage that are none, each with the reason: ``verification/coverage_waivers.toml``.

A row names the text of a line, of one file or of any, and which bits or ways of it it is of.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asicae.campaigns.coverage_points import KINDS, Place
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_text, read_toml

TABLE: Final = "coverage_waivers.toml"
KEYS: Final = ("file", "kind", "text", "point", "reason")
EXPRESSIONS: Final = ("text", "point")
ANY_FILE: Final = "*"


@dataclass(frozen=True)
class Waiver:
    """Holes of one kind at all lines that read ``text``, or of a function that begins so.

    Attributes:
        file: in ``rtl/``, or ``*``.
        kind: line, branch or toggle.
        text: regular expression of the whole line, without the blanks around it.
        point: regular expression of the whole name of the point (see ``coverage_points.Place``).
        reason: why nothing can cover it, or need.
    """

    file: str
    kind: str
    text: str
    point: str
    reason: str

    def meets(self, kind: str, place: Place, lines: Sequence[str]) -> bool:
        """Whether it is of a hole of ``kind`` at ``place``, of which ``lines`` may be named."""
        return (
            self.kind == kind
            and self.file in (ANY_FILE, place[0])
            and any(re.fullmatch(self.text, line) for line in lines)
            and re.fullmatch(self.point, place[2]) is not None
        )


def waivers(path: Path | None = None) -> tuple[Waiver, ...]:
    """Those of a table; the kit's own unless a path is given.

    Raises:
        BadInput: a row with other keys or kinds, or an expression that is none.
    """
    source = path or asset_folder("verification") / TABLE
    return tuple(
        _waiver(f"{source}: waiver {number}", row)
        for number, row in enumerate(read_toml(source).get("waiver", []), start=1)
    )


def _waiver(place: str, row: Mapping[str, object]) -> Waiver:
    found = Waiver(**_texts(place, row, KEYS))
    if found.kind not in KINDS:
        raise BadInput(f"{place}: kind {found.kind!r}, allowed are {', '.join(KINDS)}")
    return found


def _texts(place: str, row: Mapping[str, object], keys: Sequence[str]) -> dict[str, str]:
    """A row of texts, of which some are regular expressions."""
    if sorted(row) != sorted(keys) or not all(isinstance(v, str) and v for v in row.values()):
        raise BadInput(f"{place}: found {sorted(row)}, allowed are texts for {sorted(keys)}")
    texts = {key: str(row[key]) for key in keys}
    for key in EXPRESSIONS:
        try:
            re.compile(texts.get(key, ""))
        except re.error as error:
            raise BadInput(f"{place}: {key} is no regular expression ({error})") from None
    return texts


@dataclass(frozen=True)
class Unreachable:
    """Functional points that nothing can meet: an expression of their whole names, and why."""

    point: str
    reason: str

    def meets(self, name: str) -> bool:
        """Whether it is of that point."""
        return re.fullmatch(self.point, name) is not None


def unreachable(path: Path | None = None) -> tuple[Unreachable, ...]:
    """Those of a table; errors as ``waivers``."""
    source = path or asset_folder("verification") / TABLE
    rows = enumerate(read_toml(source).get("unreachable", []), start=1)
    return tuple(
        Unreachable(**_texts(f"{source}: unreachable {number}", row, ("point", "reason")))
        for number, row in rows
    )


@dataclass(frozen=True)
class Judged:
    """Holes of one kind that are left, and how many each waiver took."""

    holes: tuple[Place, ...]
    waived: Mapping[Waiver, tuple[Place, ...]]


def judged(kind: str, holes: Iterable[Place], rows: Sequence[Waiver], rtl: Path) -> Judged:
    """The first waiver that meets a hole takes it; ``rtl`` is the folder of the files."""
    texts: dict[str, list[str]] = {}
    taken: dict[Waiver, list[Place]] = {row: [] for row in rows if row.kind == kind}
    left = []
    for place in holes:
        file, line, _ = place
        if file not in texts:
            texts[file] = read_text(rtl / file).splitlines()
        named = _named(texts[file], line)
        row = next((row for row in taken if row.meets(kind, place, named)), None)
        if row is None:
            left.append(place)
        else:
            taken[row].append(place)
    return Judged(tuple(left), {row: tuple(places) for row, places in taken.items()})


def _named(texts: Sequence[str], line: int) -> list[str]:
    """The line, without the blanks around it, and that which begins the function that it is in."""
    found = [texts[line - 1].strip()]
    for text in reversed(texts[: line - 1]):
        if text.strip().startswith("endfunction"):
            break
        if text.strip().startswith("function "):
            return [*found, text.strip()]
    return found
