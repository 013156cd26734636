"""A network that is no chain, trained by the command, from readouts to measured distances."""

import json
from pathlib import Path

import pytest

from asicae.campaigns.every_kind import every_kind
from asicae.readout.conversion import save
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.support.command_line import call

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.training.record import set_name
from asicae.training.trained import Trained

SETTINGS = """
links = [1, 2]
dead_cells = 0
validation_events = 100
test_events = 100
allow_worse_than_mean = true
[train]
epochs = 2
next_epochs = 2
batch = 64
hidden = [8]
"""


def test_a_graph_is_trained_lowered_and_stored(tmp_path: Path) -> None:
    network, run = every_kind(), tmp_path / "run"
    network.save(tmp_path / "network.json")
    (tmp_path / "settings.toml").write_text(SETTINGS)
    data = save(simulate(SourceSettings(events=600, seed=5)), tmp_path / "readouts.npz")
    words = ("train", data, "-o", run, "--network", tmp_path / "network.json")
    assert call(*words, "-s", tmp_path / "settings.toml") == 0
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["exact.qkeras_vs_golden.mismatches"] == 0
    assert metrics["exact.qkeras_vs_golden.words"] > 0
    # Read again, the encoders lower to the weights beside them, and training moves those.
    first, second = (Trained.load(run, set_name(links), network, links) for links in (2, 1))
    assert any(
        (array != second.weights.arrays[name]).any() for name, array in first.weights.arrays.items()
    )
