"""A chip beside its twin: the same pins, upsets in one of them, and what became of each."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.chip.design import Design
from asicae.chip.image import keep_bytes, pack
from asicae.chip.registers import register_map
from asicae.chip.triplication import BANKS
from asicae.foundation.errors import CheckFailed
from asicae.network.encoder import Encoder
from asicae.simulation.engines.engine import Charges
from asicae.simulation.twin.library import Register

_WORD = 4


class Kind(IntEnum):
    """What became of an upset.

    ``CORRECTED``: no vote and nothing that leaves the chip ever differed; ``RECOVERED``: something
    did, and both are equal again; the others differ for good: ``SILENT`` with tmr_error_o low,
    ``STANDING`` with tmr_error_o high, ``HUNG`` without results or an answer on the bus.
    """

    CORRECTED = 0
    RECOVERED = 1
    SILENT = 2
    STANDING = 3
    HUNG = 4


OUTCOME: Final = np.dtype(
    [("kind", "u1"), ("told", "u1"), ("written", "u1"), ("events", "u2"), ("clocks", "u4")],
    align=True,
)
"""One upset: its ``Kind``; whether tmr_error_o was high in as many clocks as copies that report it
disagreed; whether the weight image changed at the edge after it; results that were wrong; clocks
until both chips were equal again."""
SITE: Final = np.dtype([("vector", "u4"), ("bit", "u4")])
"""A flip-flop: the place of its variable in the list of all, and its bit there."""


class Region(ctypes.Structure):
    """``size`` bytes from ``address`` on that the host may read, and write where ``writes``.

    What it writes is drawn, and-ed with ``keep``, or-ed with ``set``.
    """

    _fields_ = [(name, ctypes.c_int32) for name in ("address", "size", "writes", "keep", "set")]


class Scene(ctypes.Structure):
    """What happens meanwhile, as ``twin.hpp`` tells."""

    _fields_ = [
        *((n, ctypes.c_int32) for n in ("events", "spread", "aimed", "limit", "examined")),
        ("seed", ctypes.c_uint64),
    ]


class _Register(ctypes.Structure):
    _fields_ = [(n, ctypes.c_int32) for n in ("first", "copies", "block", "told", "report")]


class _Total(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("counted", "sources", "stray")]


@dataclass(frozen=True)
class Total:
    """Of all upsets since the last question.

    Attributes:
        counted: clocks in which a block that is counted had copies that disagreed.
        sources: blocks that had any.
        stray: clocks in which tmr_error_o was high for no reason.
    """

    counted: int
    sources: frozenset[str]
    stray: int


class Twin:
    """Two chips of ``design`` in a library of ``twin_library`` with the same ``registers``.

    ``counted``: blocks whose upsets are counted by TMR_ERRORS.
    """

    def __init__(
        self, design: Design, library: Path, registers: Sequence[Register], counted: Sequence[str]
    ) -> None:
        self.network, self.registers = design.network, tuple(registers)
        self.map = register_map(design.network, design.configuration.weight_sets)
        self.blocks = tuple(dict.fromkeys(register.block for register in registers))
        self._functions = _functions(library)
        rows, reports = self._rows()
        mask = sum(1 << self.blocks.index(block) for block in counted)
        bank = self.blocks.index(BANKS[0])
        self._twin = self._functions.twin_new(rows, len(rows), reports, mask, bank)

    def __del__(self) -> None:
        twin, self._twin = getattr(self, "_twin", None), None
        if twin is not None:
            self._functions.twin_delete(twin)

    def _rows(self) -> tuple[Any, bytes]:
        rows, reports, first = [], b"", 0
        for one in self.registers:
            offset = len(reports) if one.report else -1
            if one.report:
                # As many bytes as Verilator's variable may have.
                number = sum(1 << bit for bit in one.report)
                reports += number.to_bytes(-(-one.width // 32) * _WORD + _WORD, "little")
            block = self.blocks.index(one.block)
            rows.append(_Register(first, len(one.copies), block, one.told, offset))
            first += len(one.copies)
        return (_Register * len(rows))(*rows), reports

    def sites(self, register: Register) -> npt.NDArray[Any]:
        """The flip-flops of one of ``registers``: SITE[copies, width]."""
        place = self.registers.index(register)
        first = sum(len(one.copies) for one in self.registers[:place])
        found = np.empty((len(register.copies), register.width), SITE)
        found["vector"] = first + np.arange(len(register.copies))[:, None]
        found["bit"] = np.arange(register.width)
        return found

    # -- both chips ------------------------------------------------------------------------------

    def load(self, encoder: Encoder) -> None:
        """Reset both, put weights and keep mask into them past I2C, set ENABLE through it.

        Raises:
            CheckFailed: a byte was not acknowledged.
        """
        image, keep = pack(encoder), keep_bytes(encoder)
        self._functions.twin_reset(self._twin)
        self._functions.twin_poke(self._twin, image + bytes(-len(image) % _WORD), keep)
        control = self.map["CONTROL"]
        data = bytes([control.mask("ENABLE")])
        if self._functions.twin_write(self._twin, control.address, data, 1) != 4:
            raise CheckFailed("twin: CONTROL was not acknowledged")

    def charges(self, calq: Charges) -> None:
        """The events that stream, again and again: CALQ (events, 48), checked."""
        data = np.ascontiguousarray(calq, np.int32)
        self._functions.twin_charges(self._twin, data.ctypes.data, len(data))

    def read(self, name: str, clean: bool = False) -> int:
        """A register of the map, read through I2C from the chip with the upsets or from its twin.

        Raises:
            CheckFailed: an address byte was not acknowledged.
        """
        register = self.map[name]
        data = (ctypes.c_uint8 * register.size)()
        found = self._functions.twin_read(self._twin, clean, register.address, data, register.size)
        if found != 4:
            raise CheckFailed(f"twin: the address of {name} was not acknowledged")
        return int.from_bytes(bytes(data), "little")

    def turn(self, sites: npt.NDArray[Any]) -> None:
        """Turn flip-flops over at once, SITE[...], and look at nothing."""
        held = np.ascontiguousarray(sites).ravel()
        self._functions.twin_turn(self._twin, held.ctypes.data, len(held))

    def sync(self) -> None:
        """Let the chip with the upsets hold what its twin does."""
        self._functions.twin_sync(self._twin)

    def inject(
        self, scene: Scene, regions: Sequence[Region], sites: npt.NDArray[Any]
    ) -> npt.NDArray[Any]:
        """Upset flip-flops, SITE[upsets, flip-flops hit at once]; returns OUTCOME[upsets]."""
        found = np.zeros(len(sites), OUTCOME)
        held = np.ascontiguousarray(sites)
        rows = (Region * max(1, len(regions)))(*regions)
        count, flips = sites.shape
        address = self.map["IDENTITY"].address
        places = held.ctypes.data, flips, count, address, found.ctypes.data
        self._functions.twin_inject(self._twin, ctypes.byref(scene), rows, len(regions), *places)
        return found

    def total(self) -> Total:
        """What there was to report since the last call."""
        total = _Total()
        self._functions.twin_total(self._twin, ctypes.byref(total))
        named = frozenset(b for index, b in enumerate(self.blocks) if total.sources >> index & 1)
        return Total(total.counted, named, total.stray)


def _functions(library: Path) -> Any:
    functions = ctypes.CDLL(str(library))
    pointer, integer, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "twin_new": (pointer, [pointer, integer, text, ctypes.c_uint32, integer]),
        "twin_delete": (None, [pointer]),
        "twin_reset": (None, [pointer]),
        "twin_turn": (None, [pointer, pointer, integer]),
        "twin_sync": (None, [pointer]),
        "twin_poke": (None, [pointer, text, text]),
        "twin_charges": (None, [pointer, pointer, integer]),
        "twin_write": (integer, [pointer, integer, text, integer]),
        "twin_read": (integer, [pointer, integer, integer, pointer, integer]),
        "twin_inject": (
            None,
            [pointer, pointer, pointer, integer, pointer, integer, integer, integer, pointer],
        ),
        "twin_total": (None, [pointer, pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(functions, name)
        function.restype, function.argtypes = result, arguments
    return functions
