"""Ways to make charge maps of frames, by name, as the algorithms offer them.

Each is measured in docs/compare.md. Those of ``Training`` need the training events of a run.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from asicae.concentrator.group_spreading import (
    PeakShare,
    even_shares,
    image_shares,
    peak_shares,
    spread_groups,
)
from asicae.concentrator.spreading import as_sent, nearness, spread
from asicae.concentrator.transmitted import GroupSums, Transmitted
from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS, Floats, Integers
from asicae.readout.readouts import Readouts

MapOf = Callable[[Transmitted], Floats]
"""From what arrived in n frames to charges float64[n, 48], CALQ units, AE order."""
Decode = Callable[[Transmitted, Readouts], Floats]
"""Likewise, with the modules that the frames came from (never their charges)."""
Shares = Callable[[GroupSums], Floats]

NONE: Final = "none"
"""Name of no map: transmitted fields only."""
DROP: Final = "drop"
EVEN: Final = "even"
AS_SENT: Final = "as_sent"
LEARNED: Final = "learned"
DECODER: Final = "decoder"
"""Name of the map that a trained decoder of latents makes."""
BUSY_DECODER: Final = f"+{DECODER}"
"""Behind the name of a map for quiet frames, where such a decoder makes that of busy ones."""
REACHES: Final = (1.0, 2.0, 4.0)
"""Distances in cells over which charge that was not sent is taken to fall by a factor of e."""
LOST_REACHES: Final = (0.5, 1.0)
"""Likewise, for cells of groups that were not sent."""
PEAK_REACH: Final = 1.0
"""Likewise, from the largest cell of a group."""
BEST_OF_REST: Final = "near_4"
_BEST_OF_GROUPS: Final = "peak_by_size_near"
_BEST_OF_LOST: Final = "+lost_near_0.5"


class Training(Protocol):
    """What decoding may measure on, or has learned from, the training events of a run."""

    @property
    def calq(self) -> npt.NDArray[np.int32]:
        """Charges int32[n, 48], AE order."""

    @property
    def mean_image(self) -> Floats:
        """Mean share of every cell, float64[48]."""

    def class_image(self, modules: Readouts) -> Floats:
        """Mean image float64[n, 48] of modules like these."""

    @property
    def learned_weights(self) -> Decode | None:
        """Weights of the cells for ``spreading.spread`` by a network, where one was trained."""


def without_place(maps: Mapping[str, MapOf]) -> dict[str, Decode]:
    """Ways that do not look at the place of the modules."""

    def decode(way: MapOf) -> Decode:
        return lambda known, _: way(known)

    return {name: decode(way) for name, way in maps.items()}


def rest_maps() -> dict[str, MapOf]:
    """Ways for frames of the largest cells and a sum, the simplest first."""
    ways: dict[str, MapOf] = {DROP: as_sent, EVEN: spread}
    return ways | {f"near_{reach:g}": partial(_near, reach) for reach in REACHES}


def trained_rest_maps(training: Training) -> dict[str, Decode]:
    """Likewise, with the images of training events, and a network where one was trained."""
    image, learned = training.mean_image, training.learned_weights
    free = without_place(rest_maps())
    simplest = {name: free.pop(name) for name in (DROP, EVEN)}
    images: dict[str, Decode] = {
        "mean_image": lambda known, _: spread(known, image),
        "class_image": lambda known, modules: spread(known, training.class_image(modules)),
    }
    ways = simplest | images | free
    if learned is not None:
        ways[LEARNED] = lambda known, modules: spread(known, learned(known, modules))
    return ways


def group_maps(cells: Integers, places: bool, by_size: PeakShare) -> dict[str, MapOf]:
    """Ways for frames of sums of groups, the simplest first.

    Args:
        cells: int64[g, k], cells of the groups that are sent.
        places: the frame says which cell of a group is the largest.
        by_size: share of that cell by the size of the sum.
    """
    inside: dict[str, Shares] = {EVEN: even_shares}
    if places:
        inside |= _peak_ways(None, by_size)
    return _with_lost_groups(cells, inside)


def trained_group_maps(cells: Integers, places: bool, training: Training) -> dict[str, MapOf]:
    """Likewise, with shares and images of training events."""
    image = training.mean_image
    inside: dict[str, Shares] = {
        EVEN: even_shares,
        "mean_image": lambda groups: image_shares(groups, image),
    }
    if places:
        one, sized = (PeakShare.measured(training.calq, cells, by) for by in (False, True))
        inside |= _peak_ways(one, sized)
    return _with_lost_groups(cells, inside)


def best_of_groups(cells: Integers, places: bool) -> str:
    """Name of the best of ``group_maps``."""
    name = _BEST_OF_GROUPS if places else EVEN
    return name + (_BEST_OF_LOST if cells.size < N_CELLS else "")


def _peak_ways(one: PeakShare | None, by_size: PeakShare) -> dict[str, Shares]:
    """Ways that look at the largest cell of a group, by name.

    Args:
        one: share of the largest cell over all groups, where it was measured.
        by_size: share by the size of the sum.
    """
    ways: dict[str, Shares] = {"peak": lambda groups: peak_shares(groups, 1.0)}
    if one is not None:
        ways["peak_share"] = lambda groups: peak_shares(groups, one.of(groups.sums))
    ways["peak_by_size"] = lambda groups: peak_shares(groups, by_size.of(groups.sums))
    ways[_BEST_OF_GROUPS] = lambda groups: peak_shares(groups, by_size.of(groups.sums), PEAK_REACH)
    return ways


def _with_lost_groups(cells: Integers, inside: Mapping[str, Shares]) -> dict[str, MapOf]:
    """Every way to share sums, and where groups are lost also with those filled from the others."""
    lost: tuple[float, ...] = LOST_REACHES if cells.size < N_CELLS else ()
    ways: dict[str, MapOf] = {}
    for name, shares in inside.items():
        ways[name] = partial(_grouped, shares, None)
        for reach in lost:
            ways[f"{name}+lost_near_{reach:g}"] = partial(_grouped, shares, reach)
    return ways


def _near(reach: float, known: Transmitted) -> Floats:
    return spread(known, nearness(known.sent, reach))


def _grouped(shares: Shares, lost_reach: float | None, known: Transmitted) -> Floats:
    if known.groups is None:
        raise BadInput("decoding: these frames hold no groups")
    return spread_groups(known.groups, shares(known.groups), lost_reach)
