"""Which modules are drawn, and how often."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module import detector
from asicae.module.link_map import links_of
from asicae.module.parameters import EM_LAYERS

Array = npt.NDArray[np.float64]


@lru_cache(maxsize=8)
def borders(
    partial: bool,
    layers: tuple[int, ...] | None,
    hadronic_share: float,
    links: int | None,
    radius_cm: tuple[float, float] | None,
) -> Array:
    """Cumulated weights float[n] of ``detector.modules(partial)``; arguments as in the settings.

    Without ``links`` the layer is drawn by ``hadronic_share``, then the place within it: particles
    are flat in pseudorapidity and azimuth, so a module is met in proportion to its area over R^2.
    Of a class each module is as likely as the others: all send data in every crossing.

    Raises:
        BadInput: no module is left.
    """
    every, here = detector.modules(partial), chosen(partial, layers, links, radius_cm)
    if links is not None:
        return np.cumsum(here.astype(np.float64))
    allowed = detector.TRIGGER_LAYERS if layers is None else layers
    return np.cumsum(_by_layer(every, here, _layer_shares(allowed, hadronic_share)))


def chosen(
    partial: bool,
    layers: tuple[int, ...] | None,
    links: int | None,
    radius_cm: tuple[float, float] | None,
) -> npt.NDArray[np.bool_]:
    """Which of ``detector.modules(partial)`` are asked for; arguments as in the settings.

    Raises:
        BadInput: none is.
    """
    every = detector.modules(partial)
    here = np.isin(every.layer, detector.TRIGGER_LAYERS if layers is None else layers)
    if radius_cm is not None:
        here &= (every.radius_cm >= radius_cm[0]) & (every.radius_cm <= radius_cm[1])
    if links is not None:
        here &= links_of(every.layer, every.u, every.v) == links
    if not here.any():
        wanted = {"links": links, "layers": layers, "radius_cm": radius_cm}
        words = ", ".join(f"{name} {value}" for name, value in wanted.items() if value is not None)
        raise BadInput(f"{words}: no module has them all, allowed are those of one or more")
    return here


def _by_layer(
    every: detector.Modules, here: npt.NDArray[np.bool_], shares: dict[int, float]
) -> Array:
    place = every.present.sum(axis=1) / every.radius_cm**2
    weight = np.zeros(len(every))
    for layer, share in shares.items():
        chosen = here & (every.layer == layer)
        if chosen.any():
            weight[chosen] = share * place[chosen] / place[chosen].sum()
    return weight


def _layer_shares(allowed: tuple[int, ...], hadronic_share: float) -> dict[int, float]:
    front = sorted({layer for layer in allowed if layer <= EM_LAYERS})
    back = sorted({layer for layer in allowed if layer > EM_LAYERS})
    share = hadronic_share if front and back else float(bool(back))
    shares = dict.fromkeys(front, (1.0 - share) / max(len(front), 1))
    return shares | dict.fromkeys(back, share / max(len(back), 1))
