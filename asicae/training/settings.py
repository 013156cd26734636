"""Settings of a training; importable without TensorFlow."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(ge=1)]


class TrainSettings(BaseModel):
    """How a weight set is trained.

    Attributes:
        seed: of initial weights and event order.
        epochs: passes over the training modules.
        batch: events per step; an incomplete last batch waits for the next epoch's order.
        learning_rate: peak of the schedule (linear warm-up, then half a cosine to zero).
        warm_up: steps of the warm-up.
        loss: ``sinkhorn`` (debiased, default) or ``telescope``.
        hidden: units of the decoder's hidden layers.
        fine_tune_epochs: passes when a trained pair is adapted to dead trigger cells.
        fine_tune_rate: peak learning rate of that.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    epochs: Positive = 15
    batch: Positive = 1024
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 5e-3
    warm_up: Annotated[int, Field(ge=0)] = 100
    loss: Literal["sinkhorn", "telescope"] = "sinkhorn"
    hidden: Annotated[tuple[Positive, ...], Field(min_length=1)] = (256, 256)
    fine_tune_epochs: Positive = 8
    fine_tune_rate: Annotated[float, Field(gt=0, lt=1)] = 2e-3
