"""That no number of a layer leaves its type, whatever a module's charges are.

The hardware wraps before its ReLU, a model may do so behind it. Both give the same words only where
nothing wraps at all, which is known when the weights are: the bounds of every output follow from
those of the codes, layer by layer.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.description import NORMALISED_FRACTION, Network
from asicae.network.fixed_point import FixedPoint, Overflow
from asicae.network.graph import INPUT
from asicae.network.importing.read_layer import ReadLayer
from asicae.network.plan import LayerPlan, WeightedPlan

SATURATING = (Overflow.SAT, Overflow.SAT_SYM)
"""What keeps the order of numbers."""
Integers = npt.NDArray[np.int64]
Arrays = Mapping[str, npt.NDArray[np.int32]]


def require_inside(
    layers: Sequence[ReadLayer], network: Network, arrays: Arrays, source: str
) -> None:
    """Refuse a layer whose model wraps behind a ReLU (``ReadLayer.wrapped``) and may do so.

    Raises:
        BadInput: the largest number and that of the type.
    """
    if not any(layer.wrapped for layer in layers):
        return
    named = dict(zip((layer.name for layer in network.layers), layers, strict=True))
    shape = network.plans[0].operands[0].shape
    ends = _code_bounds(network.input)
    found = {INPUT: np.stack([np.full(shape, end, dtype=np.int64) for end in ends])}
    for plan in network.plans:
        sums = _sum_bounds(plan, arrays, plan.joined(found))
        rounded = plan.output_type.rounded(sums, plan.accumulator_fraction)
        layer = named[plan.name]
        if layer.wrapped is not None and rounded.max() > layer.wrapped.raw_max:
            lsb = layer.wrapped.lsb
            raise BadInput(
                f"{source}: layer {short(layer.step.node.name)}: values up to "
                f"{rounded.max() * lsb:g} behind its ReLU, which {layer.wrapped} wraps beyond "
                f"{layer.wrapped.raw_max * lsb:g}; hardware wraps before a ReLU, so allowed is "
                "overflow_mode SAT, or types that hold all values"
            )
        found[plan.name] = _output_bounds(plan, sums, rounded).reshape(2, *plan.output_shape)


def _code_bounds(kind: FixedPoint) -> tuple[int, int]:
    """Smallest and largest code of normalised charges, which are below 2."""
    whole = int(kind.rounded((2 << NORMALISED_FRACTION) - 1, NORMALISED_FRACTION))
    if whole > kind.raw_max and kind.overflow not in SATURATING:
        return kind.limits
    return 0, min(whole, kind.raw_max)


def _sum_bounds(plan: LayerPlan, arrays: Arrays, ends: Integers) -> Integers:
    """Accumulators (2, outputs), the smallest and the largest, of inputs between ``ends``."""
    if not isinstance(plan, WeightedPlan):
        return plan.accumulators(arrays, ends)  # which rise with every input
    matrix = plan.matrix(arrays[plan.kernel.name])
    low, high = ends.astype(np.float64)
    up, down = np.maximum(matrix, 0), np.minimum(matrix, 0)
    sums = np.stack([low @ up + high @ down, high @ up + low @ down]).astype(np.int64)
    bias = plan.biases(arrays[plan.bias.name]) << plan.bias_shift
    return np.asarray((sums << plan.product_shift) + bias, dtype=np.int64)


def _output_bounds(plan: LayerPlan, sums: Integers, rounded: Integers) -> Integers:
    """Outputs (2, outputs); all of the type where its overflow does not keep the order."""
    kind = plan.output_type
    low, high = kind.limits
    ends = kind.cast(sums, plan.accumulator_fraction)
    outside = (rounded < kind.raw_min).any(axis=0) | (rounded > kind.raw_max).any(axis=0)
    if kind.overflow not in SATURATING:
        ends = np.where(outside, np.array([[low], [high]]), ends)
    return np.maximum(ends, 0) if plan.relu else ends
