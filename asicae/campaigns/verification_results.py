"""What a run of the tests says about each goal of the testplan."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NamedTuple

from asicae.simulation.regression.testplan import OF_PYTEST, Goal, Result, judged

Outcome = Literal["passed", "skipped", "failed"]
OUTCOMES: Final = ("passed", "skipped", "failed")
"""The worse ones behind."""


class BenchResult(NamedTuple):
    """One test of cocotb that ran: its name as the testplan has it, and the seed of its bench."""

    name: str
    seed: int
    passed: bool
    seconds: float


@dataclass(frozen=True)
class Finished:
    """A test of pytest, one of its parameters where it has some.

    Attributes:
        node: as pytest names it.
        outcome: of set-up, call and tear-down together.
        seconds: likewise.
        benches: the tests of cocotb that it ran.
    """

    node: str
    outcome: Outcome = "passed"
    seconds: float = 0.0
    benches: tuple[BenchResult, ...] = ()

    @property
    def function(self) -> str:
        """Without parameters."""
        return self.node.partition("[")[0]

    def and_then(
        self, outcome: Outcome, seconds: float, benches: Sequence[BenchResult]
    ) -> "Finished":
        """The same with one phase more."""
        worst = next(
            one for one in ("failed", "skipped", "passed") if one in (outcome, self.outcome)
        )
        return replace(
            self,
            outcome=worst,
            seconds=self.seconds + seconds,
            benches=(*self.benches, *benches),
        )


def figures_of(goals: Sequence[Goal], finished: Iterable[Finished]) -> dict[str, Any]:
    """Each goal with the verdict and the seconds of its tests, and by which tests of pytest, with
    which seeds, those of cocotb were run.

    A test of cocotb that fails in a test of pytest that passes was meant to: a mistake is planted
    there.
    """
    done = [one for one in finished if one.outcome != "skipped"]
    runs: dict[str, list[tuple[Finished, BenchResult | None]]] = defaultdict(list)
    for one in done:
        runs[one.function].append((one, None))
        for bench in one.benches:
            runs[bench.name].append((one, bench))
    results: dict[str, Result] = {}
    by: dict[str, dict[str, list[int]]] = {}
    for test in dict.fromkeys(test for goal in goals for test in goal.tests):
        counted = [row for row in runs.get(test, ()) if _counts(*row)]
        if not counted:
            continue
        results[test] = Result(
            all(one.outcome == "passed" for one, _ in counted),
            sum(one.seconds if bench is None else bench.seconds for one, bench in counted),
        )
        if not test.startswith(OF_PYTEST):
            by[test] = _by(counted)
    return {
        "goals": [goal.model_dump(mode="json") for goal in judged(goals, results, seed=1).goals],
        "run_by": by,
    }


def _counts(one: Finished, bench: BenchResult | None) -> bool:
    return bench is None or bench.passed or one.outcome == "failed"


def _by(counted: Iterable[tuple[Finished, BenchResult | None]]) -> dict[str, list[int]]:
    """Tests of pytest, and the seeds that each gave the bench."""
    found: dict[str, set[int]] = defaultdict(set)
    for one, bench in counted:
        if bench is not None:
            found[one.function].add(bench.seed)
    return {function: sorted(seeds) for function, seeds in sorted(found.items())}


def unmet(figures: Mapping[str, Any]) -> list[str]:
    """Goals that are not reached, in words."""
    return [
        f"{goal['name']}: {test['name']} {test['verdict']}"
        for goal in figures["goals"]
        for test in goal["tests"]
        if test["verdict"] != "passed"
    ]
