"""Bits of weights by what they are worth: the ranking, means by place, and what protection buys."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.aligned import aligned
from asicae.network.description import Network

if TYPE_CHECKING:
    from asicae.training.bit_sensitivity import BitSensitivity

SHARES: Final = (0.5, 0.9, 0.99)
"""Of what all bits together are worth."""
COLUMNS: Final = (
    *("rank", "parameter", "index", "bit", "byte", "bit_of_byte"),
    *("emd_change", "error", "events_changed"),
)


BY_BIT: Final = ("parameter", "bit", "bits", "adds, mean", "adds, largest", "events changed")


@dataclass(frozen=True)
class BitPlace:
    """Where a bit of the weight image is.

    Attributes:
        parameter: name of the array.
        index: of the element in it.
        bit: of the element, 0 the least significant one.
        of: number of bits of an element.
        place: in the image.
    """

    parameter: str
    index: tuple[int, ...]
    bit: int
    of: int
    place: int


@dataclass(frozen=True)
class ByBit:
    """Mean and largest change of the distance by the bits of a number in a parameter."""

    parameter: str
    bit: int
    of: int
    number: int
    mean: float
    largest: float
    touched: float


def places(network: Network) -> Iterator[BitPlace]:
    """Every bit of the weight image in its order."""
    for parameter in network.parameters:
        width = parameter.type.width
        for element in range(parameter.count):
            index = tuple(map(int, np.unravel_index(element, parameter.shape)))
            for bit in range(width):
                place = parameter.offset + element * width + bit
                yield BitPlace(parameter.name, index, bit, width, place)


def ranked(found: "BitSensitivity") -> npt.NDArray[np.intp]:
    """Places of the bits, what is worth most first; of equal ones the first in the image."""
    return np.argsort(-found.change, kind="stable")


def csv_text(found: "BitSensitivity") -> str:
    """One line a bit, in the order of ``ranked``."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    every = list(places(found.network))
    for rank, place in enumerate(ranked(found).tolist(), start=1):
        at = every[place]
        figures = (found.change[place], found.error[place], found.touched[place])
        where = (at.parameter, ".".join(map(str, at.index)), at.bit, place // 8, place % 8)
        writer.writerow([rank, *where, *(f"{figure:.6g}" for figure in figures)])
    return stream.getvalue()


def by_bit(found: "BitSensitivity") -> list[ByBit]:
    """By parameter in the order of the image, the most significant bit first."""
    groups: dict[tuple[str, int, int], list[int]] = {}
    for at in places(found.network):
        groups.setdefault((at.parameter, at.of, at.bit), []).append(at.place)
    rows = []
    for (parameter, of, bit), chosen in groups.items():
        change = found.change[chosen]
        figures = (float(change.mean()), float(change.max()), float(found.touched[chosen].mean()))
        rows.append(ByBit(parameter, bit, of, len(chosen), *figures))
    order = list(dict.fromkeys(row.parameter for row in rows))
    return sorted(rows, key=lambda row: (order.index(row.parameter), -row.bit))


def protected(found: "BitSensitivity", shares: Sequence[float] = SHARES) -> list[int]:
    """Fewest bits that hold these shares of what all bits are worth that add to the distance."""
    worth = np.sort(np.maximum(found.change, 0))[::-1]
    total = worth.sum()
    if total == 0:
        return [0] * len(shares)
    reached = np.cumsum(worth) / total
    return [int(np.searchsorted(reached, share)) + 1 for share in shares]


def told(found: "BitSensitivity") -> Iterator[str]:
    """What a terminal shows: by bit, and how few bits hold most of it."""
    bits = len(found.change)
    yield (
        f"{found.network.name}: EMD {found.emd:.3f} of {found.events} events; one wrong bit of "
        f"{bits:,} adds {found.change.mean():.4f} in the mean, {found.change.max():.3f} at most"
    )
    yield from aligned([BY_BIT, *map(cells_of, by_bit(found))])
    for share, number in zip(SHARES, protected(found), strict=True):
        yield f"{share:.0%} of it is in {number:,} bits, {number / bits:.1%}"


def cells_of(row: ByBit) -> tuple[str, ...]:
    """A row below ``BY_BIT``; the ends of a number say that they are."""
    ends = {0: " (lowest)", row.of - 1: " (highest)"} if row.of > 1 else {}
    bit, figures = f"{row.bit}{ends.get(row.bit, '')}", (row.mean, row.largest)
    return (
        *(row.parameter, bit, f"{row.number:,}"),
        *(f"{figure:.4f}" for figure in figures),
        f"{row.touched:.1%}",
    )
