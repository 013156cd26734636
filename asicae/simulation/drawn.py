"""A chip without a run: a description, how it is built, drawn weights, events of the source."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.chip import golden
from asicae.chip.configuration import Configuration
from asicae.chip.microarchitectures import NAIVE, label_of
from asicae.export.rtl import export_rtl
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.simulation.regression.stimulus import MIN_NONZERO
from asicae.source.settings import settings_from
from asicae.source.simulate import simulate

DRAWN: Final = "drawn"
"""Name of the weight set, where sets have names."""
SEEDS: Final = 32
"""Tried for a chip whose words are worth comparing."""


@dataclass(frozen=True)
class DrawnChip:
    """All that a chip is verified and estimated with before anything is trained.

    Attributes:
        network: the description.
        configuration: how it is built.
        seed: of the weights, which are drawn evenly from the whole range of their types, and of
            the events, which are those of the synthetic source.
    """

    network: Network
    configuration: Configuration = NAIVE
    seed: int = 1

    @property
    def encoder(self) -> Encoder:
        """The network with its drawn weights."""
        return Encoder.random(self.network, self.seed)

    @property
    def title(self) -> str:
        """Whose figures follow, and that nothing of it is trained."""
        return (
            f"{self.network.name} built as {label_of(self.configuration)}: weights drawn with seed"
            f" {self.seed}, events of the synthetic source with the same seed"
        )

    def calq(self, events: int) -> npt.NDArray[np.int32]:
        """CALQ (events, 48) in AE order.

        Raises:
            BadInput: as ``settings_from``.
        """
        settings = settings_from({"events": events, "seed": self.seed})
        return simulate(settings, progress=False).calq

    @contextlib.contextmanager
    def exported(self) -> Iterator[Path]:
        """Its RTL, in a folder that is gone when the block ends.

        Raises:
            BadInput, CheckFailed: as ``export_rtl``.
        """
        with tempfile.TemporaryDirectory(prefix="asicae-drawn-") as name:
            export_rtl(self.network, Path(name), self.configuration)
            yield Path(name) / "rtl"

    def lively(self, events: int) -> "DrawnChip":
        """This chip, or with the first seed behind whose latents are not nearly all zero.

        Of few latents behind a ReLU all may draw weights that silence them. If that is so for
        ``SEEDS`` seeds, it is this chip after all.
        """
        for seed in range(self.seed, self.seed + SEEDS):
            chip = replace(self, seed=seed)
            latents = golden.run(chip.encoder, chip.calq(events)).latents
            if np.count_nonzero(latents) >= 2 * MIN_NONZERO * latents.size:
                return chip
        return self
