"""The blocks of the chip's top: what each computes on, its parameters, the bits that it stores.

Modules and ports are those of the hand-written Verilog. A pipeline (``encoders``) puts the blocks
of the data path in order; the blocks of slow control are the same in all. Those of layers are in
``layer_blocks``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from asicae.chip.configuration import Configuration
from asicae.chip.registers import register_map
from asicae.chip.triplication import BANKS, REFRESH_PACE, clocks_stand_still
from asicae.module.codes import CALQ_BITS, CODE_5E4M_MAX
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.plan import LayerPlan, Parameter

CLOCK, RESET = "clk_i", "rst_ni"
"""Ports of the top and of every block with registers; the reset is active when low."""
REGISTERS, SELECT = "u_register_file", "u_weight_select"
"""Instances of the register file and, where there are two weight sets, of what selects one."""
FAST_CLOCK: Final = "clk_fast_i"
"""Port of a top whose layers have a clock of their own, and of what both clocks enter."""
CLOCKS: Final = (CLOCK, FAST_CLOCK)
COPIES: Final = 3
"""Of all that is triplicated: state, and the ports of control between blocks."""
RESETS: Final = {RESET: COPIES}
"""The reset of a block: one a copy of its registers."""
ROUNDING_NUMBER = {mode: number for number, mode in enumerate(Rounding)}
OVERFLOW_NUMBER = {mode: number for number, mode in enumerate(Overflow)}
"""How the RTL counts the modes: in the order of the enumerations; written out in requantise.v."""

BETWEEN: Final = "pipeline_registers"
"""What the registers between the blocks of the data path are called together."""
PIXELS: Final = "pixels"
"""What the first layer sees."""


@dataclass(frozen=True)
class Words:
    """``count`` words of ``width`` bits side by side, word k at [k * width +: width]."""

    name: str
    width: int
    count: int = 1

    @property
    def bits(self) -> int:
        """Bits of all of them."""
        return self.width * self.count


@dataclass(frozen=True)
class Sized:
    """A parameter of a module that has a width: an address, a hash."""

    value: int
    width: int


Ports = Mapping[str, tuple[Words, ...]]
Edge = Literal["rising", "falling"]
Storage = Literal["triplicated", "plain"]


@dataclass(frozen=True)
class Block:
    """An instance directly in the top. Of a port's words the first lie in the lowest bits.

    Attributes:
        instance: its name in the top.
        module: the module that it is of.
        parameters: values that the network demands; of a layer only those that do not follow from
            ``layer`` alone.
        inputs: by port, the words of an event that enter.
        stored: by port, the words of weight image or keep mask that it sees.
        outputs: by port, the words of an event that leave.
        active: ports that are high while events stream, and their bits.
        registered: the outputs are the inputs at the last clock edge of its kind; a port
            ``valid_i`` has a valid bit beside them.
        holds: words of the weight image that its registers keep.
        control_bits: triplicated bits that its own control needs beside.
        edge: of the clock, at which its registers take what enters.
        storage: ``triplicated``: three copies and a vote for each bit; ``plain``: one flip-flop.
        still_bits: bits that enter and change with the weights only; they are not registered.
        fast: it works at the clock of the layers, and its words are another part in each phase.
        layer: the layer that it computes.
        group: under which its area and energy are reported, where it is not the module.
    """

    instance: str
    module: str
    parameters: Mapping[str, int | Sized] = field(default_factory=dict)
    inputs: Ports = field(default_factory=dict)
    stored: Ports = field(default_factory=dict)
    outputs: Ports = field(default_factory=dict)
    active: Mapping[str, int] = field(default_factory=dict)
    registered: bool = False
    holds: tuple[Words, ...] = ()
    control_bits: int = 0
    edge: Edge = "rising"
    storage: Storage = "triplicated"
    still_bits: int = 0
    fast: bool = False
    layer: LayerPlan | None = None
    group: str = ""

    @property
    def label(self) -> str:
        """The name under which its area and energy are reported."""
        return self.group or self.module

    @property
    def is_rank(self) -> bool:
        """Whether it is a triplicated register on the way of the data."""
        return self.registered and self.storage == "triplicated"

    @property
    def register_bits(self) -> int | None:
        """Bits that it stores; None where the network does not demand their number."""
        if self.registered:
            data = sum(words.bits for port in self.inputs.values() for words in port)
            return data - self.still_bits + ("valid_i" in self.active)
        return sum(words.bits for words in self.holds) + self.control_bits or None

    @property
    def numbers(self) -> dict[str, int]:
        """The values of ``parameters``, whatever their width."""
        return {
            name: value.value if isinstance(value, Sized) else value
            for name, value in self.parameters.items()
        }


def mask_of(flags: npt.NDArray[np.bool_]) -> Sized:
    """Bit i is flag i."""
    return Sized(sum(1 << int(place) for place in np.flatnonzero(flags)), flags.size)


def charge_words() -> Words:
    """CALQ of the 48 cells in AE order."""
    return Words("calq", CALQ_BITS, N_CELLS)


def code_words(network: Network) -> Words:
    """Normalised codes of the 48 cells in AE order."""
    return coded_words(network.input)


def coded_words(kind: FixedPoint) -> Words:
    """Likewise, of codes of that type."""
    return Words("codes", kind.width, N_CELLS)


def sum_words() -> Words:
    """The module sum in 5E4M."""
    return Words("sum", CODE_5E4M_MAX.bit_length())


def pixel_words(network: Network) -> Words:
    """The image of the codes that the first layer sees, flat."""
    return Words(PIXELS, network.input.width, network.live_inputs.size)


def layer_words(plan: LayerPlan) -> Words:
    """The outputs of a layer, flat."""
    # The prefix keeps a layer called "rank1" apart from everything else.
    count = int(np.prod(plan.output_shape))
    return Words(f"layer_{plan.name}", plan.output_type.width, count)


def kept_words(network: Network) -> Words:
    """Latents after the keep mask."""
    return Words("kept", network.latent_type.width, network.latents)


def slow_control(network: Network, configuration: Configuration) -> tuple[Block, ...]:
    """Reset, I2C target, registers and weight banks."""
    registers = register_map(network, configuration.weight_sets)

    def address(name: str) -> Sized:
        return Sized(registers[name].address, 16)

    parameters: dict[str, int | Sized] = {
        "KEEP_BITS": kept_words(network).bits,
        "KEEP_ADDRESS": address("KEEP"),
        "WEIGHT_BYTES": network.image_bytes,
        "WEIGHT_ADDRESS": address("WEIGHTS"),
        "TMR_ERRORS_ADDRESS": address("TMR_ERRORS"),
        "IDENTITY_ADDRESS": address("IDENTITY"),
        "IDENTITY": Sized(registers["IDENTITY"].reset, 32),
        "DESIGN_HASH_ADDRESS": address("DESIGN_HASH"),
        "DESIGN_HASH": Sized(registers["DESIGN_HASH"].reset, 32),
        "CONTROL_ADDRESS": address("CONTROL"),
        "STATUS_ADDRESS": address("STATUS"),
        "TMR_SOURCES_ADDRESS": address("TMR_SOURCES"),
        "CRC_ADDRESS": address("CRC"),
        "EXPECTED_CRC_ADDRESS": address("EXPECTED_CRC"),
    }
    lines = {"scl_i": 1, "sda_i": 1}
    return (
        Block("u_reset_control", "reset_control", active={RESET: 1}),
        Block("u_i2c_target", "i2c_target", active=lines | RESETS),
        *_registers_and_banks(network, configuration, parameters),
    )


def _registers_and_banks(
    network: Network, configuration: Configuration, parameters: dict[str, int | Sized]
) -> tuple[Block, ...]:
    """A bank for each weight set; of two, what selects the image, and registers that say which."""
    banks = tuple(
        weight_bank(network, configuration, instance)
        for instance in BANKS[: configuration.weight_sets]
    )
    if configuration.weight_sets == 1:
        return (Block(REGISTERS, "register_file", parameters, active=RESETS), *banks)
    registers = register_map(network, configuration.weight_sets)
    own: dict[str, int | Sized] = {
        f"{name}_ADDRESS": Sized(registers[name].address, 16)
        for name in ("ACTIVE_SET", "ACCESS_SET")
    }
    own["GATED"] = int(clocks_stand_still(configuration.bank))
    return (
        Block(
            REGISTERS,
            "register_sets",
            parameters | own,
            active=RESETS,
            group="register_file",
        ),
        *banks,
        Block(
            SELECT,
            "weight_select",
            {"BITS": network.weight_bits},
            group="weight_bank",
        ),
    )


def weight_bank(network: Network, configuration: Configuration, instance: str) -> Block:
    """What keeps a weight image."""
    image = tuple(array_words(array) for array in network.parameters)
    numbers: dict[str, int | Sized] = {"BITS": network.weight_bits}
    if configuration.bank == "ff":
        return Block(instance, "weight_bank", numbers, active=RESETS, holds=image)
    if configuration.bank == "latch":
        return _latch_bank(network, numbers, image, instance)
    return Block(
        instance,
        "gated_weight_bank",
        numbers | {"VOTERS": configuration.voters},
        active=RESETS,
        holds=image,
        control_bits=1,  # that reset is not over yet
        group="weight_bank",
    )


def _latch_bank(
    network: Network, numbers: dict[str, int | Sized], image: tuple[Words, ...], instance: str
) -> Block:
    place = max(1, (network.image_bytes - 1).bit_length())
    state = REFRESH_PACE + 3 * place + 30  # what is next, what was read, what is written, phases
    load = 1 + place + 8  # what is on its way to the latches
    return Block(
        instance,
        "latch_weight_bank",
        numbers | {"PACE": REFRESH_PACE},
        active=RESETS,
        holds=image,
        control_bits=state + load,
        group="weight_bank",
    )


def normaliser(network: Network) -> Block:
    """48 charges to 48 codes and the module sum."""
    return normaliser_to(network.input)


def normaliser_to(kind: FixedPoint) -> Block:
    """Likewise, to codes of that type."""
    charges = charge_words()
    return Block(
        "u_normaliser",
        "normaliser",
        {
            "CELLS": charges.count,
            "CALQ_WIDTH": charges.width,
            "CODE_WIDTH": kind.width,
            "CODE_SIGNED": int(kind.signed),
            "CODE_FRACTION": kind.fraction,
            "ROUNDING": ROUNDING_NUMBER[kind.rounding],
            "OVERFLOW": OVERFLOW_NUMBER[kind.overflow],
        },
        inputs={"calq_i": (charges,)},
        outputs={"code_o": (coded_words(kind),), "sum_o": (sum_words(),)},
    )


def hidden_words() -> Words:
    """Which of the 48 cells in AE order the network does not see."""
    return Words("hidden", 1, N_CELLS)


def shown_words(network: Network) -> Words:
    """Codes with 0 for the cells that are hidden."""
    return replace(code_words(network), name="shown")


def hider(network: Network) -> Block:
    """Codes to those of the cells that the network sees."""
    codes = code_words(network)
    return Block(
        "u_hidden_cells",
        "hidden_cells",
        {"CELLS": codes.count, "WIDTH": codes.width},
        inputs={"code_i": (codes,), "hidden_i": (hidden_words(),)},
        outputs={"code_o": (shown_words(network),)},
    )


def packer(network: Network) -> Block:
    """The keep mask on the latents of the last layer."""
    kept = kept_words(network)
    return Block(
        "u_latent_packer",
        "latent_packer",
        {"LATENTS": kept.count, "WIDTH": kept.width},
        inputs={"data_i": (layer_words(network.plans[-1]),)},
        stored={"keep_i": (Words("keep", kept.width, kept.count),)},
        outputs={"latent_o": (kept,)},
    )


def rank(number: int, words: tuple[Words, ...], clear: bool) -> Block:
    """A register rank with its valid bit; ``clear``: it holds zeros while nothing is valid."""
    return Block(
        f"u_rank{number}",
        "pipeline_rank",
        {"WIDTH": sum(part.bits for part in words), "CLEAR": int(clear)},
        inputs={"data_i": words},
        outputs={"data_o": words},
        active={"valid_i": COPIES, "enable_i": COPIES} | RESETS,
        registered=True,
        group=BETWEEN,
    )


def registered(instance: str, module: str, words: Words, moving: npt.NDArray[np.bool_]) -> Block:
    """Words in plain flip-flops, those at least that an event can change; the others pass."""
    return Block(
        instance,
        module,
        {"COUNT": words.count, "WIDTH": words.width, "LIVE": mask_of(moving)},
        inputs={"data_i": (words,)},
        outputs={"data_o": (words,)},
        registered=True,
        storage="plain",
        still_bits=words.width * int(np.count_nonzero(~moving)),
        group=BETWEEN,
    )


def array_words(array: Parameter) -> Words:
    """An array of the weight image."""
    return Words(array.name, array.type.width, array.count)
