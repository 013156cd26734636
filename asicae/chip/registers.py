"""The register map, derived from the description.

Everything is derived: what is mapped, where (``addresses``), how large, and in which blocks.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

from asicae.chip.addresses import (
    ACCESS_SET_ADDRESS,
    ACTIVE_SET_ADDRESS,
    CONTROL_ADDRESS,
    CRC_ADDRESS,
    DESIGN_HASH_ADDRESS,
    EXPECTED_CRC_ADDRESS,
    IDENTITY_ADDRESS,
    KEEP_ADDRESS,
    LARGE_WEIGHT_ADDRESS,
    SMALL_IMAGE_BYTES,
    STATUS_ADDRESS,
    TMR_ERRORS_ADDRESS,
    TMR_SOURCES_ADDRESS,
    WEIGHT_ADDRESS,
    WEIGHT_BLOCK_BYTES,
)
from asicae.network.description import Network

WORD_BYTES = 4
"""Of the largest register that software takes for a number; longer ones are bytes."""
IDENTITY = int.from_bytes(b"ASAE", "little")
UPSET_SOURCES = (
    ("RESET", "Reset control"),
    ("I2C", "I2C target"),
    ("REGISTERS", "Register file, keep mask included"),
    ("WEIGHTS", "Weight bank"),
    ("DATA_PATH", "Register ranks of the data path"),
)
"""Fields of TMR_SOURCES, lowest first, and what each stands for."""
_OF_TWO_SETS: Final = {
    "KEEP": "Keep mask of ACCESS_SET: bit {width}*i+j keeps bit j of latent i",
    "WEIGHTS": "Weight image of ACCESS_SET; a write clears CRC_DONE; ENABLE if it is ACTIVE_SET",
    "CONTROL.ENABLE": "Results leave the chip; a write of weights of ACTIVE_SET clears it",
    "CONTROL.CRC_REQUIRED": (
        "While 1, ACTIVE_SET is set to ACCESS_SET only, where CRC_MATCH is, and ENABLE is set "
        "only where CRC_MATCH is and the two are the same; it stays set where it is"
    ),
    "STATUS.CRC_DONE": "CRC holds the CRC of the image of ACCESS_SET as it is now",
    "CRC": "CRC-32 (as zlib) of the weight image of ACCESS_SET",
}
"""What is said of a register, or of a field, in place of what is said where there is one set."""


@dataclass(frozen=True)
class Field:
    """Some bits of a register: ``width`` of them from bit ``low`` on."""

    name: str
    low: int
    width: int
    description: str


@dataclass(frozen=True)
class Register:
    """``size`` bytes from ``address`` on; multi-byte values, ``reset`` too, are little-endian."""

    name: str
    address: int
    size: int
    access: Literal["rw", "ro"]
    reset: int
    description: str
    fields: tuple[Field, ...] = ()

    def mask(self, name: str) -> int:
        """Value of the register when only field ``name`` is set, to ones.

        Raises:
            KeyError: the register has no such field.
        """
        field = {field.name: field for field in self.fields}[name]
        return ((1 << field.width) - 1) << field.low

    @property
    def is_number(self) -> bool:
        """Whether software takes it for one number, not for bytes."""
        return self.size <= WORD_BYTES

    @property
    def reset_byte(self) -> int:
        """What each byte is after reset, of a register whose bytes are all alike then.

        Raises:
            ValueError: they are not.
        """
        (value,) = set(self.reset.to_bytes(self.size, "little"))
        return value


@dataclass(frozen=True)
class Block:
    """``size`` bytes of the weight image: ``offset`` in the image, ``address`` on the bus."""

    index: int
    address: int
    offset: int
    size: int


@dataclass(frozen=True)
class RegisterMap:
    """All that is mapped; every other address is answered with NACK."""

    registers: tuple[Register, ...]
    blocks: tuple[Block, ...]

    def __getitem__(self, name: str) -> Register:
        """The register of that name.

        Raises:
            KeyError: there is none.
        """
        return {register.name: register for register in self.registers}[name]


def register_map(network: Network, weight_sets: int = 1) -> RegisterMap:
    """Register map of the chip that carries ``network``, and keeps so many sets of weights."""
    registers = _registers(network)
    if weight_sets > 1:
        registers = _of_two_sets(network, registers)
    return RegisterMap(registers, weight_blocks(network))


def _registers(network: Network) -> tuple[Register, ...]:
    keep_bits = network.latents * network.latent_type.width
    keep_size = -(-keep_bits // 8)
    return (
        Register(
            "KEEP",
            KEEP_ADDRESS,
            keep_size,
            "rw",
            (1 << 8 * keep_size) - 1,
            f"Keep mask: bit {network.latent_type.width}*i+j keeps bit j of latent i",
        ),
        Register(
            "WEIGHTS",
            weight_address(network),
            network.image_bytes,
            "rw",
            0,
            "Weight image; a write clears ENABLE and CRC_DONE",
        ),
        Register(
            "TMR_ERRORS",
            TMR_ERRORS_ADDRESS,
            1,
            "ro",
            0,
            "Clock cycles with a corrected upset anywhere; stops at 255; CLEAR_ERRORS clears it",
        ),
        Register("IDENTITY", IDENTITY_ADDRESS, 4, "ro", IDENTITY, "The bytes 'ASAE'"),
        Register(
            "DESIGN_HASH",
            DESIGN_HASH_ADDRESS,
            4,
            "ro",
            network.design_hash,
            "First 32 bits of the SHA-256 of the description",
        ),
        Register(
            "CONTROL",
            CONTROL_ADDRESS,
            1,
            "rw",
            0,
            "Control",
            (
                Field("ENABLE", 0, 1, "Results leave the chip; a weight write clears it"),
                Field(
                    "CRC_START",
                    1,
                    1,
                    "Write 1: compute the CRC of the image, anew if one is running; reads 0. "
                    "Events stream on where ENABLE is written 1 with it",
                ),
                Field(
                    "CRC_REQUIRED",
                    2,
                    1,
                    "While 1, ENABLE is set only where CRC_MATCH is; it stays set where it is",
                ),
                Field("CLEAR_ERRORS", 3, 1, "Write 1: clear TMR_ERRORS and TMR_SOURCES; reads 0"),
            ),
        ),
        Register(
            "STATUS",
            STATUS_ADDRESS,
            1,
            "ro",
            0,
            "Status",
            (
                Field("ENABLED", 0, 1, "ENABLE as it stands"),
                Field(
                    "CRC_BUSY",
                    1,
                    1,
                    "The CRC is being computed, one byte a clock but where the bus reads one; "
                    "a weight write ends it",
                ),
                Field("CRC_DONE", 2, 1, "CRC holds the CRC of the image as it is now"),
                Field("CRC_MATCH", 3, 1, "CRC_DONE, and CRC is EXPECTED_CRC"),
            ),
        ),
        Register(
            "TMR_SOURCES",
            TMR_SOURCES_ADDRESS,
            1,
            "ro",
            0,
            "Where there were upsets since CLEAR_ERRORS",
            tuple(Field(name, bit, 1, text) for bit, (name, text) in enumerate(UPSET_SOURCES)),
        ),
        Register("CRC", CRC_ADDRESS, 4, "ro", 0, "CRC-32 (as zlib) of the weight image"),
        Register(
            "EXPECTED_CRC", EXPECTED_CRC_ADDRESS, 4, "rw", 0, "What CRC_MATCH compares CRC with"
        ),
    )


def _of_two_sets(network: Network, registers: tuple[Register, ...]) -> tuple[Register, ...]:
    """The registers of one set as those of the accessed one of two, and what tells which it is."""

    def said(name: str, otherwise: str) -> str:
        return _OF_TWO_SETS.get(name, otherwise).format(width=network.latent_type.width)

    def number(text: str) -> tuple[Field, ...]:
        return (Field("SET", 0, 1, text),)

    own = tuple(
        replace(
            register,
            description=said(register.name, register.description),
            fields=tuple(
                replace(field, description=said(f"{register.name}.{field.name}", field.description))
                for field in register.fields
            ),
        )
        for register in registers
    )
    return (
        *own,
        Register(
            "ACTIVE_SET",
            ACTIVE_SET_ADDRESS,
            1,
            "rw",
            0,
            "What events are encoded with",
            number("Set of weights and keep mask; a write switches both between two events"),
        ),
        Register(
            "ACCESS_SET",
            ACCESS_SET_ADDRESS,
            1,
            "rw",
            0,
            "What the host loads and reads",
            number(
                "Set that WEIGHTS, KEEP and CRC are of; another one ends a running CRC and clears "
                "CRC_DONE"
            ),
        ),
    )


def weight_address(network: Network) -> int:
    """Bus address of byte 0 of the weight image."""
    small = network.image_bytes <= SMALL_IMAGE_BYTES
    return WEIGHT_ADDRESS if small else LARGE_WEIGHT_ADDRESS


def weight_blocks(network: Network) -> tuple[Block, ...]:
    """The weight image as blocks of 134 bytes (the last may be shorter), contiguous on the bus."""
    base = weight_address(network)
    return tuple(
        Block(index, base + offset, offset, min(WEIGHT_BLOCK_BYTES, network.image_bytes - offset))
        for index, offset in enumerate(range(0, network.image_bytes, WEIGHT_BLOCK_BYTES))
    )
