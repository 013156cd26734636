"""Ways to make charge maps of classical frames that need no training events, by name.

Each is measured in docs/compare.md; ``default_map`` is the one with the smallest distance there.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from asicae.concentrator.algorithms.super_trigger_cell import groups_of
from asicae.concentrator.group_spreading import (
    PeakShare,
    even_shares,
    peak_shares,
    spread_groups,
)
from asicae.concentrator.measured_shares import measured_share
from asicae.concentrator.settings import Algorithm, ConcentratorSettings, StcType
from asicae.concentrator.spreading import as_sent, nearness, spread
from asicae.concentrator.transmitted import GroupSums, Transmitted
from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS

Floats = npt.NDArray[np.float64]
MapOf = Callable[[Transmitted], Floats]
"""From what arrived in n frames to charges float64[n, 48], CALQ units, AE order."""
Shares = Callable[[GroupSums], Floats]

REACHES: Final = (1.0, 2.0, 4.0)
"""Distances in cells over which charge that was not sent is taken to fall by a factor of e."""
LOST_REACHES: Final = (0.5, 1.0)
"""Likewise, for cells of groups that were not sent."""
PEAK_REACH: Final = 1.0
"""Likewise, from the largest cell of a group."""
DROP: Final = "drop"
AS_SENT: Final = "as_sent"
_CELLS: Final = "near_4"
_GROUPS: Final = "peak_by_size_near"
_GROUPS_WITHOUT_PLACE: Final = "even"
_LOST: Final = "+lost_near_0.5"


def charge_maps(settings: ConcentratorSettings) -> dict[str, MapOf]:
    """The ways for frames of these settings, the simplest first.

    Raises:
        BadInput: the autoencoder, whose map is made by its trained decoder.
    """
    match settings.alg_type:
        case Algorithm.REPEATER:
            return {AS_SENT: as_sent}
        case Algorithm.SUPER_TRIGGER_CELL:
            share = measured_share(groups_of(settings).shape[1])
            inside: dict[str, Shares] = {"even": even_shares, **peak_ways(settings, None, share)}
            return with_lost_groups(settings, inside)
        case Algorithm.THRESHOLD_SUM | Algorithm.BEST_CHOICE:
            ways: dict[str, MapOf] = {DROP: as_sent, "even": spread}
            return ways | {f"near_{reach:g}": partial(_near, reach) for reach in REACHES}
    raise BadInput(f"{settings.alg_type}: is decoded by its own decoder")


def default_map(settings: ConcentratorSettings) -> str | None:
    """Name of the best of ``charge_maps``; None for the autoencoder, which has none."""
    match settings.alg_type:
        case Algorithm.AUTOENCODER:
            return None
        case Algorithm.REPEATER:
            return AS_SENT
        case Algorithm.SUPER_TRIGGER_CELL:
            coarse = settings.stc_type is StcType.CTC4_4E3M
            name = _GROUPS_WITHOUT_PLACE if coarse else _GROUPS
            return name + (_LOST if groups_of(settings).size < N_CELLS else "")
    return _CELLS


def peak_ways(
    settings: ConcentratorSettings, one: PeakShare | None, by_size: PeakShare
) -> dict[str, Shares]:
    """Ways that look at the largest cell of a group, by name; none where its place is not sent.

    Args:
        settings: of Super Trigger Cell.
        one: share of the largest cell over all groups, where it was measured.
        by_size: share by the size of the sum.
    """
    if settings.stc_type is StcType.CTC4_4E3M:
        return {}
    ways: dict[str, Shares] = {"peak": lambda groups: peak_shares(groups, 1.0)}
    if one is not None:
        ways["peak_share"] = lambda groups: peak_shares(groups, one.of(groups.sums))
    ways["peak_by_size"] = lambda groups: peak_shares(groups, by_size.of(groups.sums))
    ways["peak_by_size_near"] = lambda groups: peak_shares(
        groups, by_size.of(groups.sums), PEAK_REACH
    )
    return ways


def with_lost_groups(settings: ConcentratorSettings, inside: dict[str, Shares]) -> dict[str, MapOf]:
    """Every way to share sums, and where groups are lost also with those filled from the others."""
    lost: tuple[float, ...] = LOST_REACHES if groups_of(settings).size < N_CELLS else ()
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
