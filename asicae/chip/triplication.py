"""How every bit of state is kept: three copies and a vote, and where those copies lie.

These are the names in the hand-written Verilog (``tmr_register.v``, ``reset_stage.v``,
``tmr_gated_word.v``, ``tmr_latch_byte.v``, the weight banks, ``register_file.v``).
"""

from dataclasses import dataclass
from typing import Final, Literal

from asicae.chip.configuration import Bank, Configuration
from asicae.chip.registers import register_map
from asicae.network.description import Network


@dataclass(frozen=True)
class Register:
    """A kind of triplicated register; its words are those of its port ``q_o``.

    Attributes:
        module: of the register.
        holder: the module that the flip-flops lie in: one for each copy, or the register itself.
        copies: the scopes of the copies in the register.
        votes: how many times its port ``q_o`` holds the word.
        cell: what holds a copy of a bit.
    """

    module: str
    holder: str
    copies: tuple[str, str, str]
    votes: int
    cell: Literal["flip-flop", "latch"] = "flip-flop"

    def places(self, register: str) -> tuple[str, ...]:
        """Places of the flip-flops of the register at that place, one vector a copy."""
        return tuple(f"{register}.{copy}.{STATE}" for copy in self.copies)


STATE: Final = "state_q"
"""The flip-flops in a copy."""
FREE = Register("tmr_register", "tmr_copy", ("u_copy_a", "u_copy_b", "u_copy_c"), votes=3)
RESET_STAGE = Register("reset_stage", "tmr_copy", FREE.copies, votes=3)
GATED_REGISTER = Register("tmr_gated_register", "tmr_copy", FREE.copies, votes=3)
GATED = Register("tmr_gated_word", "tmr_gated_word", ("g_copy_a", "g_copy_b", "g_copy_c"), votes=1)
LATCH = Register(
    "tmr_latch_byte", "tmr_latch_byte", ("g_copy_a", "g_copy_b", "g_copy_c"), votes=1, cell="latch"
)
REGISTERS: Final = (FREE, RESET_STAGE, GATED_REGISTER, GATED, LATCH)


@dataclass(frozen=True)
class BankWord:
    """A word of a weight bank.

    Attributes:
        register: what it is.
        bits: how many it has; the last may have fewer.
        place: of the word of an index, in the bank.
    """

    register: Register
    bits: int
    place: str

    def copies(self, bank: str, index: int) -> tuple[str, ...]:
        """Places in the top of the copies of a word in that instance of a bank."""
        return self.register.places(f"{bank}.{self.place.format(index)}")


BANK_WORDS: Final[dict[Bank, BankWord]] = {
    "ff": BankWord(FREE, 32, "g_word[{}].u_word"),
    "gated": BankWord(GATED, 32, "g_word[{}].u_word"),
    "latch": BankWord(LATCH, 8, "g_byte[{}].u_byte"),
}
BANKS: Final = ("u_weight_bank", "u_weight_bank_1")
"""Instances in the top of what keeps the weight sets, in their order, as many as there are sets."""
VOTER_MODULE: Final = "voter"
LOGIC_MODULES: Final = (
    "delay_inverter",
    "glitch_filter",
    "i2c_target_logic",
    "register_file_logic",
    "register_sets_logic",
    "byte_merge",
    "latch_bank_logic",
)
"""What control is made of besides, three times over or in a chain, and kept apart for it. Each has
a file of its own; not every chip has the last three."""
CLOCK_GATE_MODULE: Final = "clock_gate"
"""Holds back the clock of what is gated."""


def holders(configuration: Configuration) -> tuple[str, ...]:
    """The modules that triplicated bits lie in, in a chip that is built so."""
    return tuple(dict.fromkeys((FREE.holder, BANK_WORDS[configuration.bank].register.holder)))


def bank_copies(
    network: Network, configuration: Configuration, weight_set: int = 0
) -> tuple[tuple[str, ...], ...]:
    """Places in the top of the copies of each word of the weight image of a set, lowest bits
    first.
    """
    word = BANK_WORDS[configuration.bank]
    words = -(-network.weight_bits // word.bits)
    return tuple(word.copies(BANKS[weight_set], index) for index in range(words))


REFRESH_PACE: Final = 4
"""A byte of a latch bank is looked at every ``2**REFRESH_PACE`` clocks."""
LATCH_CLOCKS: Final = 12
"""Until a byte that is written, or whose copies were found to differ, is in the latches."""


def in_latches(bank: Bank) -> bool:
    """Whether weights lie in latches, which a sequencer that never rests corrects in turns."""
    return BANK_WORDS[bank].register is LATCH


def clocks_stand_still(bank: Bank) -> bool:
    """Whether clocks of weights and registers run only where something happens to them."""
    return BANK_WORDS[bank].register is not FREE


def refresh_clocks(network: Network, configuration: Configuration) -> int:
    """Clocks within which an upset of a weight at rest is corrected and told, while the weights
    are not read; 1 where every clock corrects.
    """
    if not in_latches(configuration.bank):
        return 1
    return (network.image_bytes << REFRESH_PACE) + LATCH_CLOCKS


def keep_copies(network: Network) -> tuple[tuple[str, ...], ...]:
    """Places in the top of the copies of each byte of the keep mask, of set 0, lowest first."""
    size = register_map(network)["KEEP"].size
    return tuple(FREE.places(f"u_register_file.g_keep[{index}].u_keep") for index in range(size))
