"""What ``chip_driver.hpp`` must know of one chip, as C++ text: widths, latency, stored bits."""

from pathlib import Path

from asicae.chip import triplication
from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.design import TOP, Design

HEADER = Path(__file__).with_suffix(".hpp")
ROOT = f"V{TOP}___024root"


def driver_text(design: Design) -> str:
    """C++ source that compiles, with ``HEADER``, to the driver of a chip."""
    network = design.network
    charges, latents = design.port("calq_i").words, design.port("latent_o").words
    constants = {
        "kCells": charges.count,
        "kChargeBits": charges.width,
        "kLatents": latents.count,
        "kLatentBits": latents.width,
        "kLatency": design.latency_bx,
        "kDevice": DEVICE_ADDRESS,
    }
    lines = [
        "#include <cstdint>",
        f'#include "{ROOT}.h"',
        *(f"constexpr int {name} = {value};" for name, value in constants.items()),
        f"inline void poke_copies({ROOT}& root, const uint32_t* words, const uint8_t* keep) {{",
        *_assignments("words", triplication.bank_copies(network, design.configuration)),
        *_assignments("keep", triplication.keep_copies(network)),
        "}",
        f'#include "{HEADER.name}"',
    ]
    return "\n".join([*lines, ""])


def _assignments(source: str, copies: tuple[tuple[str, ...], ...]) -> list[str]:
    return [
        f"  root.{_verilated(place)} = {source}[{index}];"
        for index, places in enumerate(copies)
        for place in places
    ]


def _verilated(place: str) -> str:
    """A place in the top as Verilator spells it."""
    spelled = f"{TOP}.{place}"
    for sign, name in ((".", "__DOT__"), ("[", "__BRA__"), ("]", "__KET__")):
        spelled = spelled.replace(sign, name)
    return spelled
