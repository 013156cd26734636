"""What is left of the look of a shower: its hottest cell, its centre and its width."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.metrics.images import Floats, checked_charges
from asicae.module.geometry import CENTRES


@dataclass(frozen=True, eq=False)
class Shape:
    """Decoded beside true maps of m events that both have charge.

    Lengths are half trigger-cell pitches (adjacent cells = 2.0).

    Attributes:
        charge: float64[m], true charge of the module.
        found: bool[m], whether the cell with the largest decoded charge, the lowest of several, has
            truly the largest or one as large.
        hottest: float64[m], decoded over true charge of the truly hottest cell, the lowest of
            several.
        centroid: float64[m], distance of the decoded from the true mean position, weighted by
            charge.
        width: float64[m], decoded less true root mean square distance from that position.
    """

    charge: Floats
    found: npt.NDArray[np.bool_]
    hottest: Floats
    centroid: Floats
    width: Floats

    def __len__(self) -> int:
        return len(self.charge)


def shape(reference: npt.ArrayLike, reconstructed: npt.ArrayLike) -> Shape:
    """Compare maps; events where one of them is without charge are left out.

    Args:
        reference: [n,48] charges in AE order.
        reconstructed: [n,48] charges in the same unit.

    Raises:
        BadInput: other shapes, charges that are none.
    """
    truth = checked_charges(reference, "reference")
    decoded = checked_charges(reconstructed, "reconstructed")
    if truth.shape != decoded.shape:
        raise BadInput(f"shape: {len(truth)} reference and {len(decoded)} reconstructed events")
    kept = truth.any(axis=1) & decoded.any(axis=1)
    truth, decoded = truth[kept], decoded[kept]
    rows, largest = np.arange(len(truth)), truth.max(axis=1)
    hottest = truth.argmax(axis=1)
    (true_centre, true_width), (centre, width) = _moments(truth), _moments(decoded)
    return Shape(
        charge=truth.sum(axis=1),
        found=truth[rows, decoded.argmax(axis=1)] == largest,
        hottest=decoded[rows, hottest] / largest,
        centroid=np.asarray(np.linalg.norm(centre - true_centre, axis=1)),
        width=width - true_width,
    )


def _moments(charges: Floats) -> tuple[Floats, Floats]:
    """Mean position [m,2] and root mean square distance from it [m]."""
    shares = charges / charges.sum(axis=1, keepdims=True)
    centre = shares @ CENTRES
    away = np.square(CENTRES[None] - centre[:, None]).sum(axis=2)
    return centre, np.sqrt((shares * away).sum(axis=1))
