"""A run folder one of whose files is damaged: refused in one line by each command that reads it."""

import shutil
from pathlib import Path

import pytest

from asicae.campaigns.damages import BYTES, SPECIAL
from tests.support.command_line import call
from tests.support.made_up_models import WHOLE

FILES = ("settings.json", "network.json", "provenance.json", "import.json", "weights/imported.npz")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("sound") / "run"
    assert call("import", WHOLE, "-o", run) == 0
    return run


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_of_a_run_is_one_line(
    sound: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = []
    for damage in (*BYTES, *SPECIAL):
        run = tmp_path / "run"
        shutil.copytree(sound, run)
        path = run / name
        data = path.read_bytes()
        path.unlink()
        if damage in BYTES:
            path.write_bytes(BYTES[damage](data))
        else:
            SPECIAL[damage](path)
        for words in (("report", run), ("import", WHOLE, "-o", run)):
            capsys.readouterr()
            try:
                code = call(*words)
            except Exception as error:
                faults.append(f"{damage}: {words[0]}: {type(error).__name__}: {error}")
                continue
            lines = capsys.readouterr().err.splitlines()
            errors = [line for line in lines if line.startswith("asicae: ")]
            if code not in (0, 2) or len(errors) != (code == 2):
                faults.append(f"{damage}: {words[0]}: {code} {lines[-3:]}")
            if not all(line.isprintable() for line in lines):
                faults.append(f"{damage}: {words[0]}: raw text {lines[-3:]}")
        shutil.rmtree(run)
    assert faults == []
