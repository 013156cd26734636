"""A training that is interrupted and goes on ends with the bytes of one that was not."""

import dataclasses
import math
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from asicae.training import checkpoint
from asicae.training.checkpoint import Checkpoint, Checkpoints, Progress
from asicae.training.history import read_history
from asicae.training.settings import TrainSettings

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.training import fit
from asicae.training.conditions import fine_tune
from asicae.training.samples import Samples, samples

SETTINGS = TrainSettings(
    seed=3, epochs=2, batch=64, hidden=(16,), warm_up=3, next_epochs=2, fine_tune_epochs=1
)
LINKS = (2, 5)
EPOCHS = 2 + 2 + 1


class Stopped(Exception):
    """The power is gone."""


def training(folder: Path) -> dict[str, bytes]:
    """Two link counts and dead cells, with checkpoints in ``folder``; all that came of it.

    In one process the compiled steps are kept; every training puts all variables in anew.
    """
    network, readouts = Network.preset("econ-t"), simulate(SourceSettings(events=500, seed=5))
    checkpoints = Checkpoints(folder / "checkpoints", "key")
    few = readouts.select(slice(0, 400)), readouts.select(slice(400, None))
    sets = fit.train_all(network, *few, SETTINGS, LINKS, checkpoints)
    tuned = fine_tune(
        sets[2],
        network,
        *few,
        SETTINGS,
        cells=(3, 7),
        checkpoint=checkpoints.of("dead_cells"),
    )
    found = {}
    for name, trained in {**{str(n): t for n, t in sets.items()}, "dead": tuned}.items():
        trained.weights.save(folder / "weights.npz")
        found[name] = (folder / "weights.npz").read_bytes()
        found[f"{name}.decoder"] = b"".join(v.tobytes() for v in trained.decoder.get_weights())
        rows = [dataclasses.replace(epoch, seconds=0) for epoch in trained.history]
        found[f"{name}.history"] = repr((rows, trained.best_epoch)).encode()
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return training(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, bool], None]]:
    """Let the training stop at the end of its n-th epoch from now, before or behind its storing."""
    save = Checkpoint.save

    def stop(at: int, stored: bool) -> None:
        seen = []

        def saved(self: Checkpoint, progress: Progress) -> None:
            seen.append(progress)
            if len(seen) < at or stored:
                save(self, progress)
            if len(seen) == at:
                raise Stopped

        monkeypatch.setattr(Checkpoint, "save", saved)

    yield stop
    monkeypatch.undo()


def test_stopped_at_every_epoch_it_loses_one_at_most_and_nothing_changes(
    whole: dict[str, bytes],
    stopping: Callable[[int, bool], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each try gets one epoch further, and every second one loses the epoch that it had done.
    passed = []
    epoch = fit.Trainer._progress

    def counted(self: fit.Trainer, *now: object) -> Progress:
        passed.extend(now[1:])
        return epoch(self, *now)  # type: ignore[arg-type]

    monkeypatch.setattr(fit.Trainer, "_progress", counted)
    for at in range(1, EPOCHS + 1):
        for stored in (False, True):
            before = len(passed)
            stopping(1, stored)
            with pytest.raises(Stopped):
                training(tmp_path)
            assert len(passed) == before + 1, at
    assert len(passed) == 2 * EPOCHS
    stopping(1, False)
    assert training(tmp_path) == whole
    assert len(passed) == 2 * EPOCHS


def test_what_others_stored_or_damaged_is_not_believed(
    network: Network,
    whole: dict[str, bytes],
    stopping: Callable[[int, bool], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stopping(2, True)
    with pytest.raises(Stopped):
        training(tmp_path)
    path = tmp_path / "checkpoints" / "5links.npz"

    def of(key: str) -> Checkpoint:
        return Checkpoints(path.parent, key).of("5links")

    trainer = fit.Trainer(network, SETTINGS)
    trainer.reset(None)
    start = trainer._progress()
    stored = of("key").load(start)
    assert len(stored.history) == 2
    # Arrays of another model, another key, another file.
    other = fit.Trainer(network, SETTINGS.model_copy(update={"hidden": (8,)}))._progress()
    assert of("key").load(other) is other
    assert of("another").load(start) is start
    for damaged in (b"", path.read_bytes()[:-9], b"PK" * 99):
        path.write_bytes(damaged)
        assert of("key").load(start) is start
    # A training whose numbers are not finite is stored as it is.
    broken = [np.full_like(array, np.nan) for array in start.values]
    of("key").save(dataclasses.replace(stored, values=broken))
    found = of("key").load(start)
    assert all(np.isnan(array).all() for array in found.values)
    assert found.history == stored.history and found.best_epoch == stored.best_epoch
    path.unlink()
    capsys.readouterr()
    stopping(0, False)
    assert training(tmp_path) == whole


@pytest.fixture(scope="module")
def few(network: Network) -> tuple[Samples, Samples]:
    readouts = simulate(SourceSettings(events=500, seed=5))
    parts = readouts.select(slice(0, 400)), readouts.select(slice(400, None))
    return samples(network, parts[0]), samples(network, parts[1])


def test_a_training_that_failed_ends_at_once_and_keeps_its_best(
    network: Network,
    few: tuple[Samples, Samples],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trainer, scores = fit.trainer_for(network, SETTINGS), iter([3.0, 2.0, math.nan])
    monkeypatch.setattr(fit.Trainer, "_score", lambda *given: (next(scores), False))
    checkpoint = Checkpoints(tmp_path / "kept", "key", tmp_path).of("5links")

    def fail(words: str) -> None:
        with pytest.raises(CheckFailed, match=words):
            trainer.fit(*few, 5, epochs=9, rate=0.01, checkpoint=checkpoint)

    fail(r"^training for 5 links: epoch 3: the loss is not finite .*epoch 2, loss 2\) is kept")
    best = Weights.load(tmp_path / "kept" / "weights" / "5links.npz", network)
    stored = checkpoint.load(trainer._progress())
    trainer._put(stored.best)
    for name, array in trainer.snapshot(5, (), 2).weights.arrays.items():
        np.testing.assert_array_equal(best.arrays[name], array)
    assert len(read_history(tmp_path / "train" / "5links.csv")["5links"]) == 3
    # The same training goes nowhere from there: `scores` has no more.
    fail("epoch 3: the loss is not finite")


def test_a_training_without_a_live_latent_has_failed(
    network: Network, few: tuple[Samples, Samples]
) -> None:
    trainer = fit.trainer_for(network, SETTINGS)
    dead = fit.untrained(network, SETTINGS, 5)
    for layer in dead.encoder.layers:
        # Behind a ReLU, negative sums are zeros, and nothing comes back through it.
        layer.set_weights([np.full_like(array, -0.5) for array in layer.get_weights()])
    with pytest.raises(CheckFailed, match="epoch 3: all latents are constant, nothing is learned"):
        trainer.fit(*few, 5, epochs=9, rate=0.01, start=dead)


CHILD = """
import os, signal, sys
from pathlib import Path
from asicae.training.checkpoint import Checkpoint
from asicae.training.fit import Trainer
from tests.training.test_checkpoint import training

def counted(self, *given):
    global left
    left -= 1
    if left == 0 and sys.argv[3] == "within":
        os.kill(os.getpid(), signal.SIGKILL)
    return score(self, *given)

def saved(self, progress):
    save(self, progress)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

left, score, save = int(sys.argv[2]), Trainer._score, Checkpoint.save
Trainer._score, Checkpoint.save = counted, saved
training(Path(sys.argv[1]))
"""
KILLS = (("5links", 2, "within", 1), ("2links", 2, "behind", 1), ("dead_cells", 2, "within", 0))
"""The set that is trained when a process is killed, how many epochs it has begun by then, whether
it is killed within the last of them or behind, and how many of that set are stored then. The second
process still has one epoch of the first set to do, the third one of the second."""


def test_a_killed_process_is_gone_on_with(whole: dict[str, bytes], tmp_path: Path) -> None:
    checkpoints = tmp_path / "checkpoints"
    for name, epochs, where, stored in KILLS:
        command = [sys.executable, "-c", CHILD, str(tmp_path), str(epochs), where]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        path = checkpoints / f"{name}.npz"
        assert path.exists() == bool(stored)
        if stored:
            with np.load(path) as archive:
                assert len(archive["history"]) == stored
    assert training(tmp_path) == whole
    assert not [path.name for path in checkpoints.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("package", ["tensorflow", "numpy"])
def test_other_packages_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    start = Progress([np.zeros(2)], [np.ones(3)], [np.zeros(2)])
    progress = dataclasses.replace(start, values=[np.ones(2)])
    Checkpoints(tmp_path, "key").of("a").save(progress)
    found = Checkpoints(tmp_path, "key").of("a").load(start)
    assert np.array_equal(found.values[0], progress.values[0])
    version = checkpoint.installed_version
    monkeypatch.setattr(
        checkpoint, "installed_version", lambda name: version(name) + "+" * (name == package)
    )
    assert Checkpoints(tmp_path, "key").of("a").load(start) is start
