"""asicae import on the command line: a run folder or nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from asicae.network.importing.importer import import_model
from asicae.runs.job import Job
from tests.support.command_line import call
from tests.support.made_up_models import APART, CHECKPOINT, KERAS, WHOLE


def files_of(run: Path) -> set[str]:
    return {str(p.relative_to(run)) for p in run.rglob("*") if p.is_file()}


def test_import_makes_a_run_folder_or_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert call("import", WHOLE, "-o", run) == 0
    captured = capsys.readouterr()
    assert "note: the model does not quantise its input" in captured.err
    expected = {"network.json", "weights/imported.npz", "model/econ_t.h5", "provenance.json"}
    assert expected <= files_of(run)
    assert json.loads((run / "metrics.json").read_text())["weights.parameters"] == 2144
    # The same import goes on; another into the same folder is refused.
    assert call("import", WHOLE, "-o", run) == 0
    assert call("import", KERAS, "-o", run) == 2
    assert call("train", run) == 2
    assert call("evaluate", run) == 2
    assert "has no stage 'evaluate'" in capsys.readouterr().err

    (tmp_path / "bad.keras").write_bytes(b"PK")
    new = tmp_path / "new"
    assert call("import", tmp_path / "bad.keras", "-o", new) == 2
    message = capsys.readouterr().err.strip().splitlines()
    assert len(message) == 2  # the line before tells the step
    assert message[-1].startswith(f"asicae: {tmp_path / 'bad.keras'}: not a readable .keras")
    assert not new.exists()
    call_bad = ("import", WHOLE, "-o", new, "--input", "fixed<99,1>")
    assert call(*call_bad) == 2
    assert "99 bits" in capsys.readouterr().err and not new.exists()


@pytest.mark.parametrize("named", [False, True])
def test_an_architecture_and_its_weights_on_the_command_line(
    named: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    model, weights = folder / "enc.json", folder / ("other.h5" if named else "enc.h5")
    shutil.copy(APART, model)
    choice = ["--weights", weights] if named else []
    run = tmp_path / "run"
    # Weights that are missing, or are none, are called by the names that the user gave them.
    assert call("import", model, "-o", run, *choice) == 2
    beside = f"{model}: no weights beside it"
    assert (str(weights) if named else beside) in capsys.readouterr().err
    weights.write_bytes(b"no HDF5")
    assert call("import", model, "-o", run, *choice) == 2
    assert f"{weights}: not a readable HDF5 file" in capsys.readouterr().err
    assert not run.exists()
    shutil.copy(APART.with_suffix(".h5"), weights)
    assert call("import", model, "-o", run, *choice) == 0
    assert {"model/enc.json", f"model/{weights.name}"} <= files_of(run)
    expected = import_model(APART).weights.arrays["conv.kernel"]
    with np.load(run / "weights" / "imported.npz") as stored:
        assert np.array_equal(stored["conv.kernel"], expected)
    # The run needs the user's files no longer.
    shutil.rmtree(folder)
    assert len(Job.open(run).weight_sets()) == 1


@pytest.mark.parametrize("given", ["w.index", "w"])
def test_a_checkpoint_on_the_command_line(
    given: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, run = tmp_path / "mine", tmp_path / "run"
    folder.mkdir()
    shutil.copy(APART, folder / "enc.json")
    shutil.copy(CHECKPOINT, folder / "w.index")
    words = ("import", folder / "enc.json", "--weights", folder / given, "-o", run)
    shard = folder / "w.data-00000-of-00001"
    # What is missing is called by the names that the user gave.
    assert call(*words) == 2
    assert f"{shard}: cannot be read" in capsys.readouterr().err
    sound = CHECKPOINT.with_name("econ_t.data-00000-of-00001").read_bytes()
    shard.write_bytes(bytes([*sound[:-1], sound[-1] ^ 1]))
    assert call(*words) == 2
    assert f"asicae: {folder / 'w.index'}: " in capsys.readouterr().err
    shard.write_bytes(sound[:-1])
    assert call(*words) == 2
    assert f"asicae: {shard}: the numbers of checkpoint" in capsys.readouterr().err
    assert call("import", folder / given, "-o", run) == 2
    alone = "holds weights and no layers; give the model's JSON"
    assert alone in capsys.readouterr().err and not run.exists()
    shard.write_bytes(sound)
    assert call(*words) == 0
    assert {f"model/{name}" for name in ("enc.json", "w.index", shard.name)} <= files_of(run)
    expected = import_model(APART).weights.arrays["conv.kernel"]
    with np.load(run / "weights" / "imported.npz") as stored:
        assert np.array_equal(stored["conv.kernel"], expected)
    # The run needs the user's files no longer, and sees when its own copy changes.
    shutil.rmtree(folder)
    assert call("check", run) == 0
    (run / "model" / shard.name).write_bytes(sound[:-1])
    assert call("check", run) == 1
    assert shard.name in capsys.readouterr().out


def test_import_loads_no_tensorflow(tmp_path: Path) -> None:
    program = f"""
import sys
from asicae.cli import main as cli
sys.argv = ["asicae", "import", {str(WHOLE)!r}, "-o", {str(tmp_path / "run")!r}]
try:
    cli.main()
finally:
    print([name for name in ("tensorflow", "keras", "qkeras", "h5py") if name in sys.modules])
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (tmp_path / "run" / "network.json").is_file(), done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
