"""The testplan as data, and what a regression says about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

import yaml

from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_text
from asicae.simulation.regression.record import (
    GoalResult,
    GoalsRecord,
    Stage,
    TestResult,
    Verdict,
)


@dataclass(frozen=True)
class Result:
    """What became of a test, and the seconds that it took."""

    passed: bool
    seconds: float


OF_PYTEST: Final = "tests/"
"""How the names of tests begin that need no cocotb."""


@dataclass(frozen=True)
class Goal:
    """One point of the plan.

    ``tests`` are ``folder.module.test`` below ``verification/``, or tests of the kit that need no
    cocotb, as pytest names them.
    """

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


def regression() -> tuple[Goal, ...]:
    """Goals that the regression of any chip is for."""
    return tuple(
        goal
        for goal in load()
        if goal.stage == "design" and not any(test.startswith(OF_PYTEST) for test in goal.tests)
    )


def judged(goals: Iterable[Goal], results: Mapping[str, Result], seed: int) -> GoalsRecord:
    """Each goal with what became of its tests; those that did not run are in no ``results``."""
    return GoalsRecord(seed=seed, goals=tuple(_judged(goal, results) for goal in goals))


def _judged(goal: Goal, results: Mapping[str, Result]) -> GoalResult:
    found = [results.get(test) for test in goal.tests]
    return GoalResult(
        name=goal.name,
        stimulus=goal.stimulus,
        checking=goal.checking,
        stage=goal.stage,
        verdict=_verdict([None if result is None else result.passed for result in found]),
        tests=tuple(
            TestResult(
                name=test,
                verdict=_verdict([None if result is None else result.passed]),
                seconds=0.0 if result is None else result.seconds,
            )
            for test, result in zip(goal.tests, found, strict=True)
        ),
    )


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
