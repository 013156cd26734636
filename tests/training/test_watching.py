"""Who watches is told of every epoch, and TensorBoard has its curves without being installed."""

import dataclasses
import math
import struct
from pathlib import Path

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.training.checkpoint import Checkpoint, Progress
from asicae.training.history import Epoch, read_history
from asicae.training.watching import tell, watched_by

EPOCHS = [Epoch(n, 1 / n, 2 / n, 0.01, n) for n in (1, 2, 3)]


def test_every_epoch_that_is_stored_is_told_and_stands_in_the_live_file(tmp_path: Path) -> None:
    told: list[tuple[str, Epoch]] = []
    checkpoint = Checkpoint(tmp_path / "5links.npz", "key", tmp_path / "live.csv")
    start = Progress([np.zeros(2)], [np.ones(3)], [np.zeros(2)])
    with watched_by(lambda *given: told.append(given)):
        for done in (1, 2):
            history = tuple(EPOCHS[:done])
            checkpoint.save(dataclasses.replace(start, best_epoch=1, history=history))
            assert read_history(tmp_path / "live.csv") == {"5links": EPOCHS[:done]}
    tell("5links", EPOCHS[2])
    assert told == [("5links", epoch) for epoch in EPOCHS[:2]]


def scalars(path: Path) -> list[tuple[int, str, float]]:
    """Step, tag and value of the records of an event file, read with TensorFlow's own messages."""
    tf = pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
    data, found = path.read_bytes(), []
    while data:
        (length,) = struct.unpack_from("<Q", data)
        event = tf.compat.v1.Event.FromString(data[12 : 12 + length])
        found += [
            (event.step, v.tag, float(tf.make_ndarray(v.tensor))) for v in event.summary.value
        ]
        data = data[16 + length :]
    return found


@pytest.mark.training
def test_the_curves_are_those_of_the_history(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
    from asicae.training.tensorboard import event_files

    with event_files(tmp_path / "curves") as write, watched_by(write):
        for epoch in EPOCHS:
            tell("5links", epoch)
        tell("2links", dataclasses.replace(EPOCHS[0], train_loss=math.nan))
    (path,) = (tmp_path / "curves" / "5links").iterdir()
    assert [each for each in scalars(path) if each[1] == "loss/validation"] == [
        (epoch.epoch, "loss/validation", pytest.approx(epoch.validation_loss)) for epoch in EPOCHS
    ]
    (other,) = (tmp_path / "curves" / "2links").iterdir()
    assert len(scalars(other)) == 3
    with pytest.raises(BadInput, match="is no folder"), event_files(path):
        pass
    refused = pytest.raises(BadInput, match=r"cannot be written \(.*\), allowed is a folder")
    with refused, event_files(path / "deeper"):
        pass
    # Where it shows only then.
    (tmp_path / "curves" / "1links").write_text("")
    refused = pytest.raises(BadInput, match="1links: cannot be written")
    with refused, event_files(tmp_path / "curves") as write:
        write("1links", EPOCHS[0])
