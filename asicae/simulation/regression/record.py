"""What a regression says of the goals of the testplan: ``verify/testplan.json`` of a run."""

from typing import Final, Literal

from asicae.foundation.json_record import JsonRecord

VERIFY_FOLDER: Final = "verify"
"""In a run, apart from ``sim/``, which an export brings: modules there hide those of the kit."""
GOALS_FILE: Final = "testplan.json"
Stage = Literal["block", "chip", "design"]
Verdict = Literal["passed", "failed", "not run"]


class TestResult(JsonRecord):
    """One test of a goal."""

    __test__ = False
    name: str
    """As the testplan has it."""
    verdict: Verdict
    seconds: float
    """As the simulator took them; 0 where it was not run."""


class GoalResult(JsonRecord):
    """One goal: what is stimulated and checked, and what came out."""

    name: str
    stimulus: str
    checking: str
    stage: Stage
    verdict: Verdict
    """Of all its tests: one that was not run leaves it "not run"."""
    tests: tuple[TestResult, ...]


class GoalsRecord(JsonRecord):
    """The goals that a regression was for."""

    seed: int
    """Of what the benches drew."""
    goals: tuple[GoalResult, ...]
