"""Frames of every algorithm by the written rules, event by event, as texts of 0 and 1.

Plain Python from docs/frames.md; nothing of the kit's packing, selection or codes is used.
"""

from collections.abc import Sequence

# Cells (AE order) of the groups, read off the 8x8 picture: rhombi upper left, upper right, lower
# left; blocks and cells by rows.
GROUPS_OF_4 = (
    (0, 1, 8, 9), (2, 3, 10, 11), (16, 17, 24, 25), (18, 19, 26, 27),
    (4, 5, 12, 13), (6, 7, 14, 15), (20, 21, 28, 29), (22, 23, 30, 31),
    (32, 33, 36, 37), (34, 35, 38, 39), (40, 41, 44, 45), (42, 43, 46, 47),
)  # fmt: skip
GROUPS_OF_16 = (
    (0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
    (4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31),
    tuple(range(32, 48)),
)
BEST_CHOICE = dict(enumerate((1, 4, 6, 9, 14, 18, 23, 28, 32, 37, 41, 46, 48), start=1))
STC = {  # groups by links, bits of a place, cells of a group, exponent and mantissa of a sum
    "stc4_5e4m": ((2, 5, 8, 11, 12), 2, GROUPS_OF_4, 5, 4),
    "stc16_5e4m": ((2, 3), 4, GROUPS_OF_16, 5, 4),
    "ctc4_4e3m": ((4, 8, 12), 0, GROUPS_OF_4, 4, 3),
    "stc4_4e3m": ((3, 6, 10, 12), 2, GROUPS_OF_4, 4, 3),
}


def binary(value: int, width: int) -> str:
    return f"{value:0{width}b}" if width else ""


def code(value: int, exponent_bits: int, mantissa_bits: int) -> str:
    """Exponent and mantissa of a value, truncating, saturating."""
    width = exponent_bits + mantissa_bits
    if value < 1 << mantissa_bits:
        return binary(value, width)
    exponent = value.bit_length() - mantissa_bits
    if exponent >= 1 << exponent_bits:
        return "1" * width
    mantissa = (value >> (exponent - 1)) - (1 << mantissa_bits)
    return binary(exponent, exponent_bits) + binary(mantissa, mantissa_bits)


def padded(bits: str, step: int) -> str:
    return bits + "0" * (-len(bits) % step)


def short(counter: int) -> str:
    bits = binary(counter, 5)
    return bits[0] + bits[2:]


def threshold_sum(
    calq: Sequence[int],
    counter: int,
    threshold: Sequence[int],
    drop: int = 0,
    use_sum: bool = True,
) -> str:
    cells = [cell for cell in range(48) if calq[cell] >= threshold[cell]]
    summed = sum(calq[cell] for cell in range(48) if use_sum or cell not in cells)
    kind = "000" if not cells else "010" if len(cells) < 8 else "100"
    bits = binary(counter, 5) + kind + code(summed, 5, 3)
    if 0 < len(cells) < 8:
        bits += binary(len(cells), 3) + "".join(binary(cell, 6) for cell in cells)
    elif cells:
        bits += "".join("1" if cell in cells else "0" for cell in range(48))
    return padded(bits + "".join(code(calq[cell] >> drop, 4, 3) for cell in cells), 16)


def truncated(calq: Sequence[int], counter: int, kind: str = "110") -> str:
    return binary(counter, 5) + kind + code(sum(calq), 5, 3)


def best_choice(
    calq: Sequence[int],
    counter: int,
    links: int,
    drop: int = 0,
    use_sum: bool = True,
    tie: int = 1,
    network: bool = False,
) -> str:
    """``tie`` = -1 is the wrong tie-break: of equal charges the higher cell."""
    values = [charge >> drop for charge in calq]
    ranked = sorted(range(48), key=lambda cell: (-values[cell], tie * cell))
    if network:
        ranked = merge_exchanged(values)
    cells = sorted(ranked[: BEST_CHOICE[links]])
    summed = sum(value for cell, value in enumerate(values) if use_sum or cell not in cells)
    if len(cells) < 8:
        places = "".join(binary(cell, 6) for cell in cells)
    else:
        places = "".join("1" if cell in cells else "0" for cell in range(48))
    codes = "".join(code(values[cell], 4, 3) for cell in cells)
    return padded(short(counter) + code(summed, 5, 3) + places + codes, 32 * links)


def merge_exchanged(values: Sequence[int]) -> list[int]:
    """Places of values, the largest first, by Knuth's algorithm 5.2.2M, step by step."""
    ranked, number = list(range(len(values))), len(values)
    t = (number - 1).bit_length()
    p = 2 ** (t - 1)  # M1
    while p > 0:
        q, r, d = 2 ** (t - 1), 0, p  # M2
        while True:
            for i in range(number - d):  # M3, M4
                if i & p == r and values[ranked[i]] < values[ranked[i + d]]:
                    ranked[i], ranked[i + d] = ranked[i + d], ranked[i]
            if q == p:  # M5
                break
            d, q, r = q - p, q // 2, p
        p //= 2  # M6
    return ranked


def super_trigger_cell(
    calq: Sequence[int], counter: int, links: int, kind: str, drop: int = 0, last: bool = False
) -> str:
    numbers, place_bits, table, exponent, mantissa = STC[kind]
    places = codes = ""
    for cells in table[: numbers[links - 1]]:
        charges = [calq[cell] for cell in cells]
        place = charges.index(max(charges))
        if last:
            place = max(i for i, charge in enumerate(charges) if charge == max(charges))
        places += binary(place, place_bits) if place_bits else ""
        codes += code(sum(charges) >> (drop if exponent == 4 else 0), exponent, mantissa)
    return padded(short(counter) + places + codes, 32 * links)


def repeater(calq: Sequence[int], counter: int, drop: int = 0) -> str:
    bits = binary(counter, 5) + "".join(code(charge >> drop, 4, 3) for charge in calq)
    return padded(bits, 16)


def autoencoder(
    latents: Sequence[int], sum_code: int, counter: int, links: int, keep: Sequence[int]
) -> str:
    room = min(18 + 32 * (links - 1), 146)
    latent_bits = survivors(latents, keep, 9, room)
    return padded(binary(counter, 5) + binary(sum_code, 9) + latent_bits, 16)


def survivors(latents: Sequence[int], keep: Sequence[int], width: int, room: int) -> str:
    word = "".join(binary(latent, width) for latent in reversed(latents))
    mask = "".join(binary(bits, width) for bits in reversed(keep))
    kept = "".join(bit for bit, stays in zip(word, mask, strict=True) if stays == "1")
    return kept[-room:].rjust(room, "0")


def fates(words: Sequence[int], links: int, t1: int, t2: int, t3: int) -> list[str]:
    """Type of every frame that the buffer truncates, "" for one that it takes, by the words in it.

    The buffer is a queue of words here, not a number.
    """
    queue: list[int] = []
    found = []
    for index, size in enumerate(words):
        fate = "110" if len(queue) + size > t1 else ""
        if not fate and len(queue) > t2 and size <= t3:
            fate = "111"
        queue += [index] * (1 if fate else size)
        del queue[: 2 * links]
        found.append(fate)
    return found
