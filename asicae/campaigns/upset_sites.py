"""The flip-flops that the campaign of upsets hits, found in the design, and what they have to do.

They are those of the elaborated RTL, each by the register, copy and bit that it holds, and as many
as the description demands of each block. What is not triplicated, or not reported, stands in a list
with its reason; whatever else is found so is an error.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from asicae.chip.design import Design
from asicae.chip.registers import register_map
from asicae.chip.triplication import REGISTERS, STATE
from asicae.estimation.outside.registers import Bit
from asicae.foundation.errors import CheckFailed
from asicae.simulation.twin.library import Register
from asicae.simulation.twin.twin import Twin

PLAIN: Final = {
    "barrier": "data path: what it holds lives for one period, the event on its way alone is wrong"
}
"""Modules whose flip-flops are single, and why."""
UNTOLD: Final = {
    "u_i2c_target.u_meta": "samples pins that are asynchronous: its copies may differ without upset"
}
"""Triplicated registers whose disagreement is corrected and not reported, and why."""
SOURCES: Final = {
    "reset_control": "RESET",
    "i2c_target": "I2C",
    "register_file": "REGISTERS",
    "weight_bank": "WEIGHTS",
    "pipeline_registers": "DATA_PATH",
}
"""The field of TMR_SOURCES that tells of a block, by what the block is reported as."""
REGISTER_FILE: Final = "u_register_file"


def storage_of(design: Design, flip_flops: Sequence[Bit]) -> tuple[Register, ...]:
    """All flip-flops of an exported chip, ``registers_of(...).bits``, word by word.

    Raises:
        CheckFailed: flip-flops are single that no list names.
    """
    words: dict[str, list[Bit]] = defaultdict(list)
    for bit in flip_flops:
        words[bit.register if bit.triplicated else _word(bit)].append(bit)
    return tuple(_register(design, name, bits) for name, bits in words.items())


def _register(design: Design, name: str, bits: Sequence[Bit]) -> Register:
    block = bits[0].block
    if bits[0].triplicated:
        module, copies = _holder(bits[0], name)
        return Register(name, block, module, copies, len(bits), told=name not in UNTOLD)
    module = design.blocks[block].module
    if module not in PLAIN:
        raise CheckFailed(
            f"{name}: {len(bits)} flip-flops are single, allowed are those of {PLAIN}"
        )
    return Register(name, block, module, (name,), len(bits), told=False)


def _word(bit: Bit) -> str:
    """The variable that a single flip-flop is a bit of: of its names, the one of a register."""
    (names,) = bit.copies
    held = {name.rpartition("[")[0] if name.endswith("]") else name for name in names}
    found = sorted(name for name in held if name.endswith("_q"))
    if len(found) != 1:
        raise CheckFailed(f"{min(names)}: known as {len(found)} registers, expected 1")
    return found[0]


def _holder(bit: Bit, register: str) -> tuple[str, tuple[str, ...]]:
    """The module that declares the copies of a register, and their places."""
    for kind in REGISTERS:
        places = kind.places(register)
        found = [
            any(name.removesuffix(f"[{bit.index}]") == place for name in names)
            for place, names in zip(places, bit.copies, strict=True)
        ]
        if all(found):
            return kind.holder, places
    raise CheckFailed(f"{register}: its copies are not where a triplicated register has {STATE}")


def with_reports(twin: Twin) -> tuple[Register, ...]:
    """The registers of ``twin`` with the bits that tell of upsets.

    They are those bits of the register file that, turned over, show in TMR_ERRORS or in
    TMR_SOURCES, where there is one.
    """
    names = [name for name in ("TMR_ERRORS", "TMR_SOURCES") if name in _names(twin)]
    found: dict[Register, tuple[int, ...]] = {}
    for register in twin.registers:
        if register.block == REGISTER_FILE:
            sites, bits = twin.sites(register), []
            for bit in range(register.width):
                twin.turn(sites[:, bit])
                if any(twin.read(name) for name in names):
                    bits.append(bit)
                twin.sync()
            found[register] = tuple(bits)
    if not any(found.values()):
        raise CheckFailed("no bit of the register file shows in TMR_ERRORS")
    twin.total()
    return tuple(replace(r, report=found.get(r, ())) for r in twin.registers)


def counted_blocks(design: Design, registers: Sequence[Register]) -> tuple[str, ...]:
    """Blocks whose upsets TMR_ERRORS counts: the weight bank; all that tell where the chip has
    TMR_SOURCES."""
    told = dict.fromkeys(register.block for register in registers if register.told)
    if "TMR_SOURCES" in {register.name for register in register_map(design.network).registers}:
        return tuple(told)
    return tuple(b for b in told if design.blocks[b].label == "weight_bank")


def source_mask(design: Design, blocks: Sequence[str]) -> int:
    """What TMR_SOURCES reads after upsets in ``blocks``."""
    register = register_map(design.network)["TMR_SOURCES"]
    return sum({register.mask(SOURCES[design.blocks[block].label]) for block in blocks})


def _names(twin: Twin) -> set[str]:
    return {register.name for register in twin.map.registers}
