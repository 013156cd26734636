"""Conditions that the base weights were not trained for: dead trigger cells."""

from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.training.checkpoint import Checkpoint
from asicae.training.dead_cells import DeadCells, require_charge, with_dead_cells
from asicae.training.fit import trainer_for
from asicae.training.samples import samples
from asicae.training.settings import TrainSettings
from asicae.training.trained import Trained


def fine_tune(
    trained: Trained,
    network: Network,
    train_readouts: Readouts,
    validation_readouts: Readouts,
    settings: TrainSettings,
    *,
    cells: DeadCells,
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
        cells: AE order, of all modules or of some; none of them is the control, which has the same
            epochs on intact events.
        checkpoint: see ``Trainer.fit``.

    Raises:
        BadInput: see ``require_charge`` and ``train``.
    """
    if cells:
        require_charge({"training": train_readouts}, cells)
    dead = with_dead_cells(train_readouts, cells)
    return trainer_for(network, settings).fit(
        samples(network, dead, train_readouts),
        samples(network, with_dead_cells(validation_readouts, cells), validation_readouts),
        trained.links,
        start=trained,
        epochs=settings.fine_tune_epochs,
        rate=settings.fine_tune_rate,
        checkpoint=checkpoint,
    )
