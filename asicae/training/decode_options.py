"""The ways to decode a classical frame into a charge map, by name.

All that an option measures comes from the training events. Which one is used is chosen on other
events, see ``choice``; docs/compare.md describes them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import numpy.typing as npt

from asicae.concentrator.group_spreading import (
    PeakShare,
    even_shares,
    image_shares,
    peak_shares,
    spread_groups,
)
from asicae.concentrator.settings import Algorithm, ConcentratorSettings, StcType
from asicae.concentrator.spreading import as_sent, nearness, spread
from asicae.concentrator.super_trigger_cell import groups_of
from asicae.concentrator.transmitted import GroupSums, Transmitted
from asicae.errors import BadInput
from asicae.readout.dataset import Readouts
from asicae.training.metrics import mean_image

if TYPE_CHECKING:
    from asicae.training.learned_spreading import LearnedSpreading

Floats = npt.NDArray[np.float64]
Decode = Callable[[Transmitted, Readouts], Floats]
"""From what arrived, and the modules it came from (never their charges), to CALQ float64[n, 48]."""

REACHES: Final = (1.0, 2.0, 4.0)
"""Distances in cells over which charge that was not sent is taken to fall by a factor of e."""
LOST_REACHES: Final = (0.5, 1.0)
"""Likewise, for cells of groups that were not sent."""
PEAK_REACH: Final = 1.0
"""Likewise, from the largest cell of a group."""
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
            case Algorithm.REPEATER:
                return {"as_sent": lambda known, _: as_sent(known)}
            case Algorithm.SUPER_TRIGGER_CELL:
                return _group_options(settings, self._training, self.mean_image)
            case Algorithm.THRESHOLD_SUM | Algorithm.BEST_CHOICE:
                return self._cell_options
        raise BadInput(f"{settings.alg_type}: is decoded by its own decoder")

    @cached_property
    def _cell_options(self) -> dict[str, Decode]:
        image, images = self.mean_image, ClassImages.measured(self._training)
        options: dict[str, Decode] = {
            "drop": lambda known, _: as_sent(known),
            "even": lambda known, _: spread(known),
            "mean_image": lambda known, _: spread(known, image),
            "class_image": lambda known, modules: spread(known, images.of(modules)),
        }
        for reach in REACHES:
            options[f"near_{reach:g}"] = partial(_near, reach)
        if self._learned is not None:
            weights = self._learned.weights
            options["learned"] = lambda known, modules: spread(known, weights(known, modules))
        return options


def _near(reach: float, known: Transmitted, modules: Readouts) -> Floats:
    del modules
    return spread(known, nearness(known.sent, reach))


def _group_options(
    settings: ConcentratorSettings, training: Readouts, image: Floats
) -> dict[str, Decode]:
    cells = groups_of(settings)
    inside: dict[str, Callable[[GroupSums], Floats]] = {
        "even": even_shares,
        "mean_image": lambda groups: image_shares(groups, image),
    }
    if settings.stc_type is not StcType.CTC4_4E3M:
        one, sized = (PeakShare.measured(training.calq, cells, by) for by in (False, True))
        inside |= {
            "peak": lambda groups: peak_shares(groups, 1.0),
            "peak_share": lambda groups: peak_shares(groups, one.of(groups.sums)),
            "peak_by_size": lambda groups: peak_shares(groups, sized.of(groups.sums)),
            "peak_by_size_near": lambda groups: peak_shares(
                groups, sized.of(groups.sums), PEAK_REACH
            ),
        }
    options: dict[str, Decode] = {}
    for name, shares in inside.items():
        options[name] = partial(_grouped, shares, None)
        if cells.size < len(image):
            for reach in LOST_REACHES:
                options[f"{name}+lost_near_{reach:g}"] = partial(_grouped, shares, reach)
    return options


def _grouped(
    shares: Callable[[GroupSums], Floats],
    lost_reach: float | None,
    known: Transmitted,
    modules: Readouts,
) -> Floats:
    del modules
    if known.groups is None:
        raise BadInput("decoding: these frames hold no groups")
    return spread_groups(known.groups, shares(known.groups), lost_reach)


def _classes(readouts: Readouts) -> list[tuple[int, bool]]:
    return list(zip(readouts.layer.tolist(), readouts.high_density.tolist(), strict=True))
