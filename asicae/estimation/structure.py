"""Area, cells and flip-flops of a mapped hierarchy, and the proof that triplication survived."""

from dataclasses import dataclass
from functools import lru_cache

from asicae.chip.triplication import COPIES, COPY_MODULE, VOTER_MODULE
from asicae.estimation.synthesis import Synthesis, base_name
from asicae.estimation.technology import Technology
from asicae.foundation.errors import CheckFailed

# In a flattened design the kept parts of a register lie beside everything else.
PARTS = (COPY_MODULE, VOTER_MODULE)


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
                stores = model.storage is not None and model.storage.kind == "ff"
                total += Size(model.area, 1, int(stores), model.leakage)
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


def check_flip_flops(structure: Structure, described: dict[str, int]) -> int:
    """Count flip-flops against the RTL and the description; return their number.

    Every bit of state lives in a ``tmr_register``, so each block must have exactly three flip-flops
    for each bit that the elaborated RTL keeps there.  ``described`` gives the bits that the network
    demands, by instance in the top module.

    Raises:
        CheckFailed: a block has more or fewer, such as when a synthesiser merged the copies.
    """
    design = structure.design
    for instance, module in {**design.children(design.top), "the chip": design.top}.items():
        if base_name(module) in PARTS:
            continue
        bits = design.registers.get(module, 0)
        found, expected = structure.size(module).flip_flops, len(COPIES) * bits
        if found != expected:
            raise CheckFailed(
                f"{instance} ({base_name(module)}): {found} flip-flops in the netlist, expected "
                f"{expected} ({len(COPIES)} copies of {bits} bits): triplication did not survive"
            )
        if bits != described.get(instance, bits):
            raise CheckFailed(
                f"{instance} ({base_name(module)}): {bits} register bits in the RTL, the network "
                f"demands {described[instance]}"
            )
    return structure.size(design.top).flip_flops
