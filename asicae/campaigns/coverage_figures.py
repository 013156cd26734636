"""How much of each hand-written file was covered, where the holes are, and what fails."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from asicae.campaigns.coverage_points import KINDS, Counts, Kind, Place, places
from asicae.campaigns.coverage_waivers import Waiver, judged
from asicae.foundation.files import read_text

LEAST: Final[Mapping[Kind, float]] = {"line": 0.98, "branch": 0.98}
"""Share of what is not waived that has to be covered, over all files. Of toggles none: bits that no
number of a small chip reaches are many, and are listed."""
Figures = dict[str, Any]


def code_figures(
    counts: Counts, files: Iterable[str], rows: Sequence[Waiver], rtl: Path
) -> Figures:
    """Of the Verilog in ``rtl``, whose ``files`` have slashes: covered, waived and of, by kind."""
    by_file: dict[str, dict[str, Any]] = {file: {} for file in files}
    total: dict[str, Any] = {}
    holes: dict[str, list[str]] = {}
    used: dict[Waiver, int] = dict.fromkeys(rows, 0)
    for kind in KINDS:
        found = places(counts, kind)
        verdict = judged(kind, (place for place, taken in found.items() if not taken), rows, rtl)
        waived = [place for taken in verdict.waived.values() for place in taken]
        for file, row in by_file.items():
            row[kind] = _share(_of(found, file), _of(verdict.holes, file), _of(waived, file))
        total[kind] = _share(found, verdict.holes, waived)
        holes[kind] = _told(verdict.holes, rtl)
        used |= {row: len(taken) for row, taken in verdict.waived.items()}
    return {
        "files": by_file,
        "total": total,
        "holes": holes,
        "waivers": [
            {"kind": row.kind, "file": row.file, "text": row.text, "point": row.point}
            | {"reason": row.reason, "holes": count}
            for row, count in used.items()
        ],
    }


def _of(found: Iterable[Place], file: str) -> list[Place]:
    return [place for place in found if place[0] == file]


def _share(found: Iterable[Place], holes: Iterable[Place], waived: Iterable[Place]) -> Figures:
    of, left, without = (sum(1 for _ in part) for part in (found, holes, waived))
    return {"covered": of - left - without, "waived": without, "of": of}


def _told(holes: Iterable[Place], rtl: Path) -> list[str]:
    """A line for each line of Verilog with holes: where, how many, the first ones, the text."""
    lines: dict[tuple[str, int], list[str]] = {}
    for file, line, name in holes:
        lines.setdefault((file, line), []).append(name)
    texts = {file: read_text(rtl / file).splitlines() for file, _ in lines}
    return [
        f"{file}:{line}: {_names(names)} in `{texts[file][line - 1].strip()}`"
        for (file, line), names in sorted(lines.items())
    ]


def _names(names: Sequence[str]) -> str:
    """The first of them, and how many there are."""
    first = ", ".join(names[:3])
    return first if len(names) <= 3 else f"{first} and {len(names) - 3} more"


def share(row: Mapping[str, int]) -> float | None:
    """Of what is not waived; None where there is nothing to cover."""
    of = row["of"] - row["waived"]
    return row["covered"] / of if of else None


def code_violations(figures: Figures) -> list[str]:
    """Files that nothing simulates, kinds of which too little is covered, waivers of no hole."""
    told = [
        f"{file}: no simulation has it"
        for file, row in figures["files"].items()
        if not any(row[kind]["of"] for kind in KINDS)
    ]
    for kind, least in LEAST.items():
        found = share(figures["total"][kind])
        if found is None or found < least:
            seen = "nothing" if found is None else f"{found:.2%}"
            told.append(f"{kind} coverage is {seen}, at least {least:.0%} is asked for")
    told += [
        f"the waiver of {row['kind']} of {row['file']}, `{row['text']}`, {row['point']}, is of no "
        "hole"
        for row in figures["waivers"]
        if not row["holes"]
    ]
    return told
