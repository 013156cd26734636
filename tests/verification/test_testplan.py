import ast
from pathlib import Path

import pytest

from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from asicae.simulation.regression import testplan


def _cocotb_tests() -> set[str]:
    root = asset_folder("verification")
    found = set()
    for path in root.rglob("bench_*.py"):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AsyncFunctionDef) and node.decorator_list:
                found.add(f"{module}.{node.name}")
    return found


def test_plan_and_benches_name_each_other() -> None:
    planned = {test for goal in testplan.load() for test in goal.tests}
    assert planned == _cocotb_tests()


def test_verdicts() -> None:
    goals = [
        testplan.Goal("good", "", "", "block", ("a", "b")),
        testplan.Goal("bad", "", "", "block", ("a", "c", "d")),
        testplan.Goal("open", "", "", "block", ("a", "d")),
    ]
    found = testplan.verdicts(goals, {"a": True, "b": True, "c": False})
    assert found == {"good": "passed", "bad": "failed", "open": "not run"}


@pytest.mark.parametrize("text", ["{", "a: 1", "- name: x", "- 3"])
def test_broken_plan_is_one_message(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"plan\.yaml"):
        testplan.load(path)
