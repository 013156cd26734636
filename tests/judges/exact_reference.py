"""What a network computes, in unlimited Python integers: the judge of every execution.

Nothing of the kit's arithmetic is used: no derived width, no shared rounding, no matrix. A number
is an integer that counts units of ``2**-POINT``, so every product and sum is exact.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.base import Layer
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense

POINT = 128


def rounded(value: int, dropped: int, rounding: str) -> int:
    """``value / 2**dropped`` as a whole number."""
    unit = 1 << dropped
    below, rest = divmod(value, unit)
    if rest == 0:
        return below
    above = below + 1
    if rounding == "TRN":
        return below
    if rounding == "TRN_ZERO":
        return below if value > 0 else above
    if 2 * rest != unit:
        return below if 2 * rest < unit else above
    nearer_zero, farther = (below, above) if value > 0 else (above, below)
    even, odd = (below, above) if below % 2 == 0 else (above, below)
    return {
        "RND": above,
        "RND_MIN_INF": below,
        "RND_ZERO": nearer_zero,
        "RND_INF": farther,
        "RND_CONV": even,
        "RND_CONV_ODD": odd,
    }[rounding]


def overflow_limits(width: int, signed: bool, overflow: str) -> tuple[int, int]:
    """Smallest and largest number that is left as it is."""
    span = 2**width
    low, high = (-span // 2, span // 2 - 1) if signed else (0, span - 1)
    return (low + 1 if overflow == "SAT_SYM" and signed else low), high


def overflowed(value: int, width: int, signed: bool, overflow: str) -> int:
    """``value`` as a number of ``width`` bits."""
    span = 2**width
    low, high = overflow_limits(width, signed, overflow)
    if overflow == "WRAP":
        while value > high:
            value -= -(-(value - high) // span) * span
        while value < low:
            value += -(-(low - value) // span) * span
        return value
    if low <= value <= high:
        return value
    if overflow == "SAT_ZERO":
        return 0
    return low if value < low else high


def requantised(value: int, fraction: int, kind: FixedPoint, relu: bool = False) -> int:
    """A number in units of ``2**-fraction`` as raw integer of ``kind``."""
    dropped = fraction - kind.fraction
    whole = rounded(value, dropped, str(kind.rounding)) if dropped > 0 else value << -dropped
    raw = overflowed(whole, kind.width, kind.signed, str(kind.overflow))
    return max(raw, 0) if relu else raw


def codes(charges: Sequence[int], kind: FixedPoint) -> list[int]:
    """The charges of one event over the largest power of two in their sum, as raw ``kind``."""
    power = 1
    while 2 * power <= sum(charges):
        power *= 2
    return [requantised((charge << POINT) // power, POINT, kind) for charge in charges]


@dataclass(frozen=True)
class Trace:
    """A layer at work: accumulators in units of ``2**-(2 * POINT)``, and raw outputs."""

    layer: Layer
    totals: list[int]
    outputs: list[int]

    def reached(self) -> Counter[str]:
        """How many outputs went through what makes modes differ."""
        kind, fraction = self.layer.output, 2 * POINT
        unit = 1 << fraction - kind.fraction
        low, high = overflow_limits(kind.width, kind.signed, str(kind.overflow))
        found: Counter[str] = Counter()
        for total, output in zip(self.totals, self.outputs, strict=True):
            whole = rounded(total, fraction - kind.fraction, str(kind.rounding))
            side = "below" if total < 0 else "above"
            found[f"tie {kind.rounding} {side} zero"] += total % unit == unit // 2
            found[f"inexact {kind.rounding} {side} zero"] += total % unit != 0
            found[f"{kind.overflow} above"] += whole > high
            found[f"{kind.overflow} below"] += whole < low
            found["negative output"] += output < 0
            found["ReLU of a negative"] += self.layer.relu and kind.signed and whole < 0
        return +found


def latents(encoder: Encoder, codes: Sequence[int]) -> list[int]:
    """Raw latents of raw codes (48 in AE order)."""
    return trace(encoder, codes)[-1].outputs


def trace(encoder: Encoder, codes: Sequence[int]) -> list[Trace]:
    """Every layer at work on raw codes (48 in AE order)."""
    network, weights = encoder.network, encoder.weights
    rows, columns, channels = network.cells.shape
    image = [0] * (rows * columns * channels)
    for cell, pixel in enumerate(network.cells.pixels.tolist()):
        if cell not in network.masked_cells:
            image[pixel] = codes[cell] << POINT - network.input.fraction
    shape = [rows, columns, channels]
    traces: list[Trace] = []
    for layer in network.layers:
        kernel = weights.arrays[f"{layer.name}.kernel"].tolist()
        bias = [
            int(b) << 2 * POINT - layer.bias.fraction for b in weights.arrays[f"{layer.name}.bias"]
        ]
        totals, shape = JUDGES[layer.kind](layer, kernel, bias, image, shape)
        outputs = [requantised(total, 2 * POINT, layer.output, layer.relu) for total in totals]
        image = [raw << POINT - layer.output.fraction for raw in outputs]
        traces.append(Trace(layer, totals, outputs))
    return traces


def _dense(
    layer: Dense, kernel: list, bias: list[int], image: list[int], shape: list[int]
) -> tuple[list[int], list[int]]:
    unit = POINT - layer.weight.fraction
    totals = [
        bias[unit_] + sum((x * row[unit_]) << unit for x, row in zip(image, kernel, strict=True))
        for unit_ in range(layer.units)
    ]
    return totals, [layer.units]


def _before_and_size(layer: Conv2D, axis: int, size: int) -> tuple[int, int]:
    """Zeros before an axis, and positions along it."""
    kernel, stride = layer.kernel[axis], layer.strides[axis]
    if layer.padding == "valid":
        return 0, (size - kernel) // stride + 1
    if layer.padding == "same":
        positions = (size + stride - 1) // stride
        return max((positions - 1) * stride + kernel - size, 0) // 2, positions
    before, after = layer.padding[axis]
    return before, (before + size + after - kernel) // stride + 1


def _convolution(
    layer: Conv2D, kernel: list, bias: list[int], image: list[int], shape: list[int]
) -> tuple[list[int], list[int]]:
    rows, columns, channels = shape
    top, out_rows = _before_and_size(layer, 0, rows)
    left, out_columns = _before_and_size(layer, 1, columns)
    unit = POINT - layer.weight.fraction
    totals = []
    for row in range(out_rows):
        for column in range(out_columns):
            for number in range(layer.filters):
                total = bias[number]
                for ky in range(layer.kernel[0]):
                    for kx in range(layer.kernel[1]):
                        y = row * layer.strides[0] + ky - top
                        x = column * layer.strides[1] + kx - left
                        if 0 <= y < rows and 0 <= x < columns:
                            for channel in range(channels):
                                value = image[(y * columns + x) * channels + channel]
                                total += (value * kernel[ky][kx][channel][number]) << unit
                totals.append(total)
    return totals, [out_rows, out_columns, layer.filters]


Judge = Callable[[Any, list, list[int], list[int], list[int]], tuple[list[int], list[int]]]
"""(layer, kernel, bias, input, its shape): sums in units of ``2**-(2 * POINT)``, their shape."""
JUDGES: dict[str, Judge] = {"conv2d": _convolution, "dense": _dense}
