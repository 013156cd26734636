"""Chips of one mapped netlist in step, the first of them clean: transients in the others."""

import ctypes
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.blocks import charge_words
from asicae.chip.registers import RegisterMap
from asicae.estimation.lanes.cells import cells_text
from asicae.estimation.lanes.program import UNTOLD, Held, Program
from asicae.foundation.errors import CheckFailed
from asicae.simulation.builds.cpp import FAST, SHARED, compile_cpp
from asicae.simulation.engines.chip_driver import HOST
from asicae.simulation.twin.library import KINDS, TRAFFIC
from asicae.simulation.twin.twin import Region

HEADERS: Final = (
    *(Path(__file__).with_name(name) for name in ("lanes.hpp", "netlist.hpp")),
    *TRAFFIC,
    KINDS,
    HOST,
)
WORDS: Final = 4
"""Of 64 chips each, which are held side by side."""


class Part(IntEnum):
    """What a transient may spoil: kinds of state, then what leaves the chip.

    ``CONTROL``: all state but what follows; ``IMAGE``: the weights; ``SENT``: what follows from a
    byte that is read, which is the byte on its way to the host and the CRC; ``DATA``: words of an
    event; ``REPORT``: what tells of upsets, and so differs after one; ``LINES``: samples of SCL and
    SDA, and what a filter makes of them; ``RESULTS``: valid bit, latents and sum at the pins;
    ``SDA``.
    """

    CONTROL = 0
    IMAGE = 1
    SENT = 2
    DATA = 3
    REPORT = 4
    LINES = 5
    RESULTS = 6
    SDA = 7


TRANSIENT: Final = np.dtype([("net", "i4", 2), ("start", "i4"), ("length", "i4")])
"""Two nets, or one and -1; halves of a clock from its rise until they are inverted, and for how
many: what is inverted in the half before an edge is so at the edge."""
OUTCOME: Final = np.dtype(
    [
        *((name, "u1") for name in ("kind", "marked", "told", "written")),
        *((name, "u2") for name in ("spoiled", "wrong")),
        ("clocks", "u4"),
    ],
    align=True,
)
"""One transient: its ``twin.Kind``; whether copies disagreed; whether tmr_error_o told of it;
whether it was at an edge that changed the weight image; the ``Part``s that were other than in the
clean chip, by vote, a bit each; clocks with wrong results; clocks until all was as there."""


class Setting(ctypes.Structure):
    """What happens meanwhile, as ``lanes.hpp`` tells."""

    _fields_ = [
        *((name, ctypes.c_int32) for name in ("events", "spread", "aimed", "limit")),
        ("seed", ctypes.c_uint64),
    ]


class Lanes:
    """The chips of a netlist, reset; ``bits`` is all that they hold.

    Raises:
        MissingTool: no C++ compiler.
        CheckFailed: the netlist does not settle in reset, or as ``Program``.
    """

    def __init__(self, program: Program, bits: Sequence[Held], registers: RegisterMap) -> None:
        self.map = registers
        self._functions = _functions(_library(program))
        self._numbers = np.ascontiguousarray(program.numbers(bits))
        self._lanes = self._functions.lanes_new(self._numbers.ctypes.data)
        if not self._lanes:
            raise CheckFailed("the netlist does not settle in reset")

    def __del__(self) -> None:
        lanes, self._lanes = getattr(self, "_lanes", None), None
        if lanes:
            self._functions.lanes_delete(lanes)

    def put(self, bits: npt.ArrayLike, values: npt.ArrayLike) -> None:
        """Let all copies of bits, by their places in the list of all, hold values, in all chips."""
        places, held = np.asarray(bits, np.int32), np.asarray(values, np.uint8)
        self._done(
            self._functions.lanes_put(
                self._lanes, places.ctypes.data, held.ctypes.data, len(places)
            )
        )

    def read(self, name: str) -> int:
        """A register of the map, read through I2C from the clean chip.

        Raises:
            CheckFailed: an address byte was not acknowledged.
        """
        register = self.map[name]
        data = (ctypes.c_uint8 * register.size)()
        found = self._functions.lanes_read(self._lanes, register.address, data, register.size)
        if found != 4:
            raise CheckFailed(f"netlist: the address of {name} was not acknowledged")
        return int.from_bytes(bytes(data), "little")

    def write(self, name: str, value: int) -> None:
        """A register of the map, written through I2C in all chips.

        Raises:
            CheckFailed: a byte was not acknowledged.
        """
        register = self.map[name]
        data = value.to_bytes(register.size, "little")
        found = self._functions.lanes_write(self._lanes, register.address, data, len(data))
        if found != 3 + len(data):
            raise CheckFailed(f"netlist: a byte of {name} was not acknowledged")

    def inject(
        self, setting: Setting, regions: Sequence[Region], transients: npt.NDArray[Any]
    ) -> npt.NDArray[Any]:
        """TRANSIENT[n], each in a chip that is as the clean one before; returns OUTCOME[n].

        Raises:
            CheckFailed: the netlist does not settle.
        """
        found = np.zeros(len(transients), OUTCOME)
        held = np.ascontiguousarray(transients, TRANSIENT)
        rows = (Region * max(1, len(regions)))(*regions)
        places = held.ctypes.data, len(held), found.ctypes.data
        self._done(
            self._functions.lanes_inject(
                self._lanes, ctypes.byref(setting), rows, len(regions), *places
            )
        )
        return found

    def _done(self, status: int) -> None:
        if status:
            raise CheckFailed("the netlist does not settle")


def _library(program: Program) -> Path:
    files = {path.name: path.read_text(encoding="utf-8") for path in HEADERS}
    files["cells.hpp"] = cells_text(program.flat.technology, program.kinds)
    charges = charge_words()
    constants = {
        "kDevice": DEVICE_ADDRESS,
        "kCells": charges.count,
        "kChargeBits": charges.width,
        "kPhases": 1,  # of clocks beside that of the crossings control has none
        "kWords": WORDS,
        "kUntold": UNTOLD,
    }
    lines = [f"constexpr int {name} = {value};" for name, value in constants.items()]
    parts = ", ".join(f"k{part.name.title()}" for part in Part)
    lines += [f"enum Part {{ {parts}, kParts, kStates = k{Part.RESULTS.name.title()} }};"]
    files["lanes.cpp"] = "\n".join([*lines, '#include "lanes.hpp"', ""])
    return compile_cpp(
        files, "lanes.so", (*FAST, *SHARED), title="the netlist with many transients at once"
    )


def _functions(library: Path) -> Any:
    functions = ctypes.CDLL(str(library))
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "lanes_new": (pointer, [pointer]),
        "lanes_delete": (None, [pointer]),
        "lanes_put": (integer, [pointer, pointer, pointer, integer]),
        "lanes_write": (integer, [pointer, integer, pointer, integer]),
        "lanes_read": (integer, [pointer, integer, pointer, integer]),
        "lanes_inject": (
            integer,
            [pointer, pointer, pointer, integer, pointer, integer, pointer],
        ),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(functions, name)
        function.restype, function.argtypes = result, arguments
    return functions
