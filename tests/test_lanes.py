"""The quick lane starts no compiler and no TensorFlow; longest first; no test looks at a clock."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from asicae.simulation.regression import testplan
from tests.support.lanes import is_quick, left_to_whole, longest_first, pattern_of
from tests.support.places import ROOT, TESTS

FILE = """
import subprocess, sys
import pytest
from asicae.foundation.errors import AsicaeError
from asicae.simulation.builds.cpp import compile_cpp

def test_builds(tmp_path):
    compile_cpp({"main.cpp": "int main() {}"}, "x", cache=tmp_path)

@pytest.mark.build
def test_builds_and_says_so(tmp_path):
    compile_cpp({"main.cpp": "int main() {}"}, "x", cache=tmp_path)

def test_trains():
    import tensorflow

def test_trains_elsewhere():
    command = [sys.executable, "-c", "import keras"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.returncode, done.stderr

@pytest.mark.training
def test_trains_and_says_so():
    import tensorflow

@pytest.fixture
def shared_run():
    import tensorflow

def test_uses_the_short_run(shared_run):
    pass

def test_does_neither():
    pass
"""


def run(folder: Path, *words: str) -> str:
    """What pytest says about the tests in ``folder``."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.support.lanes",
        "-p",
        "no:cacheprovider",
    ]
    command += ["--rootdir", str(folder), "-c", str(ROOT / "pyproject.toml"), *words, str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_what_builds_or_trains_fails_in_the_quick_lane(tmp_path: Path) -> None:
    (tmp_path / "test_made_up.py").write_text(FILE)
    (tmp_path / "test_trains.py").write_text(
        'import pytest\npytest.importorskip("tensorflow")\n1/0'
    )
    said = run(tmp_path, "--quick", "--tb=short", "-v")
    assert "3 failed, 1 passed, 3 deselected" in said, said
    assert "test_does_neither PASSED" in said
    assert "starts no C++ compiler; mark this test: build" in said
    assert said.count("loads no TensorFlow; mark this test: training") >= 2


NAMED = "def test_named(pytestconfig): assert pytestconfig.getoption('--whole')"


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_who_names_tests_gets_those_of_the_whole_run(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "test_made_up.py").write_text(NAMED)
    assert "1 passed" in run(tmp_path, *options)


SHARES = """
import os
import pytest

@pytest.fixture(scope="module")
def costly():
    print("MADE", end=" ")
    return os.getpid()

@pytest.mark.parametrize("number", range(20))
def test_uses_it(costly, number):
    assert False, "process"
"""


def test_what_shares_a_fixture_of_a_module_is_in_one_process(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text(SHARES)
    options = ("-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder")
    said = run(tmp_path, *options, "--tb=short")
    assert "40 failed" in said
    assert said.count("MADE") == 2, said


class Item:
    def __init__(self, nodeid: str, group: str | None = None, *fixtures: str) -> None:
        self.nodeid, self.group, self.fixturenames = nodeid, group, fixtures

    def get_closest_marker(self, _: str) -> pytest.Mark | None:
        return pytest.mark.xdist_group(self.group).mark if self.group else None


def test_the_quick_lane_leaves_out_what_was_long() -> None:
    assert is_quick(Item("a"), {"b": 2.0})  # type: ignore[arg-type]
    assert not is_quick(Item("b"), {"b": 2.0})  # type: ignore[arg-type]


def test_the_longest_go_first_and_the_others_stay_in_order(tmp_path: Path) -> None:
    table = tmp_path / "durations.json"
    table.write_text(json.dumps({"c": 25, "file::d": 20, "file::e": 10, "file::f": 90}))
    items = [Item("b"), Item("a"), Item("c"), Item("file::d", "file"), Item("file::e@file", "file")]
    longest_first(items, table)  # type: ignore[arg-type]
    assert [item.nodeid for item in items] == ["file::d", "file::e@file", "c", "b", "a"]


def test_nobody_waits_for_the_short_run(tmp_path: Path) -> None:
    table = tmp_path / "durations.json"
    table.write_text(json.dumps({"makes": 7, "uses": 6, "a": 9, "b": 5, "c": 3, "d": 2}))
    uses = [Item(name, None, "shared_run") for name in ("makes", "uses")]
    items = [*uses, *map(Item, "dcba")]
    longest_first(items, table)  # type: ignore[arg-type]
    assert [item.nodeid for item in items] == ["makes", "a", "uses", "b", "c", "d"]
    table.write_text(json.dumps({"makes": 12, "uses": 6, "a": 9, "b": 5, "c": 3, "d": 2}))
    longest_first(items, table)  # type: ignore[arg-type]
    assert [item.nodeid for item in items] == ["makes", "a", "b", "uses", "c", "d"]


def test_the_table_of_durations_names_tests_that_are_there() -> None:
    names = json.loads((TESTS / "durations.json").read_text())
    assert names and {name for name in names if not (ROOT / name.split("::")[0]).is_file()} == set()


@pytest.mark.parametrize("name", left_to_whole())
def test_what_waits_for_a_whole_run_is_there(name: str) -> None:
    path, _, test = name.partition("::")
    start = re.match(r"\w*", test)
    assert start and re.search(rf"^(def|class) {start[0]}", (ROOT / path).read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "taken", "left"),
    [
        ("a.py::test_b", "a.py::test_b", "a.py::test_bc"),
        ("a.py::test_b", "a.py::test_b[1]", "b/a.py::test_b[1]"),
        ("a.py::TestB", "a.py::TestB::test_c[1]", "a.py::test_c"),
        ("a.py::test_b[1-x]", "a.py::test_b[1-x]", "a.py::test_b[1-xy]"),
        ("a.py::*[econ-t*", "a.py::test_b[econ-t-1]", "a.py::test_b[small]"),
    ],
)
def test_an_entry_names_tests_with_all_below_them(name: str, taken: str, left: str) -> None:
    assert re.fullmatch(pattern_of(name), taken) and not re.fullmatch(pattern_of(name), left)


def test_what_follows_an_option_of_the_tests_is_no_path_of_tests() -> None:
    """pytest looks for them before it knows an option of a plugin."""
    own = r"--(goals|durations-out|campaign)"
    found = re.findall(rf"{own}(.)", (ROOT / "Makefile").read_text())
    assert len(found) == 4 and {sign for _, sign in found} == {"="}


def test_no_goal_waits_for_a_whole_run() -> None:
    """Some of its tests may, and some values of one with parameters."""
    waits = re.compile("|".join(map(pattern_of, left_to_whole())))
    waiting = {
        goal.name: [bool(waits.fullmatch(name)) for name in goal.tests] for goal in testplan.load()
    }
    assert waiting and [name for name, tests in waiting.items() if all(tests)] == []


CLOCKS = {"time", "timeit"}
RECORDERS = {"campaign.py", "suite.py", "bench.py"}
"""What says in the record of a campaign how long it took."""


def test_no_test_looks_at_a_clock() -> None:
    """Work is bounded in units that are the same on every machine; a hang is the runner's."""
    found = {}
    for path in TESTS.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            n.name for node in ast.walk(tree) if isinstance(node, ast.Import) for n in node.names
        }
        names |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
        calls = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        if path.name not in RECORDERS:
            found[path.name] = names & CLOCKS | calls & {"getrusage"}
    assert {name: clocks for name, clocks in found.items() if clocks} == {}
