"""Frames of Adaptive Choice by the written rules, event by event, as texts of 0 and 1.

Plain Python from docs/frames.md, with real numbers where the kit has whole ones; nothing of the
kit's ranks, tables or packing is used.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal, localcontext
from functools import cache
from math import comb

from tests.judges.frame_reference import binary, code


@cache
def thresholds(compander: str) -> list[int]:
    """T[0] to T[256]; 60 digits, of which 40 count, so that whole numbers stay whole."""
    kind, first, second = compander.split("_")
    found = [0]
    with localcontext() as context:
        context.prec = 60
        ratio = Decimal(int(first)) / int(second)
        for place in range(1, 256):
            share = Decimal(place) / 256
            real = share ** (1 / ratio) if kind == "power" else (ratio / 2) ** (1 - share)
            whole = (2048 * real).quantize(Decimal(1).scaleb(-40))
            found.append(max(place, int(whole.to_integral_value(ROUND_CEILING))))
    return [*found, 2048]


def rank(cells: Sequence[int], most: int) -> str:
    """The map, cell 0 first, or how many maps of at most ``most`` cells are below it."""
    bits = (sum(comb(48, number) for number in range(most + 1)) - 1).bit_length()
    if bits == 48:
        return "".join("1" if cell in cells else "0" for cell in range(48))
    below, room = 0, most
    for cell in range(48):
        if cell in cells:  # maps alike so far and without this cell
            below += sum(comb(47 - cell, number) for number in range(room + 1))
            room -= 1
    return binary(below, bits)


def further_bits(
    codes: Sequence[str], width: int, left: int, code_bits: int, held_back: int, table: list[int]
) -> list[int]:
    """Bits of each code behind its first ``width``, one bit at a time."""
    largest = sorted(range(len(codes)), key=lambda i: (-int(codes[i][:width], 2), i))
    found = [0] * len(codes)
    if not held_back:
        for i in largest[:left] if width < code_bits else []:
            found[i] = 1
        return found
    step = 2 ** (8 - width)
    first = [int(text[:width], 2) * step for text in codes]
    octave = [max(table[c + step] - table[c], 1).bit_length() - 1 for c in first]
    # From the widest bins down, an octave at a time; the largest first where not all can have one.
    for level in range(11, -9, -1):
        for i in largest:
            if octave[i] - found[i] == level and found[i] < code_bits - width and left:
                found[i], left = found[i] + 1, left - 1
    return found


def adaptive_choice(
    calq: Sequence[int], counter: int, links: int, most: int, compander: str,
    code_bits: int = 8, held_back: int = 0,
) -> str:  # fmt: skip
    head = binary(counter, 5)
    kind = most, compander, code_bits, held_back
    return head + sum_cells_and_codes(calq, 32 * links - len(head), *kind)


def sum_cells_and_codes(
    calq: Sequence[int], length: int, most: int, compander: str, code_bits: int, held_back: int
) -> str:
    total, table = sum(calq), thresholds(compander)
    ranked = sorted(range(48), key=lambda cell: (-calq[cell], cell))
    cells = sorted(cell for cell in ranked[:most] if calq[cell])
    bits = code(total, 5, 4) + rank(cells, most)
    if cells:
        room, octave = length - len(bits), total.bit_length() - 1
        scaled = [(calq[cell] << 10) >> octave for cell in cells]
        codes = [binary(max(c for c in range(256) if table[c] <= charge), 8) for charge in scaled]
        width = max(min(room // len(cells), code_bits) - held_back, 1)
        bits += "".join(text[:width] for text in codes)
        left = room - width * len(cells)
        further = further_bits(codes, width, left, code_bits, held_back, table)
        bits += "".join(
            text[width : width + more] for text, more in zip(codes, further, strict=True)
        )
    return bits.ljust(length, "0")
