"""Mistakes that have to be found, by name: the table of them, and all at once in one text.

``verification/named_mutants.toml`` is the table. In the text that ``planted`` gives, each mistake
of the control bench is there beside what is right, and a port of the top says which is made; so
that many of them take one build.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from asicae.campaigns.control_bench import TOP
from asicae.campaigns.mutants import Mutant
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_text, read_toml

TABLE: Final = "named_mutants.toml"
KEYS: Final = ("kind", "file", "finder", "old", "new")
Finder = Literal["bench", "lint", "proof"]
PORT: Final = f"{TOP}.mistake_i"
_ASSIGN: Final = re.compile(r"assign (\w+) = (.*);", re.DOTALL)
_CONDITION: Final = re.compile(r"if \((.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Named:
    """A mistake of a kind that has to be found, and by what.

    Attributes:
        kind: in words.
        finder: the cheapest that must find it.
        mutant: where it is, and what.
    """

    kind: str
    finder: Finder
    mutant: Mutant


def named_mutants(table: Path | None = None, rtl: Path | None = None) -> tuple[Named, ...]:
    """The table, the kit's own unless a path is given, on the files of ``rtl``.

    Raises:
        BadInput: no such file; an entry lacks a key or has an unknown one, its text does not stand
            exactly once in its file, or it changes nothing.
    """
    source = table or asset_folder("verification") / TABLE
    folder = rtl or asset_folder("rtl")
    entries = read_toml(source).get("mistake", [])
    return tuple(
        named
        for number, entry in enumerate(entries)
        for named in _named(f"{source}: mistake {number}", entry, folder)
    )


def _named(place: str, entry: Mapping[str, Any], folder: Path) -> Iterator[Named]:
    if sorted(entry) != sorted(KEYS) or entry["finder"] not in get_args(Finder):
        told = f"found {sorted(entry)}, finder {entry.get('finder')!r}"
        raise BadInput(f"{place}: {told}; allowed are {KEYS}, finder one of {get_args(Finder)}")
    text, old = read_text(folder / entry["file"]), entry["old"]
    if text.count(old) != 1:
        raise BadInput(f"{place}: {entry['file']} holds {old!r} {text.count(old)} times, not once")
    begin = text.index(old)
    for new in entry["new"]:
        if new == old:
            raise BadInput(f"{place}: {new!r} is what stands there")
        found = Mutant.at(entry["file"], text, "named", begin, begin + len(old), new)
        yield Named(entry["kind"], entry["finder"], found)


def planted(verilog: Mapping[str, str], chosen: Sequence[Named]) -> dict[str, str]:
    """Texts of files with all mistakes in them; the first is made where the port is 1.

    Raises:
        BadInput: two of them change parts of the same text that are not the same, or a file that
            is none of these.
    """
    places: dict[tuple[str, int, int], list[tuple[int, str]]] = {}
    for number, named in enumerate(chosen, start=1):
        m = named.mutant
        if m.file not in verilog:
            raise BadInput(f"{m.label}: the bench is not made of that file")
        places.setdefault((m.file, m.begin, m.end), []).append((number, m.new))
    done, last = dict(verilog), {file: len(text) for file, text in verilog.items()}
    for file, begin, end in sorted(places, reverse=True):
        if end > last[file]:
            raise BadInput(f"{file}: two mistakes change overlapping parts of it")
        last[file] = begin
        old = verilog[file][begin:end]
        text = done[file]
        done[file] = text[:begin] + _either(old, places[file, begin, end]) + text[end:]
    return done


def _either(old: str, others: Sequence[tuple[int, str]]) -> str:
    """What is right, or one of the others where the port says so."""
    assign, condition = _ASSIGN.fullmatch(old), _CONDITION.fullmatch(old)
    if assign:
        changed = [(number, _inside(_ASSIGN, new, 2)) for number, new in others]
        return f"assign {assign[1]} = {_chosen(assign[2], changed)};"
    if condition:
        changed = [(number, _inside(_CONDITION, new, 1)) for number, new in others]
        return f"if ({_chosen(condition[1], changed)})"
    if old.endswith(";"):
        cases = "".join(f"if ({PORT} == {number}) begin {new} end else " for number, new in others)
        return f"{cases}begin {old} end"
    tail = "," if old.endswith(",") else ""
    changed = [(number, new.removesuffix(",")) for number, new in others]
    return _chosen(old.removesuffix(","), changed) + tail


def _inside(pattern: re.Pattern[str], text: str, group: int) -> str:
    found = pattern.fullmatch(text)
    if found is None:
        raise BadInput(f"{TABLE}: {text!r} is not of the form of what it stands for")
    return found[group]


def _chosen(old: str, others: Sequence[tuple[int, str]]) -> str:
    cases = "".join(f"({PORT} == {number}) ? ({new}) : " for number, new in others)
    return f"({cases}({old}))"
