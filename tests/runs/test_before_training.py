"""What a run looks at before a training takes its hours; the training itself is left out."""

import sys
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.readout.conversion import save
from asicae.runs.readouts import PARTS, load_part, part_file
from asicae.runs.settings import RunSettings
from asicae.runs.stage import Metrics, RunView
from asicae.runs.stages import train
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from asicae.training.checkpoint import CHECKPOINTS, Checkpoints, Progress


class Begun(Exception):
    """The first weight set is being trained."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with readouts; its training stops where it begins."""
    for name in ("fit", "conditions"):
        stopped = MagicMock(**{"train_all.side_effect": Begun})
        monkeypatch.setitem(sys.modules, f"asicae.training.{name}", stopped)
    monkeypatch.setattr(train, "named_network", lambda *given: None)
    events = simulate(SourceSettings(events=60, seed=3), progress=False)
    for n, part in enumerate(PARTS):
        save(events.select(slice(20 * n, 20 * n + 20)), tmp_path / part_file(part))
    return tmp_path


def begin(run: Path, settings: RunSettings, key: str = "key") -> Metrics:
    return train.STAGE.action(RunView(run, settings, (), key=key))


def test_dead_cells_of_modules_that_there_are_not_are_refused_at_once(run: Path) -> None:
    part = load_part(run, "train")
    cells = tuple(int(cell) for cell in np.flatnonzero(part.calq[0])[:2])
    here = {f"{part.layer[0]},{part.wafer_u[0]},{part.wafer_v[0]}": cells}
    for given, told in (({"150,0,0": (1,)}, "training"), (here, "test")):
        with pytest.raises(BadInput, match=f"^dead cells: no {told} event has charge in one"):
            begin(run, RunSettings(dead_cells=given))
    save(part, run / part_file("test"), force=True)
    with pytest.raises(Begun):
        begin(run, RunSettings(dead_cells=here))


def test_what_a_failed_training_kept_is_not_beside_another(run: Path) -> None:
    folder, settings = run / CHECKPOINTS, RunSettings(dead_cells=0)
    arrays = [np.zeros(2)]
    Checkpoints(folder, "key").of("5links").save(Progress(arrays, arrays, arrays))
    kept = folder / "weights" / "3links.npz"
    kept.parent.mkdir()
    kept.write_text("the best before it failed")
    for key, stays in (("key", True), ("another", False)):
        with pytest.raises(Begun):
            begin(run, settings, key)
        assert kept.exists() == folder.exists() == stays
