"""A training ends with its epochs, early when nothing gets better, and at once when it failed."""

import math

import pytest

from asicae.training.ending import DEAD_EPOCHS, best_epoch, failure, is_over
from asicae.training.history import Epoch


def history(*losses: float, dead: str = "") -> list[Epoch]:
    """Epochs with these validation losses; a 1 in ``dead`` for each without a live latent."""
    found = enumerate(zip(losses, dead.ljust(len(losses), "0"), strict=True), 1)
    return [Epoch(n, 1.0, loss, 0.01, n, int(digit)) for n, (loss, digit) in found]


def ends_at(epochs: list[Epoch], most: int, patience: int | None) -> int:
    """Epochs that are done when a training that would give these is over."""
    return next(n for n in range(len(epochs) + 1) if is_over(epochs[:n], most, patience))


@pytest.mark.parametrize(
    ("losses", "patience", "end", "best"),
    [
        ((5, 4, 3, 2, 1), None, 5, 5),
        ((5, 4, 4, 4, 1), None, 5, 5),
        ((5, 4, 4, 4, 1), 2, 4, 2),
        ((5, 4, 5, 3, 4), 2, 5, 4),
        ((5, 6, 4, 3, 2), 1, 2, 1),
    ],
)
def test_it_ends_with_the_epochs_or_where_nothing_gets_better(
    losses: tuple[float, ...], patience: int | None, end: int, best: int
) -> None:
    epochs = history(*losses)
    assert ends_at(epochs, 5, patience) == end
    assert best_epoch(epochs[:end]) == best
    assert not failure(epochs, 5, patience)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_is_a_failure_at_once(loss: float) -> None:
    epochs = history(3, 2, loss, 1)
    assert ends_at(epochs, 9, None) == 3
    assert "epoch 3: the loss is not finite" in failure(epochs[:3], 9, None)
    assert best_epoch(epochs[:3]) == 2 and best_epoch(history(loss)) == best_epoch([]) == 0
    trained = [Epoch(1, loss, 2.0, 0.01, 1.0)]
    assert failure(trained, 9, None) and not failure([], 9, None)


@pytest.mark.parametrize(
    ("dead", "epochs", "patience", "end", "failed"),
    [
        ("00000", 5, None, 5, False),
        ("11000", 5, None, 5, False),
        ("01110", 5, None, 4, True),
        ("00011", 5, None, 5, False),
        ("11", 2, None, 2, True),
        ("1", 1, None, 1, True),
        # Nothing gets better: all the epochs that there are were dead, or not all.
        ("11111", 5, 1, 2, True),
        ("01111", 5, 1, 2, False),
        ("10000", 5, 2, 3, False),
    ],
)
def test_latents_that_stay_constant_are_a_failure(
    dead: str, epochs: int, patience: int | None, end: int, failed: bool
) -> None:
    found = history(*[1.0] * epochs, dead=dead)
    assert DEAD_EPOCHS == 3
    assert ends_at(found, epochs, patience) == end
    assert bool(failure(found[:end], epochs, patience)) is failed
