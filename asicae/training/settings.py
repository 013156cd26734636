"""Settings of a training; importable without TensorFlow."""

from typing import Annotated, Literal

from pydantic import Field

from asicae.foundation.validation import Exact

Positive = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(gt=0, lt=1)]


class TrainSettings(Exact):
    """How a weight set is trained.

    The set of the highest link count starts from the initialisation; every further set starts from
    the next higher one and is trained on its own, which is shorter and ends better.

    Attributes:
        seed: of initial weights and event order.
        epochs: passes over the training modules from the initialisation.
        learning_rate: peak of its schedule (linear warm-up, then half a cosine to zero).
        next_epochs: passes when starting from the set of the next higher link count.
        next_rate: peak learning rate of that.
        fine_tune_epochs: passes when a trained pair is adapted to dead trigger cells.
        fine_tune_rate: peak learning rate of that.
        batch: events per step; an incomplete last batch waits for the next epoch's order.
        warm_up: steps of the warm-up.
        loss: ``sinkhorn`` (debiased, default) or ``telescope``.
        hidden: units of the decoder's hidden layers.
    """

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    epochs: Positive = 36
    learning_rate: Rate = 1e-2
    next_epochs: Positive = 14
    next_rate: Rate = 5e-3
    fine_tune_epochs: Positive = 8
    fine_tune_rate: Rate = 3e-3
    batch: Positive = 256
    warm_up: Annotated[int, Field(ge=0)] = 100
    loss: Literal["sinkhorn", "telescope"] = "sinkhorn"
    hidden: Annotated[tuple[Positive, ...], Field(min_length=1)] = (512, 512)
