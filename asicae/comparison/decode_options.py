"""The ways to decode a classical frame into a charge map, by name.

All that an option measures comes from the training events. Which one is used is chosen on other
events, see ``choice``; docs/compare.md describes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import numpy.typing as npt

from asicae.concentrator.algorithms.table import algorithm_of
from asicae.concentrator.charge_maps import Decode, trained_rest_maps
from asicae.concentrator.settings import ConcentratorSettings
from asicae.metrics.images import mean_image
from asicae.module.geometry import Floats
from asicae.readout.readouts import Readouts

if TYPE_CHECKING:
    from asicae.training.learned_spreading import LearnedSpreading

FEWEST_IN_CLASS: Final = 50
"""A class of modules with fewer training events has the mean image of all."""


@dataclass(frozen=True, eq=False)
class ClassImages:
    """Mean images of modules of the same layer and density, float64[48] each."""

    images: Mapping[tuple[int, bool], Floats]
    overall: Floats

    @classmethod
    def measured(cls, training: Readouts) -> Self:
        """From training events.

        Raises:
            BadInput: no event with charge.
        """
        charged = training.select(training.calq.any(axis=1))
        overall = mean_image(charged.calq)
        images = {}
        for layer, dense in sorted(set(_classes(charged))):
            rows = (charged.layer == layer) & (charged.high_density == dense)
            if np.count_nonzero(rows) >= FEWEST_IN_CLASS:
                images[layer, dense] = mean_image(charged.calq[rows])
        return cls(images, overall)

    def of(self, readouts: Readouts) -> Floats:
        """Image of the class of every module, float64[n, 48]."""
        found = [self.images.get(key, self.overall) for key in _classes(readouts)]
        return np.array(found).reshape(len(readouts), len(self.overall))


class DecodeOptions:
    """The options for frames of any classical algorithm; what they measure is measured once."""

    def __init__(self, training: Readouts, learned: "LearnedSpreading | None" = None) -> None:
        """Take the training events, and a network trained for the cells where there is one.

        Raises:
            BadInput: no training event with charge.
        """
        self._training, self._learned = training, learned
        self.mean_image: Floats = mean_image(training.calq)

    def of(self, settings: ConcentratorSettings) -> dict[str, Decode]:
        """The options for frames of these settings, the simplest first.

        None for an algorithm whose frames have a decoder of their own.
        """
        return algorithm_of(settings).trained_maps(settings, self)

    def of_cells(self) -> dict[str, Decode]:
        """The options for frames of the largest cells and a sum."""
        return trained_rest_maps(self)

    # What an algorithm may ask for (``charge_maps.Training``).

    @property
    def calq(self) -> npt.NDArray[np.int32]:
        """Training charges int32[n, 48]."""
        return self._training.calq

    def class_image(self, modules: Readouts) -> Floats:
        """Mean image of the class of every module, float64[n, 48]."""
        return self._class_images.of(modules)

    @property
    def learned_weights(self) -> Decode | None:
        """Weights of the cells by the network, where one was trained."""
        return None if self._learned is None else self._learned.weights

    @cached_property
    def _class_images(self) -> ClassImages:
        return ClassImages.measured(self._training)


def _classes(readouts: Readouts) -> list[tuple[int, bool]]:
    return list(zip(readouts.layer.tolist(), readouts.high_density.tolist(), strict=True))
