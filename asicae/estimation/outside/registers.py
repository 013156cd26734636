"""The flip-flops that the RTL of a chip asks for: where each lies, whose copy it is, its names."""

import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asicae.chip.blocks import COPIES
from asicae.chip.design import TOP, Design
from asicae.chip.triplication import BANK_WORDS, REGISTERS, STATE, in_latches
from asicae.estimation.outside.reading import bit_name
from asicae.estimation.synthesis import source_files
from asicae.estimation.yosys import run_yosys
from asicae.foundation.errors import BadInput, CheckFailed

ERROR_PORT = "tmr_error_o"


@dataclass(frozen=True)
class Bit:
    """One bit of state.

    Attributes:
        register: place of its register in the top; of plain storage, of the flip-flop.
        index: which bit of the register.
        copies: for each copy, all names that the RTL has for its flip-flop; one if it is plain.
    """

    register: str
    index: int
    copies: tuple[frozenset[str], ...]

    @property
    def triplicated(self) -> bool:
        """Whether it is kept three times."""
        return len(self.copies) == COPIES

    @property
    def block(self) -> str:
        """The instance in the top that it lies in."""
        return self.register.partition(".")[0]


@dataclass(frozen=True)
class Registers:
    """All state of a chip.

    Attributes:
        bits: of all registers, those of a register by index.
        report: the register and bit that says a clock later that copies disagree.
        told: registers of which it says so.
        enable: the register and bit that says whether results leave the chip.
    """

    bits: tuple[Bit, ...]
    report: tuple[str, int]
    told: frozenset[str]
    enable: tuple[str, int]


def registers_of(design: Design, folder: Path) -> Registers:
    """What the RTL of an exported folder keeps.

    Raises:
        BadInput: no such folder, the RTL does not elaborate, its weights lie in latches, or
            it has two clocks.
        CheckFailed: it keeps something else than ``design`` demands.
        MissingTool: pyosys is not installed.
    """
    bank = design.configuration.bank
    if in_latches(bank):
        others = ", ".join(name for name in BANK_WORDS if not in_latches(name))
        raise BadInput(f"{folder}: bank {bank} keeps weights in latches, allowed are {others}")
    if design.phases > 1:
        raise BadInput(f"{folder}: reuse {design.phases} has two clocks, allowed is reuse 1")
    top = _elaborated(design, folder)
    found = _Elaborated(top, [b.instance for b in design.data_path if b.storage == "plain"])
    report = found.source(ERROR_PORT)
    registers = Registers(
        found.bits(),
        report,
        found.before(report),
        found.source(f"{design.ranks[0].instance}.enable_i"),
    )
    _check_demand(design, registers.bits)
    return registers


def _elaborated(design: Design, folder: Path) -> dict[str, Any]:
    """The top with all that has state dissolved into cells of one bit."""
    files = source_files(folder)
    combinational = [block.module for block in design.data_path if not block.registered]
    lines = [
        *(f'read_verilog "{file.resolve()}"' for file in files),
        f"hierarchy -check -top {TOP}",
        "proc",
        "setattr -mod -unset keep_hierarchy *",
        *(f"blackbox *{module}*" for module in sorted(set(combinational))),
        "flatten",
        "opt_clean",  # variables of functions called at an edge, which hold nothing for anybody
        "simplemap",
        "write_json registers.json",
    ]
    with tempfile.TemporaryDirectory(prefix="asicae-registers-") as work:
        run_yosys(lines, Path(work), files[-1])
        modules = json.loads((Path(work) / "registers.json").read_bytes())["modules"]
    found: dict[str, Any] = modules[TOP]
    return found


class _Elaborated:
    """Reads the JSON of the dissolved top."""

    def __init__(self, top: dict[str, Any], plain: list[str]) -> None:
        self.top, self.plain = top, plain
        cells = top["cells"].values()
        self.drivers = {
            bit: cell
            for cell in cells
            for pin in ("Q", "Y")
            for bit in cell["connections"].get(pin, ())
        }
        self.flip_flops = {
            cell["connections"]["Q"][0]
            for cell in cells
            if "Q" in cell["connections"] and not cell["type"].startswith("$_DLATCH")
        }
        self.names: dict[Any, list[str]] = defaultdict(list)
        for net, item in top["netnames"].items():
            for index, bit in enumerate(item["bits"]):
                if bit in self.flip_flops:
                    self.names[bit].append(bit_name(net, item, index))
        self.places = {bit: self._place(bit) for bit in sorted(self.flip_flops)}

    def _place(self, bit: Any) -> tuple[str, int, int | None]:
        """Register, bit of it and copy of a flip-flop; no copy of plain storage."""
        for name in self.names[bit]:
            place, index = _split(name)
            for kind in REGISTERS:
                for number, copy in enumerate(kind.copies):
                    if place.endswith(f".{copy}.{STATE}"):
                        return place.removesuffix(f".{copy}.{STATE}"), index, number
        inside = [n for n in self.names[bit] if n.partition(".")[0] in self.plain]
        return min(inside or self.names[bit]), 0, None

    def bits(self) -> tuple[Bit, ...]:
        """All of them, in the order of their places."""
        found: dict[tuple[str, int], dict[int, frozenset[str]]] = defaultdict(dict)
        for bit, (register, index, copy) in self.places.items():
            found[register, index][copy or 0] = frozenset(self.names[bit])
        return tuple(
            Bit(register, index, tuple(copies[number] for number in sorted(copies)))
            for (register, index), copies in sorted(found.items())
        )

    def source(self, net: str) -> tuple[str, int]:
        """The one register bit that a net is, behind its voters."""
        found = {self.places[bit][:2] for bit in self.behind(self.top["netnames"][net]["bits"])}
        if len(found) != 1:
            raise CheckFailed(f"{TOP}: {net} follows from {len(found)} register bits, expected 1")
        return found.pop()

    def before(self, place: tuple[str, int]) -> frozenset[str]:
        """Registers that a register bit follows from, a clock later."""
        copies = [bit for bit, found in self.places.items() if found[:2] == place]
        data = [net for bit in copies for net in self.drivers[bit]["connections"]["D"]]
        return frozenset(self.places[bit][0] for bit in self.behind(data))

    def behind(self, nets: Iterable[Any]) -> set[Any]:
        """The flip-flops that nets follow from within a clock."""
        waiting, seen = list(nets), set()
        while waiting:
            bit = waiting.pop()
            if bit not in seen:
                seen.add(bit)
                if bit in self.drivers and bit not in self.flip_flops:
                    pins = self.drivers[bit]["connections"]
                    waiting += [other for pin, nets in pins.items() if pin != "Y" for other in nets]
        return seen & self.flip_flops


def _split(name: str) -> tuple[str, int]:
    match = re.fullmatch(r"(.*)\[(\d+)\]", name)
    return (match[1], int(match[2])) if match else (name, 0)


def _check_demand(design: Design, bits: tuple[Bit, ...]) -> None:
    """As many bits, and as often, as the description wants."""
    for instance, block in design.blocks.items():
        own = [bit for bit in bits if bit.block == instance]
        if block.register_bits is not None and len(own) != block.register_bits:
            raise CheckFailed(
                f"{instance} ({block.module}): {len(own)} register bits in the RTL, the network "
                f"demands {block.register_bits}"
            )
        wrong = [bit for bit in own if bit.triplicated != (block.storage == "triplicated")]
        if wrong:
            raise CheckFailed(
                f"{wrong[0].register}: {len(wrong[0].copies)} copies in the RTL, {instance} is "
                f"{block.storage}"
            )
