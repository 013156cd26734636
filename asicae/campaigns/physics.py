"""All codes by regime, on the mixture and on classes of modules, over several seeds.

    python -m asicae.campaigns.physics --out docs/results/physics.json

Each seed draws its own events and trains its own weight sets and networks of Hybrid Choice, by the
stages of a run that train and compare, with less time than the demo has. The links that each class
needs, and whole crossings, are measured once, with what the first seed trained among the codes.
Writes the record, and beside it the table (``.md``) and the picture (``.png``). Exits with 1 where
Adaptive Choice is not as far below the chip's own codes of fixed rate as it should be.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from asicae.campaigns.physics_goals import short_of_goals
from asicae.campaigns.physics_pages import picture, table
from asicae.campaigns.physics_row import DENSE, MIXTURE, Row, rows_of
from asicae.campaigns.record import Record, publish, record
from asicae.comparison.crossings import Asked, measure_crossings
from asicae.comparison.crossings_record import CrossingsRecord
from asicae.comparison.links_needed import links_needed, modules_by_class
from asicae.comparison.links_record import LinksRecord
from asicae.comparison.record import COMPARISON_FILE, ComparisonRecord
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json
from asicae.foundation.json_record import JsonRecord
from asicae.foundation.validation import short, validated
from asicae.runs.job import Job
from asicae.runs.kinds import kind_of
from asicae.runs.settings import RunSettings
from asicae.runs.trained_encoders import trained_encoders

PACKAGES: Final = ("numpy", "pot", "qkeras-v3", "tensorflow")
MODULES: Final = (MIXTURE, "typical", DENSE)
STAGES: Final = ("readouts", "train", "hybrid", "compare")
LINK_EVENTS: Final = 1_500
CROSSINGS: Final = 200
TOWER_CROSSINGS: Final = 20
DIGITS: Final = 5
"""Behind the point of a distance in the record: its statistical error is in the third."""
PT_GEV: Final = (10.0, 50.0)
BUDGET: Final[Mapping[str, Any]] = {
    "source": {"events": 24_000},
    "train": {"epochs": 14, "next_epochs": 5, "fine_tune_epochs": 1, "hidden": [256, 256]},
    "hybrid": {"epochs": 3},
    "compare": {"choice_events": 400, "spreading_epochs": 5, "classes": []},
    "validation_events": 1_500,
    "test_events": 2_500,
}
"""Settings of each run unless others are given: about two minutes of one core."""


class PhysicsFigures(JsonRecord):
    """What the record of this campaign says."""

    rows: list[Row]
    links: LinksRecord
    crossings: CrossingsRecord


def main() -> None:
    """Measure, print the tables, write record, tables and picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=Path, help="of each run, JSON")
    parser.add_argument("--modules", nargs="+", default=list(MODULES), help="mixture, classes")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each kind of modules")
    parser.add_argument("--seed", type=int, default=1, help="the first of them")
    parser.add_argument("--link-events", type=int, default=LINK_EVENTS, help="crossings a class")
    parser.add_argument("--crossings", type=int, default=CROSSINGS, help="whole ones of a kind")
    parser.add_argument(
        "--runs", type=Path, required=True, help="folder of the runs, which are gone on with"
    )
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    if MIXTURE not in arguments.modules:
        modules = " ".join(arguments.modules)
        parser.error(f"--modules: found {modules}, {MIXTURE} has to be among them")
    given = read_json(arguments.settings) if arguments.settings else BUDGET
    found: dict[str, list[ComparisonRecord]] = {modules: [] for modules in arguments.modules}
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        for modules, records in found.items():
            settings = run_settings(given, modules, seed)
            records.append(compared(settings, arguments.runs / f"{modules}-{seed}"))
    rows = [row for modules, records in found.items() for row in rows_of(modules, records)]
    first = [arguments.runs / f"{modules}-{arguments.seed}" for modules in arguments.modules]
    encoders = [trained_encoders(run) for run in first]
    many = arguments.link_events
    links = links_needed(list(modules_by_class()), many, many, arguments.seed, encoders)
    towers = min(TOWER_CROSSINGS, arguments.crossings)
    asked = Asked(arguments.crossings, towers, many, PT_GEV, None, arguments.seed)
    crossings = measure_crossings(asked, encoders)
    made = _record(arguments, given, rows, links, crossings)
    publish(made, page_of(made), arguments.out, picture(rows))


def page_of(found: Record) -> str:
    """What stands beside a record: its tables, from nothing but the record.

    Raises:
        BadInput: a record of another campaign.
    """
    figures = validated(PhysicsFigures, found.figures, "figures")
    given = found.settings.get("of_each_run")
    if not isinstance(given, Mapping):
        raise BadInput(
            f"settings: of_each_run: found {short(given)}, allowed are settings of a run"
        )
    return table(figures.rows, figures.links, figures.crossings, found.command, given)


def run_settings(given: Mapping[str, Any], modules: str, seed: int) -> RunSettings:
    """Settings of the run of one seed: of events, training and network for what is not sent.

    Raises:
        BadInput: settings that do not fit, no such class.
    """
    values: dict[str, Any] = dict(given)
    for name, key, number in (
        ("source", "seed", 100 + seed),
        ("train", "seed", seed),
        ("compare", "spreading_seed", seed),
        ("compare", "pileup_seed", 200 + seed),
    ):
        before = values.get(name) or RunSettings.model_fields[name].default.model_dump()
        values[name] = {**before, key: number}
    if modules != MIXTURE:
        # What a class decides about the source is not what the mixture would.
        kept = {k: v for k, v in values["source"].items() if k in ("events", "seed")}
        values |= {"class": modules, "source": kept}
    return validated(RunSettings, values, "campaign")


def stages_of(settings: RunSettings) -> list[str]:
    """Names of the stages that train what settings ask for, and compare it."""
    return [stage.name for stage in kind_of(settings).stages if stage.name in STAGES]


def compared(settings: RunSettings, run: Path) -> ComparisonRecord:
    """The comparison of a run with these settings, made or gone on with in a folder."""
    Job.create(run, settings).run(stages_of(settings))
    return ComparisonRecord.load(run / COMPARISON_FILE)


def _rounded(row: Row) -> Row:
    return row.model_copy(update={"emd": [round(emd, DIGITS) for emd in row.emd]})


def _record(
    arguments: argparse.Namespace,
    given: Mapping[str, Any],
    rows: Sequence[Row],
    links: LinksRecord,
    crossings: CrossingsRecord,
) -> Record:
    return record(
        arguments.seed,
        {
            "modules": arguments.modules,
            "seeds": arguments.seeds,
            "of_each_run": given,
            "link_events": links.events,
            "crossings": crossings.events,
        },
        {
            "rows": [_rounded(row).model_dump() for row in rows],
            "links": links.model_dump(mode="json"),
            "crossings": crossings.model_dump(mode="json"),
        },
        packages=PACKAGES,
        violations=short_of_goals(rows),
        measures_speed=False,
    )


if __name__ == "__main__":
    main()
