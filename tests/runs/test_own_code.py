"""Code of the user in runs: known by its name and content, wherever it lies."""

from pathlib import Path

import pytest

from asicae.foundation.files import sha256
from asicae.runs.folder import RunFolder
from asicae.runs.settings import RunSettings
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.training.settings import TrainSettings

NAME = "own_pack.losses:mine"
SETTINGS = RunSettings(train=TrainSettings(loss=NAME))
CODE = "def mine(target, decoded):\n    return decoded\n"


def leave(run: RunView) -> Metrics:
    """Make the output of a stage."""
    (run.path / "left").write_text("")
    return {}


STAGE = Stage("toy", "leaving a file", leave, ("left",), code=lambda s: s.train.own_code)


def installed(place: Path, content: str) -> Path:
    """A folder that holds the module, installed."""
    module = place / "own_pack" / "losses.py"
    module.parent.mkdir(parents=True)
    (module.parent / "__init__.py").write_text("")
    module.write_text(content)
    return place


def test_it_is_the_same_wherever_it_is_installed(tmp_path: Path) -> None:
    folder, view = RunFolder(tmp_path / "run"), RunView(tmp_path / "run", SETTINGS, ())
    folder.path.mkdir()

    def runs(place: Path | None) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            if place is not None:
                patch.syspath_prepend(str(place))
            return folder.run(STAGE, view)

    first = installed(tmp_path / "first", CODE)
    assert runs(first)
    recorded = sha256(first / "own_pack" / "losses.py")
    assert folder.records()["toy"].inputs == {NAME: recorded}
    assert not runs(installed(tmp_path / "second", CODE))
    assert not runs(None)
    assert runs(installed(tmp_path / "third", f"{CODE}\n"))
