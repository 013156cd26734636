"""What differs between two weight sets, parameter by parameter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asicae.chip.image import crc32, pack
from asicae.chip.weight_files.files import read_weights
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.plan import Parameter
from asicae.network.weights import KEEP, Weights

Raw = npt.NDArray[np.integer]


@dataclass(frozen=True)
class WeightDiff:
    """Lines for a reader, and whether nothing differs."""

    lines: tuple[str, ...]
    equal: bool


def diff_files(first: Path, second: Path, network: Network, limit: int) -> WeightDiff:
    """Compare two files (.npz, .bin, .yaml or .csv); ``limit`` as in ``diff``.

    A .bin carries no keep mask, so the masks are compared only where neither file is one.

    Raises:
        BadInput: a file cannot be read as a weight set of ``network``.
    """
    before, after = read_weights(first, network), read_weights(second, network)
    return diff(network, before, after, limit, masks=".bin" not in (first.suffix, second.suffix))


def diff(
    network: Network, before: Weights, after: Weights, limit: int, masks: bool = True
) -> WeightDiff:
    """Compare two weight sets of ``network``.

    The lines are: parameters that differ (raw integers, and the numbers that they stand for) in
    image order, at most ``limit`` (0 or more); how many differ an array; keep masks that differ, at
    most ``limit``, unless ``masks`` is false; the CRC-32 of both images.
    """
    pairs = [(p, before.arrays[p.name], after.arrays[p.name]) for p in network.parameters]
    places = [np.argwhere(old != new) for _, old, new in pairs]
    total = sum(map(len, places))
    named = (
        _parameter(*pair, tuple(place))
        for pair, where in zip(pairs, places, strict=True)
        for place in where.tolist()
    )
    counts = [
        _count(p.name, len(where), p.count) for (p, _, _), where in zip(pairs, places, strict=True)
    ]
    kept, unequal = _keep_lines(before.keep, after.keep, limit) if masks else ([_NO_MASK], 0)
    lines = (*_first(named, total, limit), *counts, *kept, _crc_line(network, before, after))
    return WeightDiff(lines, equal=not total and not unequal)


_NO_MASK = "keep: not compared, a .bin carries none"


def _parameter(parameter: Parameter, old: Raw, new: Raw, place: Sequence[int]) -> str:
    """Such as ``conv.kernel[0,2,0,3]: 5 -> -7 (0.15625 -> -0.21875)``."""
    raw = int(old[place]), int(new[place])
    values = [number * parameter.type.lsb for number in raw]
    index = ",".join(map(str, place))
    return f"{parameter.name}[{index}]: {raw[0]} -> {raw[1]} ({values[0]} -> {values[1]})"


def _keep_lines(old: Raw, new: Raw, limit: int) -> tuple[list[str], int]:
    where = np.flatnonzero(old != new).tolist()
    named = (f"{KEEP}[{latent}]: {old[latent]:#x} -> {new[latent]:#x}" for latent in where)
    lines = [*_first(named, len(where), limit), _count(KEEP, len(where), len(old))]
    return lines, len(where)


def _first(lines: Iterator[str], total: int, limit: int) -> list[str]:
    shown = list(islice(lines, limit))
    return shown if total <= limit else [*shown, f"and {total - limit} more"]


def _count(name: str, unequal: int, total: int) -> str:
    return f"{name}: {unequal} of {total} differ"


def _crc_line(network: Network, before: Weights, after: Weights) -> str:
    old, new = (crc32(pack(Encoder(network, weights))) for weights in (before, after))
    return f"CRC-32: 0x{old:08x} -> 0x{new:08x}"
