"""The ways to decode a classical frame into a charge map, by name.

All that an option measures comes from the training events. Which one is used is chosen on other
events, see ``choice``; docs/compare.md describes them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import numpy.typing as npt

from asicae.concentrator.algorithms.super_trigger_cell import groups_of
from asicae.concentrator.charge_maps import (
    DROP,
    MapOf,
    Shares,
    charge_maps,
    peak_ways,
    with_lost_groups,
)
from asicae.concentrator.group_spreading import PeakShare, even_shares, image_shares
from asicae.concentrator.settings import Algorithm, ConcentratorSettings, StcType
from asicae.concentrator.spreading import spread
from asicae.concentrator.transmitted import Transmitted
from asicae.metrics.images import mean_image
from asicae.readout.readouts import Readouts

if TYPE_CHECKING:
    from asicae.training.learned_spreading import LearnedSpreading

Floats = npt.NDArray[np.float64]
Decode = Callable[[Transmitted, Readouts], Floats]
"""From what arrived, and the modules it came from (never their charges), to CALQ float64[n, 48]."""

LEARNED: Final = "learned"
DECODER: Final = "decoder"
"""The autoencoder's own, which no option of a classical algorithm is."""
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
        self.mean_image = mean_image(training.calq)

    def of(self, settings: ConcentratorSettings) -> dict[str, Decode]:
        """The options for frames of these settings, the simplest first.

        Raises:
            BadInput: the autoencoder, which has its own decoder.
        """
        match settings.alg_type:
            case Algorithm.SUPER_TRIGGER_CELL:
                ways = _group_options(settings, self._training, self.mean_image)
                return {name: _anywhere(way) for name, way in ways.items()}
            case Algorithm.THRESHOLD_SUM | Algorithm.BEST_CHOICE:
                free = {name: _anywhere(way) for name, way in charge_maps(settings).items()}
                simplest = {name: free.pop(name) for name in (DROP, "even")}
                return simplest | self._from_images | free | self._from_network
        return {name: _anywhere(way) for name, way in charge_maps(settings).items()}

    @cached_property
    def _from_images(self) -> dict[str, Decode]:
        image, images = self.mean_image, ClassImages.measured(self._training)
        return {
            "mean_image": lambda known, _: spread(known, image),
            "class_image": lambda known, modules: spread(known, images.of(modules)),
        }

    @property
    def _from_network(self) -> dict[str, Decode]:
        if self._learned is None:
            return {}
        weights = self._learned.weights
        return {LEARNED: lambda known, modules: spread(known, weights(known, modules))}


def _group_options(
    settings: ConcentratorSettings, training: Readouts, image: Floats
) -> dict[str, MapOf]:
    cells = groups_of(settings)
    inside: dict[str, Shares] = {
        "even": even_shares,
        "mean_image": lambda groups: image_shares(groups, image),
    }
    if settings.stc_type is not StcType.CTC4_4E3M:
        one, sized = (PeakShare.measured(training.calq, cells, by) for by in (False, True))
        inside |= peak_ways(settings, one, sized)
    return with_lost_groups(settings, inside)


def _anywhere(charge_map: MapOf) -> Decode:
    """A way that does not look at the place of the modules."""
    return lambda known, _: charge_map(known)


def _classes(readouts: Readouts) -> list[tuple[int, bool]]:
    return list(zip(readouts.layer.tolist(), readouts.high_density.tolist(), strict=True))
