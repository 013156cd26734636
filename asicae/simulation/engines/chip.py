"""One verilated chip: registers through I2C, a backdoor to its weights, a stream of events."""

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.chip.golden import ChipOutput
from asicae.chip.image import crc32, keep_bytes, pack
from asicae.chip.microarchitectures import NAIVE
from asicae.chip.registers import register_map, weight_blocks
from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.engines.engine import Charges

_WORD = 4
_CRC_MARGIN = 50
"""Clocks that the CRC may take beyond one a byte of the image."""


class Chip:
    """The chip of ``network`` in a library made by ``chip_library``, in its state after reset.

    Chips are independent of each other: each may run in a thread of its own.

    Raises:
        CheckFailed: the library is of a chip with another design hash.
    """

    def __init__(
        self, network: Network, library: Path, configuration: Configuration = NAIVE
    ) -> None:
        self.network = network
        self.registers = register_map(network, configuration.weight_sets)
        self.latency_bx = design_of(network, configuration).latency_bx
        self._functions = _functions(library)
        self._chip = self._functions.chip_new()
        self._check_design()

    def __del__(self) -> None:
        chip, self._chip = getattr(self, "_chip", None), None
        if chip is not None:
            self._functions.chip_delete(chip)

    def _check_design(self) -> None:
        found = int.from_bytes(self.read_register("DESIGN_HASH"), "little")
        if found != self.network.design_hash:
            raise CheckFailed(
                f"the RTL has design hash {found:#010x}, network {self.network.name} has "
                f"{self.network.design_hash:#010x}: it is the chip of another network"
            )

    def reset(self) -> None:
        """Pull rst_ni low for some clocks."""
        self._functions.chip_reset(self._chip)

    # -- registers -------------------------------------------------------------------------------

    def write(self, address: int, data: bytes) -> None:
        """Write bytes through I2C.

        Raises:
            CheckFailed: a byte was not acknowledged.
        """
        acknowledged = self._functions.chip_write(self._chip, address, data, len(data))
        if acknowledged != 3 + len(data):
            raise CheckFailed(f"I2C write to {address:#06x}: byte {acknowledged} not acknowledged")

    def read(self, address: int, count: int) -> bytes:
        """Read bytes through I2C.

        Raises:
            CheckFailed: an address byte was not acknowledged.
        """
        data = (ctypes.c_uint8 * count)()
        acknowledged = self._functions.chip_read(self._chip, address, data, count)
        if acknowledged != 4:
            raise CheckFailed(f"I2C read of {address:#06x}: byte {acknowledged} not acknowledged")
        return bytes(data)

    def read_register(self, name: str) -> bytes:
        """All bytes of a register of the map; lowest byte first.

        Raises:
            CheckFailed: an address byte was not acknowledged.
        """
        register = self.registers[name]
        return self.read(register.address, register.size)

    # -- weights ---------------------------------------------------------------------------------

    def poke(self, image: bytes, keep: bytes) -> None:
        """Put an image and a keep mask into all copies of their registers, past I2C.

        ENABLE and the CRC stay as they are.

        Raises:
            ValueError: a size is wrong.
        """
        sizes = (self.network.image_bytes, self.registers["KEEP"].size)
        if (len(image), len(keep)) != sizes:
            raise ValueError(f"image and keep mask of {len(image)} and {len(keep)} bytes: {sizes}")
        words = image + bytes(-len(image) % _WORD)
        self._functions.chip_poke(self._chip, words, keep)

    def load(self, weights: Weights) -> None:
        """Load through the backdoor, compare the chip's CRC and keep mask, set ENABLE.

        Raises:
            CheckFailed: the chip's CRC is not that of the image, or its keep mask another one.
        """
        image, keep = (
            pack(Encoder(self.network, weights)),
            keep_bytes(Encoder(self.network, weights)),
        )
        # A chip that computes is disabled first, as a weight write through I2C would do.
        self._control(0)
        self.poke(image, keep)
        self._check_and_enable(image, keep)

    def load_through_i2c(self, weights: Weights) -> None:
        """Load as a host does: all blocks, the keep mask, both compared, ENABLE.

        Raises:
            CheckFailed: a byte was not acknowledged, the CRC is not that of the image, or the keep
                mask is another one.
        """
        image, keep = (
            pack(Encoder(self.network, weights)),
            keep_bytes(Encoder(self.network, weights)),
        )
        for block in weight_blocks(self.network):
            self.write(block.address, image[block.offset : block.offset + block.size])
        self.write(self.registers["KEEP"].address, keep)
        self._check_and_enable(image, keep)

    def _check_and_enable(self, image: bytes, keep: bytes) -> None:
        control, status = self.registers["CONTROL"], self.registers["STATUS"]
        self._control(control.mask("CRC_START"))
        self._functions.chip_wait(self._chip, len(image) + _CRC_MARGIN)
        found = int.from_bytes(self.read_register("CRC"), "little")
        state = int.from_bytes(self.read_register("STATUS"), "little")
        if state != status.mask("CRC_DONE") or found != crc32(image):
            raise CheckFailed(
                f"the chip says CRC {found:#010x} with status {state:#04x}, "
                f"the image has {crc32(image):#010x}"
            )
        kept = self.read_register("KEEP")  # the CRC is over the image alone
        if kept != keep:
            raise CheckFailed(f"the chip has keep mask {kept.hex()}, it was given {keep.hex()}")
        self._control(control.mask("ENABLE"))

    def _control(self, value: int) -> None:
        self.write(self.registers["CONTROL"].address, bytes([value]))

    # -- data ------------------------------------------------------------------------------------

    def stream(self, calq: Charges) -> ChipOutput:
        """Latents and sums of charges that are checked, one event every bunch crossing.

        Raises:
            CheckFailed: a result came early, late or not at all, or an upset was reported.
        """
        charges = np.ascontiguousarray(calq, dtype=np.int32)
        latents = np.zeros((len(charges), self.network.latents), dtype=np.uint16)
        sums = np.zeros(len(charges), dtype=np.uint16)
        faults = self._functions.chip_stream(
            self._chip, charges.ctypes.data, len(charges), latents.ctypes.data, sums.ctypes.data
        )
        if faults:
            clocks = len(charges) + self.latency_bx
            raise CheckFailed(
                f"verilated: in {faults} of {clocks} clocks valid_o was not as it must be, or "
                "tmr_error_o was high"
            )
        return ChipOutput(latents, sums)


def _functions(library: Path) -> Any:
    functions = ctypes.CDLL(str(library))
    pointer, integer, count = ctypes.c_void_p, ctypes.c_int, ctypes.c_long
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "chip_new": (pointer, []),
        "chip_delete": (None, [pointer]),
        "chip_reset": (None, [pointer]),
        "chip_wait": (None, [pointer, count]),
        "chip_poke": (None, [pointer, ctypes.c_char_p, ctypes.c_char_p]),
        "chip_write": (integer, [pointer, integer, ctypes.c_char_p, integer]),
        "chip_read": (integer, [pointer, integer, pointer, integer]),
        "chip_stream": (count, [pointer, pointer, count, pointer, pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(functions, name)
        function.restype, function.argtypes = result, arguments
    return functions
