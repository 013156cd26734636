"""What a run of the tests says about the testplan, and the page about it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from asicae.campaigns.record import Record, record
from asicae.campaigns.verification_page import page
from asicae.campaigns.verification_results import BenchResult, Finished, figures_of, unmet
from asicae.simulation.regression.testplan import Goal
from tests.support.places import ROOT

STORED = ROOT / "docs" / "results" / "verification.json"
WRITES, PLANTED = "tests/a.py::test_writes", "tests/a.py::test_planted"
GOALS = [
    Goal("bus", "writes", "bytes", "block", ("bus.bench.writes",)),
    Goal("plain", "all", "all", "chip", (WRITES,)),
]
PASSED = BenchResult("bus.bench.writes", 7, True, 2.0)
FAILED = PASSED._replace(passed=False)


def verdicts(*finished: Finished) -> list[str]:
    return [goal["verdict"] for goal in figures_of(GOALS, finished)["goals"]]


def test_a_goal_is_reached_where_all_that_was_meant_to_pass_did() -> None:
    good = Finished(WRITES, "passed", 3.0, (PASSED,))
    meant = Finished(PLANTED, "passed", 1.0, (FAILED,))
    assert verdicts(good, meant) == ["passed", "passed"]
    assert verdicts(good, Finished(PLANTED, "failed", 1.0, (FAILED,))) == ["failed", "passed"]
    assert verdicts(good, Finished(f"{WRITES}[2]", "failed", 1.0)) == ["passed", "failed"]
    assert verdicts(Finished(WRITES, "skipped", 0.0, (PASSED,)), meant) == ["not run", "not run"]
    assert verdicts() == ["not run", "not run"]


def test_a_test_is_as_bad_as_its_worst_phase() -> None:
    found = Finished(WRITES)
    for outcome, seconds in (("passed", 1.0), ("failed", 2.0), ("passed", 4.0)):
        found = found.and_then(outcome, seconds, [PASSED] if seconds == 2 else [])
    assert (found.outcome, found.seconds, found.benches) == ("failed", 7.0, (PASSED,))


def test_the_page_tells_each_goal_and_how_to_run_it_again() -> None:
    finished = [
        Finished(f"{WRITES}[{number}]", "passed", 3.0, (PASSED._replace(seed=number),))
        for number in (4, 2)
    ]
    figures = figures_of([*GOALS, Goal("open", "", "", "chip", ("no.bench.test",))], finished)
    text = page(record(1, {}, figures, violations=unmet(figures)))
    assert "Reached: 2 of 3 goals." in text
    assert f"| `bus.bench.writes` | `{WRITES}` | 2, 4 |" in text
    assert "| bus | writes | bytes | `bus.bench.writes` | 4 | passed |" in text
    assert f"| plain | all | all | `{WRITES}` | 6 | passed |" in text
    assert "* open: no.bench.test not run" in text


def test_the_stored_page_is_that_of_the_record() -> None:
    found = Record.load(STORED)
    assert STORED.with_suffix(".md").read_text(encoding="utf-8") == page(found)
    assert found.violations == unmet(found.figures) == []


@pytest.mark.build
def test_what_a_bench_found_comes_from_any_process(tmp_path: Path) -> None:
    node = "tests/verification/test_barrier.py"
    words = ["-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "--goals"]
    done = subprocess.run(
        [sys.executable, *words, str(tmp_path / "out.json"), node],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    found = json.loads((tmp_path / "out.json").read_text())
    ran = {name for name in found["figures"]["run_by"] if name.startswith("top.bench_barrier.")}
    (goal,) = [goal for goal in found["figures"]["goals"] if goal["name"] == "barrier"]
    planned = {test["name"]: test["verdict"] for test in goal["tests"]}
    assert ran and {planned[name] for name in ran} == {"passed"}
    assert "not run" in planned.values()
    assert (tmp_path / "out.md").read_text().startswith("# Verification")
