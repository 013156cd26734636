"""How every bit of state is kept: three copies and a vote, and where those copies lie.

These are the names in the hand-written Verilog (``tmr_register.v``, ``weight_bank.v``,
``register_file.v``).
"""

from asicae.chip.registers import register_map
from asicae.network.description import Network

REGISTER_MODULE = "tmr_register"
COPY_MODULE = "tmr_copy"
VOTER_MODULE = "voter"
COPIES = ("u_copy_a", "u_copy_b", "u_copy_c")
"""Instances of ``COPY_MODULE`` in a ``REGISTER_MODULE``."""
STATE = "state_q"
"""The flip-flops in a copy."""
BANK_WORD_BITS = 32
"""Bits of one register of the weight bank; the last may have fewer."""


def bank_registers(network: Network) -> tuple[str, ...]:
    """Places in the top of the registers that hold the weight image, lowest bits first."""
    words = -(-network.weight_bits // BANK_WORD_BITS)
    return tuple(f"u_weight_bank.g_word[{index}].u_word" for index in range(words))


def keep_registers(network: Network) -> tuple[str, ...]:
    """Places in the top of the registers that hold the keep mask, one a byte, lowest first."""
    size = register_map(network)["KEEP"].size
    return tuple(f"u_register_file.g_keep[{index}].u_keep" for index in range(size))


def copies(register: str) -> tuple[str, ...]:
    """Places of the flip-flops of a register, one vector a copy."""
    return tuple(f"{register}.{copy}.{STATE}" for copy in COPIES)
