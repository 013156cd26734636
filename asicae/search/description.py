"""What is searched for, as a user writes it: a base, what may differ, what is to be small."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from asicae.concentrator.links import AUTOENCODER_LINKS
from asicae.foundation.files import read_toml
from asicae.foundation.json_record import JsonRecord
from asicae.foundation.validation import short, validated
from asicae.scan.axes import MAX_VALUES
from asicae.search.record import ALL, MOST_TRIALS, Regime

Values = Annotated[tuple[JsonValue, ...], Field(min_length=1, max_length=MAX_VALUES)]


class SearchDescription(JsonRecord):
    """All of it.

    Attributes:
        base: run folder, whose events, network, chip and training are begun with.
        links: the encoder is trained for so many.
        trials: that are done in all; with more of them a search that has ended goes on.
        seed: of what is proposed, and of the weights and events of the fast model.
        ahead: trials that are proposed before the first of them has ended: as many workers can
            have something to do.
        drawn: trials with figures, before which choices are drawn evenly.
        regimes: of events, whose mean distance is to be small: ``all``, or a breakdown and its
            part, as in ``occupancy 20+``. Area and energy are to be small as well.
        space: values that each axis takes; ``train.FIELD`` are of the training, all others as in
            ``asicae scan --vary``.
    """

    base: str
    links: int = 2
    trials: Annotated[int, Field(ge=1, le=MOST_TRIALS)] = 40
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    ahead: Annotated[int, Field(ge=1, le=1_000)] = 8
    drawn: Annotated[int, Field(ge=1, le=MOST_TRIALS)] = 10
    regimes: Annotated[tuple[Regime, ...], Field(min_length=1, max_length=8)] = (ALL,)
    space: Annotated[dict[str, Values], Field(min_length=1, max_length=64)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.links not in AUTOENCODER_LINKS:
            raise ValueError(
                f"links is {self.links}, allowed is one of {short(list(AUTOENCODER_LINKS))}"
            )
        if len(set(self.regimes)) != len(self.regimes):
            raise ValueError("regimes names one twice, allowed is once")
        return self

    @classmethod
    def read(cls, path: Path) -> Self:
        """A description from a TOML file.

        Raises:
            BadInput: unreadable file, unknown key or a value that is not allowed.
        """
        return validated(cls, read_toml(path), str(path))
