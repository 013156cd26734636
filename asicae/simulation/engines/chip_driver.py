"""What drivers of verilated chips must know of one chip, as C++: widths, latency, places."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asicae.chip import triplication
from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.design import TOP, Design

HEADER: Final = Path(__file__).with_suffix(".hpp")
HOST: Final = HEADER.with_name("chip_host.hpp")
"""What drivers share."""
ROOT: Final = f"V{TOP}___024root"


def driver_files(design: Design) -> dict[str, str]:
    """C++ source that compiles to the driver of a chip, and the headers that it includes."""
    return with_headers(chip_text(design), HEADER)


def with_headers(lines: Sequence[str], header: Path) -> dict[str, str]:
    """A source that begins with what ``header`` must know of a chip, by file name."""
    source = "\n".join([*lines, f'#include "{header.name}"', ""])
    return {
        "driver.cpp": source,
        **{path.name: path.read_text(encoding="utf-8") for path in (header, HOST)},
    }


def chip_text(design: Design) -> list[str]:
    """The constants of a chip and ``poke_copies``, lines of C++."""
    network = design.network
    bits = triplication.BANK_WORDS[design.configuration.bank].bits
    bank = triplication.bank_copies(network, design.configuration)
    keep = triplication.keep_copies(network)
    return [
        *constants_text(design),
        f'#include "{ROOT}.h"',
        f"inline void poke_copies({ROOT}& root, const uint32_t* words, const uint8_t* keep) {{",
        *_assignments([_part_of_words(index, bits) for index in range(len(bank))], bank),
        *_assignments([f"keep[{index}]" for index in range(len(keep))], keep),
        "}",
    ]


def constants_text(design: Design) -> list[str]:
    """The constants of a chip, lines of C++."""
    charges, latents = design.port("calq_i").words, design.port("latent_o").words
    constants = {
        "kCells": charges.count,
        "kChargeBits": charges.width,
        "kLatents": latents.count,
        "kLatentBits": latents.width,
        "kLatency": design.latency_bx,
        "kPhases": design.phases,
        "kDevice": DEVICE_ADDRESS,
    }
    lines = (f"constexpr int {name} = {value};" for name, value in constants.items())
    return ["#include <cstdint>", *lines]


def _part_of_words(index: int, bits: int) -> str:
    """``bits`` bits of an array of words of 32, the ``index``-th of them, as C++."""
    word, shift = divmod(index * bits, 32)
    whole = f"words[{word}]"
    return whole if bits == 32 else f"{whole} >> {shift} & {(1 << bits) - 1}"


def _assignments(values: Sequence[str], copies: tuple[tuple[str, ...], ...]) -> list[str]:
    return [
        f"  root.{verilated(place)} = {value};"
        for value, places in zip(values, copies, strict=True)
        for place in places
    ]


def verilated(place: str) -> str:
    """A place in the top as Verilator spells it."""
    spelled = f"{TOP}.{place}"
    for sign, name in ((".", "__DOT__"), ("[", "__BRA__"), ("]", "__KET__")):
        spelled = spelled.replace(sign, name)
    return spelled
