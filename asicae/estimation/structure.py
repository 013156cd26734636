"""Area, cells and flip-flops of a mapped hierarchy, and the proof that triplication survived."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from asicae.chip.blocks import COPIES, Block
from asicae.chip.triplication import CLOCK_GATE_MODULE, REGISTERS, VOTER_MODULE
from asicae.estimation.mapping import base_name
from asicae.estimation.synthesis import Synthesis
from asicae.estimation.technology import Cell, Technology
from asicae.foundation.errors import CheckFailed

# In a flattened design the kept parts of a register lie beside everything else.
PARTS = (*(kind.holder for kind in REGISTERS), VOTER_MODULE, CLOCK_GATE_MODULE)
FLIP_FLOP, LATCH, CLOCK_GATE, PLACE = "flip-flop", "latch", "clock gate", "place of a clock gate"


@dataclass(frozen=True)
class Size:
    """Totals below one instance: um2, library cells, flip-flops, leakage in nW."""

    area: float = 0.0
    cells: int = 0
    flip_flops: int = 0
    leakage: float = 0.0

    def __add__(self, other: "Size") -> "Size":
        return Size(
            self.area + other.area,
            self.cells + other.cells,
            self.flip_flops + other.flip_flops,
            self.leakage + other.leakage,
        )


class Structure:
    """Sizes of every module of a synthesised design."""

    def __init__(self, design: Synthesis, technology: Technology) -> None:
        self.design = design
        self.technology = technology
        self.size = lru_cache(maxsize=None)(self._size)

    def own(self, module: str) -> Size:
        """Size of the library cells that lie directly in a module."""
        total = Size()
        for cell in self.design.modules[module]["cells"].values():
            if cell["type"] not in self.design.modules:
                model = self.technology.cell(cell["type"])
                flip_flops = int(storage_kind(model) == FLIP_FLOP)
                total += Size(model.area, 1, flip_flops, model.leakage)
        return total

    def _size(self, module: str) -> Size:
        total = self.own(module)
        for child in self.design.children(module).values():
            total += self.size(child)
        return total

    def instances(self) -> dict[str, int]:
        """How often each module occurs in the whole design."""
        count = {self.design.top: 1}
        # Parents before children: a module is finished when all that contain it are.
        order, seen = [], set()

        def visit(module: str) -> None:
            if module not in seen:
                seen.add(module)
                for child in set(self.design.children(module).values()):
                    visit(child)
                order.append(module)

        visit(self.design.top)
        for module in reversed(order):
            for child in self.design.children(module).values():
                count[child] = count.get(child, 0) + count[module]
        return count


class Held(NamedTuple):
    """What holds state: the module that it lies in directly, without parameters, and its kind."""

    module: str
    kind: str


COPY_PLACES: Final = frozenset(Held(kind.holder, kind.cell) for kind in REGISTERS)
LATCH_COPIES: Final = frozenset(held for held in COPY_PLACES if held.kind == LATCH)
"""Where copies of triplicated bits lie, and those of them that are latches."""


def storage_kind(cell: Cell) -> str | None:
    """What a library cell holds state as; None where it does not."""
    if cell.clock_gate is not None:
        return CLOCK_GATE
    if cell.storage is None:
        return None
    return FLIP_FLOP if cell.storage.kind == "ff" else LATCH


class _Storage:
    """What holds state below each module: how many of each kind, and the first of them."""

    def __init__(self, structure: Structure) -> None:
        self.design, self.technology = structure.design, structure.technology
        self.below = lru_cache(maxsize=None)(self._below)
        self.first: dict[Held, str] = {}

    def _below(self, module: str) -> Counter[Held]:
        found: Counter[Held] = Counter()
        if base_name(module) == CLOCK_GATE_MODULE:
            found[Held(CLOCK_GATE_MODULE, PLACE)] += 1
        for name, cell in self.design.modules[module]["cells"].items():
            if cell["type"] in self.design.modules:
                found += self.below(cell["type"])
                continue
            kind = storage_kind(self.technology.cell(cell["type"]))
            if kind is not None:
                held = Held(base_name(module), kind)
                found[held] += 1
                self.first.setdefault(held, f"{name} ({cell['type']})")
        return found


def check_storage(
    structure: Structure,
    blocks: Mapping[str, Block],
    inner: Mapping[str, Mapping[str, Block]] | None = None,
) -> int:
    """Count what holds state against the RTL and the description; return the flip-flops.

    Triplicated bits lie in the copies of registers, so each block must have exactly three
    flip-flops, or latches where a register is of latches, for each bit that the elaborated RTL
    keeps in such registers; a block of plain storage has one flip-flop for each bit of its data.
    Each clock gate is one cell of its kind, or has one latch.
    ``blocks`` are those of the chip, by instance in the top; instances that are none of them have
    triplicated registers of any size. ``inner``: by instance those that are chips and checked by
    themselves, with the blocks of each.

    Raises:
        CheckFailed: a block has more or fewer, such as when a synthesiser merged the copies, or
            something holds state where nothing is declared to.
    """
    design, storage = structure.design, _Storage(structure)
    inner = inner or {}
    every = [block for part in (blocks, *inner.values()) for block in part.values()]
    plain = {block.module for block in every if block.storage == "plain"}
    for instance, module in design.children(design.top).items():
        if base_name(module) not in PARTS and instance not in inner:
            _check_block(storage, instance, module, blocks.get(instance))
    # In a flattened design, all of it lies beside the top's own cells.
    _check_triplicated(storage, "the chip", design.top, plain)
    return structure.size(design.top).flip_flops


def _check_block(storage: _Storage, instance: str, module: str, block: Block | None) -> None:
    name, demanded = f"{instance} ({base_name(module)})", block.register_bits if block else None
    if block is not None and block.storage == "plain":
        _check_places(storage, name, module, {block.module})
        found = storage.below(module)[Held(block.module, FLIP_FLOP)]
        if found != demanded:
            raise CheckFailed(f"{name}: {found} flip-flops in the netlist, expected {demanded}")
        return
    _check_triplicated(storage, name, module, set())
    bits = storage.design.registers.get(module, 0)
    if demanded not in (None, bits):
        raise CheckFailed(
            f"{name}: {bits} register bits in the RTL, the network demands {demanded}"
        )


def _check_triplicated(storage: _Storage, name: str, module: str, plain: Collection[str]) -> None:
    bits = storage.design.registers.get(module, 0)
    counts = storage.below(module).items()
    found = sum(n for held, n in counts if _is_copy(held) and held.module not in plain)
    expected = COPIES * bits
    if found >= expected:  # fewer are told by their number, more by the one that is too many
        _check_places(storage, name, module, plain)
    if found != expected:
        kinds = {held.kind for held, _ in counts if held in LATCH_COPIES}
        cells = " and ".join(["flip-flops", *(f"{kind}es" for kind in sorted(kinds))])
        raise CheckFailed(
            f"{name}: {found} {cells} in the netlist, expected {expected} ({COPIES} copies "
            f"of {bits} bits): triplication did not survive"
        )


def _is_copy(held: Held) -> bool:
    """Whether it may be a copy of a bit: a flip-flop anywhere, a latch where it is declared."""
    return held.kind == FLIP_FLOP or held in LATCH_COPIES


def _check_places(storage: _Storage, name: str, module: str, plain: Collection[str]) -> None:
    """Nothing holds state but where it is declared to; each clock gate is one."""
    found = storage.below(module)
    gates = (Held(CLOCK_GATE_MODULE, CLOCK_GATE), Held(CLOCK_GATE_MODULE, LATCH))
    allowed = {*gates, Held(CLOCK_GATE_MODULE, PLACE)}
    allowed |= {*COPY_PLACES, *(Held(module, FLIP_FLOP) for module in plain)}
    for held in sorted(set(found) - allowed):
        raise CheckFailed(
            f"{name}: module {held.module} has a {held.kind} {storage.first[held]}, which is "
            "declared nowhere"
        )
    places, filled = found[Held(CLOCK_GATE_MODULE, PLACE)], sum(found[gate] for gate in gates)
    if places != filled:
        raise CheckFailed(f"{name}: {filled} clock gates in the netlist, expected {places}")
