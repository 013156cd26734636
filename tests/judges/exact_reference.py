"""What a network computes, in unlimited Python integers: the judge of every execution.

Nothing of the kit's arithmetic is used: no derived width, no shared rounding, no matrix. A number
is an integer that counts units of ``2**-POINT``, so every product and sum is exact.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from types import SimpleNamespace
from typing import Any

from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.add import Add
from asicae.network.ops.average_pool import AveragePool
from asicae.network.ops.base import Layer, Rounded, Weighted
from asicae.network.ops.concatenate import Concatenate
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense
from asicae.network.ops.depthwise_conv2d import DepthwiseConv2D
from asicae.network.ops.leaky_relu import LeakyRelu
from asicae.network.ops.max_pool import MaxPool

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
class Values:
    """What a node gives: numbers in units of ``2**-POINT``, flat, whole in ``2**-fraction``."""

    numbers: list[int]
    shape: list[int]
    fraction: int


@dataclass(frozen=True)
class Trace:
    """A layer at work: accumulators in units of ``2**-(2 * POINT)``, and raw outputs."""

    layer: Layer
    totals: list[int]
    outputs: list[int]

    def reached(self) -> Counter[str]:
        """How many outputs went through what makes modes differ."""
        if not isinstance(self.layer, Rounded):
            return Counter()
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
    known = {"input": Values(image, [rows, columns, channels], network.input.fraction)}
    traces: list[Trace] = []
    waiting, before = list(network.layers), dict(_before(network.layers))
    while waiting:
        layer = next(own for own in waiting if set(before[own.name]) <= set(known))
        waiting.remove(layer)
        seen = [known[name] for name in before[layer.name]]
        arrays = [weights.arrays[name].tolist() for name in _arrays(layer)]
        totals, shape = JUDGES[layer.kind](layer, *arrays, seen)
        kind = getattr(layer, "output", None)
        if kind is None:  # nothing is rounded
            fraction = max(values.fraction for values in seen)
            outputs = [total >> 2 * POINT - fraction for total in totals]
        else:
            fraction = kind.fraction
            outputs = [requantised(total, 2 * POINT, kind, layer.relu) for total in totals]
        known[layer.name] = Values([raw << POINT - fraction for raw in outputs], shape, fraction)
        traces.append(Trace(layer, totals, outputs))
    return traces


def _before(layers: Sequence[Layer]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What each layer sees, by names."""
    ahead = "input"
    for layer in layers:
        yield layer.name, (ahead,) if layer.inputs is None else layer.inputs
        ahead = layer.name


def _arrays(layer: Layer) -> list[str]:
    """Names of the arrays of its weights, where it has some."""
    return [f"{layer.name}.{a}" for a in ("kernel", "bias")] if hasattr(layer, "weight") else []


def _biases(layer: Weighted, bias: list[int]) -> list[int]:
    return [number << 2 * POINT - layer.bias.fraction for number in bias]


def _dense(
    layer: Dense, kernel: list, bias: list[int], seen: list[Values]
) -> tuple[list[int], list[int]]:
    (image,) = seen
    unit, bias = POINT - layer.weight.fraction, _biases(layer, bias)
    pairs = list(zip(image.numbers, kernel, strict=True))
    totals = [
        bias[unit_] + sum((x * row[unit_]) << unit for x, row in pairs)
        for unit_ in range(layer.units)
    ]
    return totals, [layer.units]


def _before_and_size(layer: Any, axis: int, size: int) -> tuple[int, int]:
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
    layer: Conv2D, kernel: list, bias: list[int], seen: list[Values]
) -> tuple[list[int], list[int]]:
    return _slid(layer, layer.filters, kernel, _biases(layer, bias), *seen)


def _slid(
    layer: Conv2D | DepthwiseConv2D, filters: int, kernel: list, bias: list[int], source: Values
) -> tuple[list[int], list[int]]:
    image, (rows, columns, channels) = source.numbers, source.shape
    top, out_rows = _before_and_size(layer, 0, rows)
    left, out_columns = _before_and_size(layer, 1, columns)
    unit = POINT - layer.weight.fraction
    totals = []
    for row in range(out_rows):
        for column in range(out_columns):
            for number in range(filters):
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
    return totals, [out_rows, out_columns, filters]


def _concatenate(layer: Concatenate, seen: list[Values]) -> tuple[list[int], list[int]]:
    if layer.flatten:
        row = [x << POINT for values in seen for x in values.numbers]
        return row, [len(row)]
    places = [prod(values.shape[:-1]) for values in seen]
    totals: list[int] = []
    for place in range(places[0]):
        for values in seen:
            count = values.shape[-1]
            totals += [x << POINT for x in values.numbers[place * count : (place + 1) * count]]
    return totals, [*seen[0].shape[:-1], sum(values.shape[-1] for values in seen)]


def _add(layer: Add, seen: list[Values]) -> tuple[list[int], list[int]]:
    del layer
    sums = map(sum, zip(*(values.numbers for values in seen), strict=True))
    return [total << POINT for total in sums], seen[0].shape


def _windows(layer: MaxPool | AveragePool, source: Values) -> tuple[list[list[int]], list[int]]:
    """What lies in each window, place by place and channel by channel; shape of the outputs."""
    rows, columns, channels = source.shape
    padding = layer.padding if isinstance(layer, MaxPool) else "valid"
    sliding = SimpleNamespace(kernel=layer.pool, strides=layer.strides, padding=padding)
    top, out_rows = _before_and_size(sliding, 0, rows)
    left, out_columns = _before_and_size(sliding, 1, columns)
    windows = []
    for row in range(out_rows):
        for column in range(out_columns):
            ys = [row * layer.strides[0] + ky - top for ky in range(layer.pool[0])]
            xs = [column * layer.strides[1] + kx - left for kx in range(layer.pool[1])]
            places = [(y, x) for y in ys for x in xs if 0 <= y < rows and 0 <= x < columns]
            for channel in range(channels):
                found = [(y * columns + x) * channels + channel for y, x in places]
                windows.append([source.numbers[place] for place in found])
    return windows, [out_rows, out_columns, channels]


def _max_pool(layer: MaxPool, seen: list[Values]) -> tuple[list[int], list[int]]:
    windows, shape = _windows(layer, *seen)
    return [max(window) << POINT for window in windows], shape


def _average_pool(layer: AveragePool, seen: list[Values]) -> tuple[list[int], list[int]]:
    windows, shape = _windows(layer, *seen)
    means = [(sum(window) << POINT, layer.pool[0] * layer.pool[1]) for window in windows]
    assert all(total % count == 0 for total, count in means)
    return [total // count for total, count in means], shape


def _leaky_relu(layer: LeakyRelu, seen: list[Values]) -> tuple[list[int], list[int]]:
    (source,) = seen
    numerator, denominator = layer.negative_slope.as_integer_ratio()
    low = [(min(x, 0) << POINT) * numerator for x in source.numbers]
    assert all(total % denominator == 0 for total in low)
    halved = [total // denominator for total in low]
    high = [max(x, 0) << POINT for x in source.numbers]
    return [a + b for a, b in zip(halved, high, strict=True)], source.shape


def _depthwise(
    layer: DepthwiseConv2D, kernel: list, bias: list[int], seen: list[Values]
) -> tuple[list[int], list[int]]:
    """A convolution on each channel alone, whose outputs stand beside each other."""
    (source,) = seen
    rows, columns, channels = source.shape
    bias = _biases(layer, bias)
    parts = []
    for channel in range(channels):
        own = bias[layer.multiplier * channel : layer.multiplier * (channel + 1)]
        alone = Values(source.numbers[channel::channels], [rows, columns, 1], source.fraction)
        taps = [[[where[channel]] for where in line] for line in kernel]
        parts.append(_slid(layer, layer.multiplier, taps, own, alone))
    places, shape = parts[0][1][0] * parts[0][1][1], parts[0][1][:2]
    totals = [
        total
        for place in range(places)
        for part, _ in parts
        for total in part[place * layer.multiplier : (place + 1) * layer.multiplier]
    ]
    return totals, [*shape, channels * layer.multiplier]


Judge = Callable[..., tuple[list[int], list[int]]]
"""(layer, kernel, bias, inputs), without arrays that it lacks: sums in units of ``2**-(2 * POINT)``
and their shape."""
JUDGES: dict[str, Judge] = {
    "conv2d": _convolution,
    "dense": _dense,
    "concatenate": _concatenate,
    "add": _add,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "depthwise_conv2d": _depthwise,
    "leaky_relu": _leaky_relu,
}
