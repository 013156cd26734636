"""Settings of a training; importable without TensorFlow."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from asicae.concentrator.algorithms.hybrid_choice import LINKS
from asicae.foundation.validation import Exact, short
from asicae.network.named import is_file
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
    def own_code(self) -> dict[str, Path]:
        """Files of the functions of yours that are used, by their names."""
        return files_of((self.model, self.loss))


class HybridSettings(Exact):
    """Networks of Hybrid Choice, trained beside the one of the run.

    Seed, patience, batch, warm-up, loss and hidden layers are those of the run's other training.

    Attributes:
        links: numbers of them, one network each.
        networks: presets, or paths of descriptions, in the order of ``links``; else ``hybrid-1``
            at 1 link and so on.
        busy_hits: cells with charge of the crossings that are trained on.
        epochs: passes over them, each in six orientations.
        learning_rate: peak of its schedule.
    """

    links: tuple[int, ...] = LINKS
    networks: tuple[str, ...] = ()
    busy_hits: Annotated[int, Field(ge=4, le=48)] = 6
    epochs: Positive = 4
    learning_rate: Rate = 3e-3

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        wrong = set(self.links) - set(LINKS)
        if wrong or not self.links or len(set(self.links)) != len(self.links):
            raise ValueError(
                f"links is {short(list(self.links))}, allowed are different ones of"
                f" {short(list(LINKS))}, one at least"
            )
        if self.networks and len(self.networks) != len(self.links):
            raise ValueError(
                f"networks is {short(list(self.networks))}, allowed is one for each of links"
            )
        return self

    @property
    def by_links(self) -> Mapping[int, str]:
        """Names of the networks, by ascending links."""
        names = self.networks or [f"hybrid-{links}" for links in self.links]
        return dict(sorted(zip(self.links, names, strict=True)))

    def files(self) -> list[Path]:
        """Descriptions of one's own."""
        return [Path(name) for name in self.by_links.values() if is_file(name)]

    def of_training(self, other: TrainSettings) -> TrainSettings:
        """How the networks are trained, where ``other`` says how the other one is."""
        own = {"epochs": self.epochs, "learning_rate": self.learning_rate, "model": None}
        return other.model_copy(update=own)
