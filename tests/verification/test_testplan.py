import ast
from pathlib import Path

import pytest

from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from asicae.simulation.regression import testplan
from tests.support.places import ROOT


def _cocotb_tests() -> set[str]:
    root = asset_folder("verification")
    found = set()
    for path in root.rglob("bench_*.py"):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AsyncFunctionDef) and node.decorator_list:
                found.add(f"{module}.{node.name}")
    return found


def _is_there(name: str) -> bool:
    """Whether pytest finds a function of that name."""
    path, _, function = name.partition("::")
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in body)


def test_plan_and_benches_name_each_other() -> None:
    planned = {test for goal in testplan.load() for test in goal.tests}
    others = {test for test in planned if test.startswith(testplan.OF_PYTEST)}
    assert planned - others == _cocotb_tests()
    assert {test for test in others if not _is_there(test)} == set()
    assert not _is_there("tests/verification/test_testplan.py::test_nothing")


def test_verdicts() -> None:
    goals = [
        testplan.Goal("good", "", "", "block", ("a", "b")),
        testplan.Goal("bad", "", "", "block", ("a", "c", "d")),
        testplan.Goal("open", "", "", "block", ("a", "d")),
    ]
    results = {
        name: testplan.Result(passed, seconds)
        for name, passed, seconds in (("a", True, 1.0), ("b", True, 2.0), ("c", False, 3.0))
    }
    found = testplan.judged(goals, results, seed=5)
    assert found.seed == 5
    verdicts = {goal.name: goal.verdict for goal in found.goals}
    assert verdicts == {"good": "passed", "bad": "failed", "open": "not run"}
    tests = [(test.name, test.verdict, test.seconds) for test in found.goals[1].tests]
    assert tests == [("a", "passed", 1.0), ("c", "failed", 3.0), ("d", "not run", 0.0)]


@pytest.mark.parametrize("text", ["{", "a: 1", "- name: x", "- 3"])
def test_broken_plan_is_one_message(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"plan\.yaml"):
        testplan.load(path)
