"""Lanes of the tests: which ones are quick, in which order they go, and what goes together.

A plugin of pytest (see ``tests/conftest.py``). Every test is in the lane that runs all; ``--quick``
leaves out what builds, trains or is slow, and what ``tests/durations.json`` has, which is all that
took a second and more. Whatever in it starts a compiler or TensorFlow all the same fails. Markers
follow from what a test uses where that can be seen, and are written down else:

* ``training``: TensorFlow is loaded. Follows from the short run (``shared_run``) and from
  ``pytest.importorskip("tensorflow"...)`` at the top of a file.
* ``build``: a C++ compiler is started, by the kit or by Verilator. Follows from ``shared_run``.
* ``slow``: longer than ten seconds for another reason.

``tests/whole.toml`` names tests that wait for ``--whole``, and what of their kind is left without
it. Tests that are named on the command line do not wait.

Side by side (``-n auto``, one process a core) tests that share a fixture of their module or class
stay in one process, and the longest go first, by ``tests/durations.json``, which
``--durations-out PATH`` writes.
"""

import gc
import json
import os
import re
import shutil
import signal
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

# Before anything loads NumPy or TensorFlow: with a process a core, each has one core.
if "PYTEST_XDIST_WORKER" in os.environ:
    for kind in ("OMP", "OPENBLAS", "TF_NUM_INTRAOP", "TF_NUM_INTEROP"):
        name = f"{kind}_THREADS" if kind[:2] == "TF" else f"{kind}_NUM_THREADS"
        os.environ.setdefault(name, "1")

import hypothesis
import pytest

from asicae.foundation.threads import worker_count
from asicae.simulation.builds.toolchain import compiler
from tests.support.places import TESTS

LEFT_OUT = ("build", "training", "slow")
"""Markers of tests that are in the full lane only."""
DURATIONS = TESTS / "durations.json"
WHOLE = TESTS / "whole.toml"
"""Tests of the whole run alone."""
WORTH_KNOWING = 1.0
"""Seconds from which on a duration is kept."""
LONGEST_NAME = 400
"""Of a test in that table: some have a file of megabytes for a parameter."""
LEFT_OUT_WHOLE = re.compile(rf"^pytestmark = pytest\.mark\.({'|'.join(LEFT_OUT)})$", re.MULTILINE)
TRAINS = re.compile(r'^pytest\.importorskip\("tensorflow"', re.MULTILINE)
REFUSED = {
    "build": "the quick lane starts no C++ compiler; mark this test: build",
    "training": "the quick lane loads no TensorFlow; mark this test: training",
}
COMPILER = """#!/bin/sh
[ "$1" = --version ] && exec {command} --version
echo "error: {message}" >&2
exit 1
"""

# How long an example takes is no property of the kit.
hypothesis.settings.register_profile("asicae", deadline=None)
hypothesis.settings.load_profile("asicae")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick", action="store_true", help="only tests that build nothing and train nothing"
    )
    parser.addoption(
        "--whole",
        action="store_true",
        help="also those that tests/whole.toml keeps for a whole run",
    )
    parser.addoption(
        "--durations-out",
        type=Path,
        metavar="PATH",
        help="write the seconds that tests took, which order them next time",
    )


def pytest_xdist_auto_num_workers() -> int:
    """As many processes as this one may use cores."""
    return worker_count()


def pytest_configure(config: pytest.Config) -> None:
    # Ignored where a shell started the tests in the background; what they start would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    told = getattr(config, "workerinput", None)
    named = config.args_source is config.ArgsSource.ARGS
    config.option.whole |= told["whole"] if told else named
    if config.getoption("--quick"):
        config.add_cleanup(_refuse_compilers_and_tensorflow())
    path: Path | None = config.getoption("--durations-out")
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(path))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker does not know by itself whether tests were named."""
    node.workerinput["whole"] = node.config.option.whole


def pytest_collection_finish() -> None:
    """What thousands of tests and TensorFlow brought in stays; no collection walks it again."""
    gc.collect()
    gc.freeze()


def _refuse_compilers_and_tensorflow() -> Callable[[], None]:
    """In this process and in all that it starts; builds that are there already are not found."""
    folder = Path(tempfile.mkdtemp(prefix="asicae-quick-"))
    patch = pytest.MonkeyPatch()
    program = folder / "no-compiler"
    command = " ".join(compiler().command)
    program.write_text(COMPILER.format(command=command, message=REFUSED["build"]))
    program.chmod(0o755)
    for module in ("tensorflow", "keras", "qkeras"):
        (folder / f"{module}.py").write_text(f"raise RuntimeError({REFUSED['training']!r})\n")
    patch.setenv("CXX", str(program))
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    patch.syspath_prepend(str(folder))

    def undo() -> None:
        patch.undo()
        shutil.rmtree(folder, ignore_errors=True)

    return undo


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files that are left out whole are not even opened by the quick lane."""
    if not config.getoption("--quick") or collection_path.suffix != ".py":
        return None
    text = collection_path.read_text(encoding="utf-8")
    return any(kind.search(text) for kind in (TRAINS, LEFT_OUT_WHOLE)) or None


def _trains(path: Path) -> bool:
    return TRAINS.search(path.read_text(encoding="utf-8")) is not None


@pytest.hookimpl(tryfirst=True)  # xdist and -m read the markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    training = {path for path in {item.path for item in items} if _trains(path)}
    for item in items:
        if item.path in training:
            item.add_marker("training")
        if uses_short_run(item):
            item.add_marker("training")
            item.add_marker("build")
        group = shared_fixture(item)
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))
    if config.getoption("--quick"):
        long = durations()
        leave_out(config, items, lambda item: not is_quick(item, long))
    if not config.getoption("--whole"):
        waits = re.compile("|".join(map(pattern_of, left_to_whole())))
        leave_out(config, items, lambda item: waits.fullmatch(item.nodeid) is not None)
    longest_first(items)


def is_quick(item: pytest.Item, long: Container[str]) -> bool:
    """Whether a test neither builds nor trains, and was not long."""
    return item.nodeid not in long and not any(map(item.get_closest_marker, LEFT_OUT))


def leave_out(
    config: pytest.Config, items: list[pytest.Item], left: Callable[[pytest.Item], bool]
) -> None:
    """Take those out of ``items`` of which ``left`` says so."""
    kept = {item: not left(item) for item in items}
    config.hook.pytest_deselected(items=[item for item in items if not kept[item]])
    items[:] = [item for item in items if kept[item]]


def left_to_whole(table: Path = WHOLE) -> list[str]:
    """Tests that wait for a whole run, with ``*`` for any text."""
    found = tomllib.loads(table.read_text(encoding="utf-8"))
    return [name for entry in found["entry"] for name in entry["tests"]]


def pattern_of(name: str) -> str:
    """Regular expression of the node ids that an entry names, by test, class or file."""
    return re.escape(name).replace(r"\*", ".*") + r"(::.*|\[.*)?"


def shared_fixture(item: pytest.Item) -> str | None:
    """Name of the module or class whose fixture a test shares with others, None without one.

    Of a fixture with parameters every value is one of its own.
    """
    found = getattr(item, "_fixtureinfo", None)
    chosen = getattr(getattr(item, "callspec", None), "indices", {})
    widest = None
    for name, definitions in found.name2fixturedefs.items() if found else ():
        scope = definitions[-1].scope
        if scope in ("module", "class"):
            place = item.nodeid.split("::")[0 : 1 if scope == "module" else 2]
            label = "::".join(place) + (f"::{name}{chosen[name]}" if name in chosen else "")
            widest = label if widest is None else min(widest, label, key=len)
    return widest


def group_of(item: pytest.Item) -> str:
    """What runs in one process: a group, or the test alone."""
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else item.nodeid


def durations(table: Path = DURATIONS) -> dict[str, float]:
    """Seconds of the tests that the table has."""
    found: dict[str, float] = json.loads(table.read_text()) if table.is_file() else {}
    return found


def longest_first(items: list[pytest.Item], table: Path = DURATIONS) -> None:
    """Order by how long those tests of each group took that run now; what the table does not know
    stays in order, behind.

    The short run is made by the first that uses it while all others that do would wait: so that
    one begins, and the others come when the rest has kept another process busy for as long.
    """
    known = durations(table)
    seconds: dict[str, float] = defaultdict(float)
    for item in items:
        seconds[group_of(item)] += known.get(ungrouped(item.nodeid), 0)
    items.sort(key=lambda item: -seconds[group_of(item)])
    users = {group_of(item) for item in items if uses_short_run(item)}
    maker = next((group_of(item) for item in items if group_of(item) in users), None)
    first: dict[str, None] = {} if maker is None else {maker: None}
    busy = 0.0
    for group in dict.fromkeys(map(group_of, items)):
        if maker is not None and busy < seconds[maker] and group not in users:
            first[group] = None
            busy += seconds[group]
    places = {group: place for place, group in enumerate(first)}
    items.sort(key=lambda item: places.get(group_of(item), len(places)))


def ungrouped(name: str) -> str:
    """A test by its own name, without that of its group, which xdist writes behind it."""
    return name.partition("@")[0]


def uses_short_run(item: pytest.Item) -> bool:
    return "shared_run" in getattr(item, "fixturenames", ())


class Recorder:
    """Seconds by test, of set-up, call and tear-down together."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[ungrouped(report.nodeid)] += report.duration

    def pytest_sessionfinish(self) -> None:
        taken = sorted(self.seconds.items(), key=lambda one: -one[1])
        longest = {
            name: round(took, 1)
            for name, took in taken
            if took >= WORTH_KNOWING and len(name) <= LONGEST_NAME
        }
        self.path.write_text(json.dumps(longest, indent=1) + "\n", encoding="utf-8")
