"""The register map for people and programs: SystemRDL, JSON, C header, HTML."""

import contextlib
import io
from pathlib import Path
from typing import Any

from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.registers import WORD_BYTES, Register, register_map
from asicae.export.templates import render
from asicae.foundation.errors import CheckFailed
from asicae.foundation.files import write_json, write_text
from asicae.network.description import Network

DESCRIPTION = "registers.rdl"


def export_registers(network: Network, folder: Path, weight_sets: int = 1) -> list[Path]:
    """Write ``registers.rdl``, ``.json``, ``.h`` and ``.html`` and compile the first as a check.

    ``weight_sets``: how many the chip keeps.

    Raises:
        CheckFailed: the SystemRDL does not compile or says something else than the register map.
    """
    registers = register_map(network, weight_sets)
    values = {
        "network": network,
        "registers": registers.registers,
        "blocks": registers.blocks,
        "device_address": DEVICE_ADDRESS,
        "is_word": _is_word,
    }
    paths = [
        write_text(folder / name, render(f"{name}.j2", **values))
        for name in (DESCRIPTION, "registers.h", "registers.html")
    ]
    paths.append(write_json(folder / "registers.json", register_table(network, weight_sets)))
    check_registers(network, folder / DESCRIPTION, weight_sets)
    return paths


def register_table(network: Network, weight_sets: int = 1) -> dict[str, Any]:
    """The register map as plain data; addresses, sizes (bytes) and resets are numbers."""
    registers = register_map(network, weight_sets)
    return {
        "network": network.name,
        "design_hash": network.design_hash,
        "device_address": DEVICE_ADDRESS,
        "registers": [
            {
                "name": register.name,
                "address": register.address,
                "bytes": register.size,
                "access": register.access,
                # A keep mask is wider than a JSON reader's integers.
                "reset": f"0x{register.reset:0{2 * register.size}x}" if register.reset else "0x0",
                "description": register.description,
                "fields": [
                    {
                        "name": field.name,
                        "low": field.low,
                        "bits": field.width,
                        "description": field.description,
                    }
                    for field in register.fields
                ],
            }
            for register in registers.registers
        ],
        "weight_blocks": [
            {
                "block": block.index,
                "address": block.address,
                "offset": block.offset,
                "bytes": block.size,
            }
            for block in registers.blocks
        ],
    }


def check_registers(network: Network, path: Path, weight_sets: int = 1) -> None:
    """Compile a SystemRDL file and compare every address, size and access with the register map.

    Raises:
        CheckFailed: it does not compile or disagrees.
    """
    found = _compiled(path)
    expected = {
        register.name: (register.address, register.size, register.access, register.reset)
        for register in register_map(network, weight_sets).registers
    }
    for name in sorted(set(found) | set(expected)):
        if found.get(name) != expected.get(name):
            raise CheckFailed(
                f"{path}: register {name} is {found.get(name)}, expected {expected.get(name)}"
            )


def _compiled(path: Path) -> dict[str, tuple[int, int, str, int]]:
    """Registers of a SystemRDL file: name to (address, bytes, access, reset)."""
    from systemrdl import RDLCompiler
    from systemrdl.messages import RDLCompileError
    from systemrdl.node import RegNode

    compiler = RDLCompiler()
    try:
        # The compiler prints what it dislikes; the one line of the exception is enough.
        with contextlib.redirect_stderr(io.StringIO()):
            compiler.compile_file(str(path))
            top = compiler.elaborate().top
    except RDLCompileError as error:
        raise CheckFailed(f"{path}: systemrdl-compiler refuses it: {error}") from None
    found = {}
    for node in top.children(unroll=False):
        if isinstance(node, RegNode):
            found[node.inst_name] = _facts(node)
    return found


def _facts(node: Any) -> tuple[int, int, str, int]:
    count = node.array_dimensions[0] if node.is_array else 1
    fields = node.fields()
    access = "rw" if any(field.is_sw_writable for field in fields) else "ro"
    reset = sum((field.get_property("reset") or 0) << field.low for field in fields)
    if node.is_array:
        reset = sum(reset << 8 * index for index in range(count))
    return node.raw_absolute_address, count * node.size, access, reset


def _is_word(register: Register) -> bool:
    """Whether a register is one aligned 32-bit word; longer ones are arrays of bytes."""
    return register.size == WORD_BYTES and register.address % WORD_BYTES == 0
