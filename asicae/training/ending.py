"""When the training of a weight set is over, and when it has failed; no TensorFlow here."""

import math
from collections.abc import Sequence
from typing import Final

from asicae.training.history import Epoch

DEAD_EPOCHS: Final = 3
"""Epochs in a row behind which all latents were constant: no gradient comes back from there."""


def is_over(history: Sequence[Epoch], epochs: int, patience: int | None) -> bool:
    """Whether no epoch is to follow on ``history``.

    Args:
        history: one entry an epoch that is done.
        epochs: the most there are.
        patience: epochs without a better validation loss that end it early.
    """
    return _has_all(history, epochs, patience) or bool(failure(history, epochs, patience))


def _has_all(history: Sequence[Epoch], epochs: int, patience: int | None) -> bool:
    """Whether it has the epochs that it may have, or nothing has got better for too many."""
    if len(history) >= epochs:
        return True
    return patience is not None and len(history) - best_epoch(history) >= patience


def best_epoch(history: Sequence[Epoch]) -> int:
    """The first epoch of the least finite validation loss, 0 without one."""
    finite = [epoch for epoch in history if math.isfinite(epoch.validation_loss)]
    return min(finite, key=lambda epoch: epoch.validation_loss).epoch if finite else 0


def failure(history: Sequence[Epoch], epochs: int, patience: int | None) -> str:
    """What went wrong in a training, in words; empty while nothing has. Arguments as ``is_over``.

    A training has failed once a loss is not finite, or when all latents were constant over the
    validation events at the end of ``DEAD_EPOCHS`` epochs in a row, or of all that it has.
    """
    if not history:
        return ""
    last = history[-1]
    if not (math.isfinite(last.train_loss) and math.isfinite(last.validation_loss)):
        rate = max(epoch.learning_rate for epoch in history)
        return f"epoch {last.epoch}: the loss is not finite (rate up to {rate:g}), lower the rate"
    ended = history[-DEAD_EPOCHS:]
    enough = len(ended) == DEAD_EPOCHS or _has_all(history, epochs, patience)
    if enough and all(epoch.dead for epoch in ended):
        return f"epoch {last.epoch}: all latents are constant, nothing is learned any more"
    return ""
