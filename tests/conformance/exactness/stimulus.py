"""Weights and codes of the exactness matrix as bits: the corners by hand, the rest drawn.

A field that is all ones, only its top bit, or all but its top bit is an end of the range for
a signed or an unsigned reader.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.plan import WeightedPlan

ROWS = 4


@dataclass(frozen=True)
class Example:
    """A weight image and some events, each the codes of 48 cells; all as one integer of bits."""

    image: int
    rows: tuple[int, ...]


def ends(width: int) -> tuple[int, ...]:
    """Smallest and largest field, for both readers."""
    top = 1 << (width - 1)
    return (0, top, top - 1, 2 * top - 1)


def filled(field: int, width: int, count: int) -> int:
    """``count`` equal fields."""
    return sum(field << place * width for place in range(count))


def directed(network: Network) -> Iterator[Example]:
    """All at either end, one weight and one cell alone, and halves between two outputs."""
    width = network.input.width
    full = tuple(filled(code, width, N_CELLS) for code in ends(width))
    for kind in range(4):
        image = sum(
            filled(ends(array.type.width)[kind], array.type.width, array.count) << array.offset
            for array in network.parameters
        )
        yield Example(image, full)
    cells = [cell for cell in range(N_CELLS) if cell not in network.masked_cells][::5]
    single = tuple(code << width * cell for cell in cells for code in ends(width)[1:])
    for part in (0, 1, 2):
        image = sum(
            ends(array.type.width)[3] << array.offset + array.type.width * (array.count * part // 3)
            for array in network.parameters
        )
        yield Example(image, single)
    yield from _ties(network, cells)


def _ties(network: Network, cells: list[int]) -> Iterator[Example]:
    """Products of powers of two that are half an LSB of the first layer, and so on where it fits.

    Every later layer has all weights at half an LSB: there an odd sum of inputs ties.
    """
    width = network.input.width
    first, *later = network.weighted
    for code in range(width):
        weight = _half(first) - code
        if not 0 <= weight < first.kernel.type.width:
            continue
        rows = (1 << code + width * cells[0], filled(1 << code, width, N_CELLS))
        more = tuple(sum(1 << code + width * cell for cell in cells[:n]) for n in (2, 3, 5))
        for sign in (1, -1):
            image = _equal_weights(first, sign << weight)
            for plan in later:
                last = plan.kernel.type.width - 1
                image |= _equal_weights(plan, 1 << min(max(_half(plan), 0), last))
            yield Example(image, rows + more)


def _half(plan: WeightedPlan) -> int:
    return plan.shift - 1 - plan.product_shift


def _equal_weights(plan: WeightedPlan, weight: int) -> int:
    """Image with only this kernel, the bias zero."""
    kind = plan.kernel.type
    return filled(weight % (1 << kind.width), kind.width, plan.kernel.count) << plan.kernel.offset


def any_example(network: Network, seed: int) -> Example:
    """Evenly drawn bits."""
    drawn = np.random.default_rng(seed)

    def bits(count: int) -> int:
        return int.from_bytes(drawn.bytes(count // 8 + 1), "little") & ((1 << count) - 1)

    rows = tuple(bits(N_CELLS * network.input.width) for _ in range(ROWS))
    return Example(bits(network.weight_bits), rows)


@st.composite
def examples(draw: st.DrawFn, network: Network) -> Example:
    """Any weights and codes, each array and each event in a style of its own."""
    image = sum(
        draw(_fields(array.type.width, array.count)) << array.offset for array in network.parameters
    )
    rows = st.lists(_fields(network.input.width, N_CELLS), min_size=ROWS, max_size=ROWS)
    return Example(image, tuple(draw(rows)))


@st.composite
def _fields(draw: st.DrawFn, width: int, count: int) -> int:
    style = draw(st.sampled_from(("any", "ends", "one hot", "powers", "sparse")))
    if style == "ends":
        chosen = st.sampled_from(ends(width))
        return _joined(draw(st.lists(chosen, min_size=count, max_size=count)), width)
    if style == "one hot":
        place = draw(st.integers(0, count - 1))
        return draw(st.integers(1, (1 << width) - 1)) << place * width
    if style == "powers":
        power = 1 << draw(st.integers(0, width - 1))
        return power * draw(_bits(count).map(lambda hot: _spread(hot, width, count)))
    drawn = draw(_bits(width * count))
    if style == "sparse":
        hot = draw(_bits(count)) & draw(_bits(count))
        drawn &= _spread(hot, width, count) * ((1 << width) - 1)
    return drawn


def _bits(count: int) -> st.SearchStrategy[int]:
    # Not st.integers: it prefers small numbers, here zeros in most fields.
    size = -(-count // 8)
    return st.binary(min_size=size, max_size=size).map(
        lambda data: int.from_bytes(data, "little") & ((1 << count) - 1)
    )


def _spread(bits: int, width: int, count: int) -> int:
    """Bit k as the lowest bit of field k."""
    return _joined([bits >> place & 1 for place in range(count)], width)


def _joined(fields: list[int], width: int) -> int:
    return sum(field << place * width for place, field in enumerate(fields))
