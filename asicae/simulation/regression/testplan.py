"""The testplan as data, and what a regression says about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import yaml

from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_text

Stage = Literal["block", "chip", "design"]
Verdict = Literal["passed", "failed", "not run"]


@dataclass(frozen=True)
class Goal:
    """One point of the plan; ``tests`` are ``folder.module.test`` below ``verification/``."""

    name: str
    stimulus: str
    checking: str
    stage: Stage
    tests: tuple[str, ...]


def load(path: Path | None = None) -> tuple[Goal, ...]:
    """Read a testplan, by default the kit's own.

    Raises:
        BadInput: unreadable, or an entry lacks a key or has an unknown one.
    """
    source = path or asset_folder("verification") / "testplan.yaml"
    try:
        entries = yaml.safe_load(read_text(source))
    except yaml.YAMLError as error:
        raise BadInput(f"{source}: not valid YAML ({str(error).splitlines()[0]})") from None
    if not isinstance(entries, list):
        raise BadInput(f"{source}: found {type(entries).__name__}, expected a list of goals")
    return tuple(_goal(source, index, entry) for index, entry in enumerate(entries))


def verdicts(goals: Iterable[Goal], passed: Mapping[str, bool]) -> dict[str, Verdict]:
    """Verdict of each goal from its tests' results; one test that did not run is "not run"."""
    return {goal.name: _verdict([passed.get(test) for test in goal.tests]) for goal in goals}


def _goal(source: Path, index: int, entry: object) -> Goal:
    keys = ("name", "stimulus", "checking", "stage", "tests")
    if not isinstance(entry, dict) or sorted(map(str, entry)) != sorted(keys):
        raise BadInput(f"{source}: goal {index} has keys {entry!r:.80}, expected {', '.join(keys)}")
    if entry["stage"] not in get_args(Stage):
        raise BadInput(
            f"{source}: goal {index}: stage {entry['stage']!r}, allowed: {get_args(Stage)}"
        )
    return Goal(
        str(entry["name"]),
        str(entry["stimulus"]),
        str(entry["checking"]),
        entry["stage"],
        tuple(str(test) for test in entry["tests"]),
    )


def _verdict(results: list[bool | None]) -> Verdict:
    if False in results:
        return "failed"
    return "not run" if None in results else "passed"
