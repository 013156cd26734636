"""What is compiled ahead of its stage is what the stage looks for; nothing hangs on it."""

import contextlib
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from asicae.export.rtl import export_rtl
from asicae.foundation.process_group import started_group
from asicae.runs import ahead
from asicae.runs.ahead import nothing_ahead, working_ahead
from asicae.runs.job import Job
from asicae.runs.settings import RunSettings
from asicae.simulation.builds import cpp
from tests.support.tiny_network import TINY

SMALL = {"source": {"events": 600}, "validation_events": 100, "test_events": 100}
MADE = ("verify", "engines", "estimate")


@pytest.fixture
def begun(tmp_path: Path) -> Job:
    """A run of a tiny chip that has trained nothing yet."""
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    few = {"verify_events": 50, "estimate_events": 80, "timed_events": 10}
    settings = SMALL | few | {"network": str(path), "links": [1], "dead_cells": 0}
    compare = {"choice_events": 50, "classes": []}
    return Job.create(tmp_path / "run", RunSettings.model_validate(settings | {"compare": compare}))


@pytest.mark.build
def test_stages_find_what_was_compiled_ahead(
    begun: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(ahead, "worker_count", lambda: 2)
    # The other process knows nothing of what the tests make errors.
    monkeypatch.setattr(cpp, "WARNINGS", tuple(w for w in cpp.WARNINGS if w != "-Werror"))
    cache = tmp_path / "asicae"
    with working_ahead(begun) as before:
        for name in ("compare", *MADE):
            before(name)
    kept = {path.name for path in cache.iterdir()}
    for program in ("asicae_top-", "asicae_top-netlist-", "encoder.so-"):
        assert any(name.startswith(program) for name in kept), (program, kept)
    export_rtl(begun.network, tmp_path / "other", begun.settings.chip)
    for stage in begun.stages:
        if stage.ahead is not None:
            stage.ahead(begun.network, begun.settings, tmp_path / "other" / "rtl")
    assert {path.name for path in cache.iterdir()} == kept


def test_those_stages_are_worked_ahead_for(begun: Job) -> None:
    assert tuple(stage.name for stage in begun.stages if stage.ahead) == MADE


def test_a_run_waits_for_nobody_who_is_gone(begun: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def soon_killed(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
        assert command[1:3] == ["-m", "asicae.runs.ahead"]
        with started_group(["sleep", "600"]) as program:
            killer = threading.Timer(0.5, program.kill)
            killer.start()
            yield program

    monkeypatch.setattr(ahead, "worker_count", lambda: 2)
    monkeypatch.setattr(ahead, "started_group", soon_killed)
    with working_ahead(begun) as before:
        before("train")
        for name in MADE:
            before(name)


def test_one_core_works_nothing_ahead(begun: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "worker_count", lambda: 1)
    monkeypatch.setattr(ahead, "started_group", None)
    for nothing in (working_ahead(begun), nothing_ahead()):
        with nothing as before:
            before("verify")
