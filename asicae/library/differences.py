"""What differs between two libraries of one network."""

from pathlib import Path

import numpy as np

from asicae.chip.image import keep_bytes, pack
from asicae.chip.weight_files.diff import WeightDiff
from asicae.foundation.errors import BadInput
from asicae.library.record import LibraryRecord
from asicae.library.stored import Library, hash_word
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights


def diff_libraries(first: Path, second: Path) -> WeightDiff:
    """Which sets differ, in how many words and bits, and how many modules get another one.

    A line a set that differs or is in one of them only; then sums.

    Raises:
        BadInput: no library (``Library.load``), or two of different networks.
    """
    one, other = Library.load(first), Library.load(second)
    if one.record.network_sha256 != other.record.network_sha256:
        hashes = [hash_word(library.network) for library in (one, other)]
        raise BadInput(
            f"{second}: of network {other.record.network} ({hashes[1]}), {first} is of "
            f"{one.record.network} ({hashes[0]}): only libraries of one network are compared"
        )
    before, after = _by_name(one), _by_name(other)
    lines = [f"set {name}: only in {first}" for name in before if name not in after]
    lines += [f"set {name}: only in {second}" for name in after if name not in before]
    both = [name for name in before if name in after]
    changed = [_changed(one, name, before[name], after[name]) for name in both]
    lines += [line for line in changed if line]
    moved = _moved(one.record, other.record)
    same = len(both) - sum(map(bool, changed))
    lines += [f"{same} of {len(before.keys() | after.keys())} sets are equal"]
    lines += [f"{moved} modules get another set, or one in one library only"]
    return WeightDiff(tuple(lines), equal=len(lines) == 2 and not moved)


def _by_name(library: Library) -> dict[str, Weights]:
    names = [each.name for each in library.record.sets]
    return dict(zip(names, library.weights, strict=True))


def _changed(library: Library, name: str, before: Weights, after: Weights) -> str:
    """What differs between two sets in words; empty where nothing does."""
    old, new = (Encoder(library.network, weights) for weights in (before, after))
    words = sum(int((before.arrays[key] != after.arrays[key]).sum()) for key in before.arrays)
    bits, kept = _bits(pack(old), pack(new)), _bits(keep_bytes(old), keep_bytes(new))
    if not bits and not kept:
        return ""
    total = sum(parameter.count for parameter in library.network.parameters)
    mask = f", {kept} bits of the keep mask" if kept else ""
    of_bits = library.network.weight_bits
    return f"set {name}: {words} of {total} words differ, {bits} of {of_bits} bits{mask}"


def _bits(first: bytes, second: bytes) -> int:
    one, other = (np.frombuffer(data, np.uint8) for data in (first, second))
    return int(np.bitwise_count(one ^ other).sum())


def _moved(first: LibraryRecord, second: LibraryRecord) -> int:
    """How many modules have another set, counted once for each number of links and running."""
    before, after = first.owners(), second.owners()
    return sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())
