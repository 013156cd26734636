"""Small mistakes in the hand-written Verilog, and what finds them.

    python -m asicae.campaigns.mutation --each 4 --seed 1 --out docs/results/mutation.json

Draws that many mistakes of each file (all of them with ``--each 0``), and has each judged by a
linter, by proofs, by benches of blocks and by a chip against golden, or an encoder of frames
against its algorithm, until one of these finds it.
What was found is kept in ``--state``, so that a campaign that was ended goes on where it was, and a
change asks again for those verdicts alone that it may change. Writes the record, and beside it the
page (``.md``). Exits with 1 where tests find too few.
"""

import argparse
import random
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asicae.campaigns.kept_verdicts import PACKAGES, Kept, killers
from asicae.campaigns.mutant_killers import KILLERS, LINT, Court, Death
from asicae.campaigns.mutants import Mutant, mutants
from asicae.campaigns.mutation_page import page
from asicae.campaigns.record import publish, record
from asicae.campaigns.upset_tally import limits
from asicae.export.rtl import all_files
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_text, read_toml
from asicae.foundation.progress import step

NETWORK: Final = "small"
LEAST, LEAST_OF_FILE = 0.95, 0.90
"""Share of what is no equivalent and passes the linter that tests have to find."""
ENOUGH: Final = 10
"""Mistakes from which on the share of a file says something."""
EQUIVALENTS: Final = "equivalent_mutants.toml"
Key = tuple[str, str, int, str, str]
"""File, line without the blanks around it, column in that from 1, old and new text."""
TEXTS: Final = ("file", "line", "old", "new", "argument")


@dataclass(frozen=True)
class Judged:
    """A mutant, what killed it if anything did, or why nothing can."""

    mutant: Mutant
    death: Death | None
    argument: str = ""

    @property
    def survives(self) -> bool:
        """Whether it is a mistake that nothing finds."""
        return self.death is None and not self.argument


def main() -> None:
    """Judge, print the page, and write both; exit 1 where too many survive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=4, help="mutants of a file; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, default=Path("build/mutation.jsonl"))
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    everything = {file: mutants(file, read_text(path)) for file, path in _files()}
    chosen = drawn(everything, arguments.each, arguments.seed)
    with tempfile.TemporaryDirectory(prefix="asicae-mutation-") as name:
        court = Court(NETWORK, Path(name), arguments.seed)
        judged = judge_all(chosen, court, arguments.state)
    figures = tally(judged, {file: len(found) for file, found in everything.items()})
    done = record(
        arguments.seed,
        {
            "each": arguments.each,
            "network": NETWORK,
            "killers": list(KILLERS),
            "least": LEAST,
            "least_of_a_file": LEAST_OF_FILE,
        },
        figures,
        packages=PACKAGES,
        violations=violations(figures),
        measures_speed=False,
    )
    publish(done, page(done), arguments.out)


def _files() -> Iterable[tuple[str, Path]]:
    return ((name, asset_folder("rtl") / name) for name in all_files())


def drawn(everything: Mapping[str, Sequence[Mutant]], each: int, seed: int) -> list[Mutant]:
    """So many of each file, in the order of its text; all where ``each`` is 0."""
    found: list[Mutant] = []
    for file, known in everything.items():
        dice = random.Random(f"{seed} {file}")  # noqa: S311
        order = dice.sample(range(len(known)), len(known))
        places = order[:each] if each else order
        found += [known[place] for place in sorted(places)]
    return found


def key_of(mutant: Mutant) -> Key:
    """What an entry of the list of equivalents names."""
    return (mutant.file, mutant.before, mutant.column, mutant.old, mutant.new)


def equivalents(path: Path | None = None) -> dict[Key, str]:
    """Arguments by what they are of; the kit's own list unless a path is given.

    Raises:
        BadInput: no such file, or an entry lacks a key or has an unknown one.
    """
    source = path or asset_folder("verification") / EQUIVALENTS
    entries = read_toml(source).get("equivalent", [])
    found: dict[Key, str] = {}
    for number, entry in enumerate(entries):
        texts = [k for k in TEXTS if isinstance(entry.get(k), str) and (entry[k] or k == "new")]
        complete = len(texts) == len(TEXTS) and type(entry.get("column")) is int
        if not complete or len(entry) != len(TEXTS) + 1:
            allowed = f"allowed are texts for {', '.join(TEXTS)} and a number for column"
            raise BadInput(f"{source}: equivalent {number}: found {sorted(entry)}, {allowed}")
        key = (entry["file"], entry["line"], entry["column"], entry["old"], entry["new"])
        found[key] = entry["argument"]
    return found


def judge_all(chosen: Sequence[Mutant], court: Court, state: Path) -> list[Judged]:
    """The verdict on each; one in ``state`` stands while what made it is the same, but for what
    survives without an argument.
    """
    arguments = equivalents()
    kept = Kept(state, court.compiled, killers(court.network, court.seed))
    judged = []
    for number, mutant in enumerate(chosen, start=1):
        argument = arguments.get(key_of(mutant), "")
        death = kept.death(mutant)
        if death is None and not (argument and kept.survived(mutant)):
            step(f"mutant {number} of {len(chosen)}: {mutant.label}")
            with tempfile.TemporaryDirectory(prefix="asicae-mutant-") as name:
                death = court.judge(mutant, Path(name))
            step(f"  {'survives' if death is None else f'{death.by}: {death.said}'}")
            kept.keep(mutant, death)
        judged.append(Judged(mutant, death, argument))
    return judged


def tally(judged: Sequence[Judged], known: Mapping[str, int]) -> dict[str, Any]:
    """Counts in all and by file, and lists of survivors and equivalents."""
    files = {
        file: _counts([row for row in judged if row.mutant.file == file]) | {"mutants": count}
        for file, count in known.items()
    }
    return {
        "mutants": sum(known.values()),
        **_counts(judged),
        "by": {name: sum(_by(row) == name for row in judged) for name in KILLERS},
        "files": files,
        "survivors": [row.mutant.label for row in judged if row.survives],
        "equivalents": [
            {"mutant": row.mutant.label, "argument": row.argument}
            for row in judged
            if row.death is None and row.argument
        ],
    }


def _by(row: Judged) -> str:
    return "" if row.death is None else row.death.by


def _counts(judged: Sequence[Judged]) -> dict[str, Any]:
    lint = sum(_by(row) == LINT for row in judged)
    tests = sum(_by(row) not in ("", LINT) for row in judged)
    survivors = sum(row.survives for row in judged)
    asked = tests + survivors
    return {
        "judged": len(judged),
        "lint": lint,
        "tests": tests,
        "equivalent": len(judged) - lint - tests - survivors,
        "survive": survivors,
        "score": round(tests / asked, 4) if asked else None,
        "limits_95": [round(end, 4) for end in limits(tests, asked)] if asked else None,
    }


def violations(figures: Mapping[str, Any]) -> list[str]:
    """Shares that are too small, in words."""
    files = figures["files"].items()
    rows = [("all", figures, LEAST)]
    rows += [(f, row, LEAST_OF_FILE) for f, row in files if row["tests"] + row["survive"] >= ENOUGH]
    return [
        f"{name}: tests find {row['tests']} of {row['tests'] + row['survive']}, "
        f"which is under {least:.0%}"
        for name, row, least in rows
        if row["score"] is not None and row["score"] < least
    ]


if __name__ == "__main__":
    main()
