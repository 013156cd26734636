"""Conditions that the base weights were not trained for: dead trigger cells."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.training.checkpoint import Checkpoint
from asicae.training.fit import Trained, trainer_for
from asicae.training.samples import samples
from asicae.training.settings import TrainSettings


def draw_dead_cells(seed: int, count: int = 6) -> tuple[int, ...]:
    """``count`` different cells in AE order, ascending, drawn evenly."""
    if not 1 <= count < N_CELLS:
        raise BadInput(f"dead cells: {count}, allowed are 1 to {N_CELLS - 1}")
    drawn = np.random.default_rng(seed).choice(N_CELLS, count, replace=False)
    return tuple(sorted(int(cell) for cell in drawn))


def with_dead_cells(readouts: Readouts, cells: Sequence[int]) -> Readouts:
    """The readouts of the same events from a module whose ``cells`` (AE order) deliver nothing.

    Their charge is missing at the normaliser and in the module sum. The intact readouts remain
    the reference: what matters downstream is the charge that was there.

    Raises:
        BadInput: a cell outside 0..47, or named twice.
    """
    if len(set(cells)) != len(cells) or not all(0 <= cell < N_CELLS for cell in cells):
        raise BadInput(f"dead cells: {list(cells)}, allowed are different ones of 0..{N_CELLS - 1}")
    calq = readouts.calq.copy()
    calq[:, list(cells)] = 0
    dead = ", ".join(str(cell) for cell in cells)
    return dataclasses.replace(readouts, calq=calq, source=f"{readouts.source}; dead cells {dead}")


def fine_tune(
    trained: Trained,
    network: Network,
    train_readouts: Readouts,
    validation_readouts: Readouts,
    settings: TrainSettings,
    *,
    cells: Sequence[int],
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Continue from ``trained`` on modules with dead ``cells``; the target is the intact module.

    Encoder and decoder both adapt, at the link count of ``trained``, for
    ``settings.fine_tune_epochs`` epochs.

    Args:
        trained: the base weight set.
        network: its description.
        train_readouts: intact readouts.
        validation_readouts: intact readouts.
        settings: those of the base set.
        cells: AE order.
        checkpoint: see ``Trainer.fit``.

    Raises:
        BadInput: see ``with_dead_cells`` and ``train``.
    """
    return trainer_for(network, settings).fit(
        samples(network, with_dead_cells(train_readouts, cells), train_readouts),
        samples(network, with_dead_cells(validation_readouts, cells), validation_readouts),
        trained.links,
        start=trained,
        epochs=settings.fine_tune_epochs,
        rate=settings.fine_tune_rate,
        checkpoint=checkpoint,
    )
