"""Settings of a training; importable without TensorFlow."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from asicae.foundation.validation import Exact
from asicae.training.own_code import FORM, OwnName, files_of, is_own

Positive = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(gt=0, lt=1)]


LOSSES: Final = ("sinkhorn", "telescope")
"""Those of the kit."""


def _known_loss(name: str) -> str:
    if name not in LOSSES and not is_own(name):
        raise ValueError(f"allowed are {', '.join(LOSSES)}, or a function of yours, {FORM}")
    return name


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
        patience: epochs without a better validation loss after which a set is done.
        batch: events per step; an incomplete last batch waits for the next epoch's order.
        warm_up: steps of the warm-up.
        loss: ``sinkhorn`` (debiased), ``telescope``, or a function of yours, ``module:function``.
        model: a function of yours that builds the encoder, ``module:function``; the network says
            how unless given.
        hidden: units of the decoder's hidden layers.
        decoder: what it sees: latents and ``conditional`` on the module sum and where the module
            is, or ``plain``, the latents only; both scale what they give to the sum.
    """

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    epochs: Positive = 36
    learning_rate: Rate = 1e-2
    next_epochs: Positive = 14
    next_rate: Rate = 5e-3
    fine_tune_epochs: Positive = 8
    fine_tune_rate: Rate = 3e-3
    patience: Positive | None = None
    batch: Positive = 256
    warm_up: Annotated[int, Field(ge=0)] = 100
    loss: Annotated[str, AfterValidator(_known_loss)] = "sinkhorn"
    model: OwnName | None = None
    hidden: Annotated[tuple[Positive, ...], Field(min_length=1)] = (512, 512)
    decoder: Literal["conditional", "plain"] = "conditional"

    @property
    def own_files(self) -> list[Path]:
        """Files of the functions of yours that are used, by their places in the current folder."""
        return files_of((self.model, self.loss))
