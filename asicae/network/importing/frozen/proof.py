"""That the sums of a layer are rounded alike by the graph and by the network: every one of them."""

from typing import Final

import numpy as np

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.frozen.recognition import Function
from asicae.network.plan import FLOAT32_EXACT_BITS, LayerPlan

CHUNK: Final = 1 << 18


def prove(plan: LayerPlan, function: Function, where: str) -> None:
    """Compare all sums that the layer can have, as far as float32 has them.

    Raises:
        BadInput: one is rounded otherwise.
    """
    fraction, kind = plan.accumulator_fraction, plan.output_type
    end = 1 << (FLOAT32_EXACT_BITS - 1)
    low, high = max(plan.accumulator_range[0], -end), min(plan.accumulator_range[1], end)
    for first in range(low, high + 1, CHUNK):
        sums = np.arange(first, min(first + CHUNK, high + 1), dtype=np.int64)
        expected = kind.cast(sums, fraction)
        expected = np.maximum(expected, 0) if plan.relu else expected
        found = np.asarray(function(np.ldexp(sums, -fraction).astype(np.float32)), dtype=np.float64)
        wrong = np.flatnonzero(np.ldexp(found, kind.fraction) != expected)
        if wrong.size:
            place = wrong[0]
            raise BadInput(
                f"{where}: layer {short(plan.name)}: {np.ldexp(sums[place], -fraction):g} becomes "
                f"{found[place]:g} in the graph and {expected[place] * kind.lsb:g} in {kind}"
            )
