"""Which flip-flop of a mapped netlist of the kit's own is which copy of which bit, and where all
cells lie: by the modules that synthesis keeps, since nets have no names there any more.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from asicae.chip.triplication import REGISTERS, VOTER_MODULE
from asicae.estimation.mapping import base_name
from asicae.estimation.synthesis import Synthesis
from asicae.estimation.technology import Cell, Technology
from asicae.foundation.errors import CheckFailed

Copy = tuple[str, int, bool]
"""A flip-flop: its cell, its row among those of the kind (in ``Flat.cells``, or in one module where
that is said), and whether it holds the inverse."""
PORT: Final = "q_o"
"""Of a module that holds one copy alone."""
VOTES: Final = ("a_i", "b_i", "c_i")
"""Ports of a voter, copy by copy."""


@dataclass(frozen=True)
class Bit:
    """A bit that is kept three times: register by its place in the top, index there, its copies."""

    register: str
    index: int
    copies: tuple[Copy, ...]

    @property
    def block(self) -> str:
        """The instance in the top that it lies in."""
        return self.register.partition(".")[0]


@dataclass
class Cells:
    """What a walk through the modules finds.

    Attributes:
        bits: all that are kept three times.
        places: by cell, the place in the top of the instance that each row lies in directly; the
            top's own is empty.
    """

    bits: list[Bit] = field(default_factory=list)
    places: dict[str, list[str]] = field(default_factory=dict)


def cells_of(
    synthesis: Synthesis, technology: Technology, chosen: Collection[str] | None = None
) -> Cells:
    """Of the blocks ``chosen`` of the top, by default of all, rows as ``Flattener.flatten`` has.

    Raises:
        CheckFailed: copies of a bit share a flip-flop, or a copy has none.
    """
    walk = _Walk(synthesis.modules, technology, chosen)
    walk.visit(synthesis.top, "")
    return walk.found


class _Walk:
    """Visits modules in the order in which ``Flattener`` pours them together."""

    def __init__(
        self, modules: Mapping[str, Any], technology: Technology, chosen: Collection[str] | None
    ) -> None:
        self.modules, self.technology, self.chosen = modules, technology, chosen
        self.found = Cells()
        self._rows: Counter[str] = Counter()
        self._own: dict[str, Counter[str]] = {}
        self._states: dict[str, list[list[Copy]]] = {}

    def visit(self, module: str, path: str) -> Counter[str]:
        """Take all below; returns the first rows of the module's own cells."""
        first = Counter(self._rows)
        for kind, count in self._counts(module).items():
            self._rows[kind] += count
            self.found.places.setdefault(kind, []).extend([path.rstrip(".")] * count)
        copies: dict[str, tuple[str, Counter[str]]] = {}
        for instance, cell in self.modules[module]["cells"].items():
            kind = cell["type"]
            left_out = not path and self.chosen is not None and instance not in self.chosen
            if kind in self.modules and not left_out:
                copies[instance] = kind, self.visit(kind, f"{path}{instance}.")
        self._take(module, path.rstrip("."), first, copies)
        return first

    def _take(
        self,
        module: str,
        path: str,
        first: Counter[str],
        children: Mapping[str, tuple[str, Counter[str]]],
    ) -> None:
        """The bits of a register, where the module is one."""
        for register in REGISTERS:
            if base_name(module) != register.module:
                continue
            if register.holder == register.module:
                self._add(path, [_rows(part, first) for part in self._voted(module)])
                continue
            missing = set(register.copies) - set(children)
            if missing:
                raise CheckFailed(f"netlist: {path} has no {min(missing)}")
            self._add(path, [self._placed(*children[name]) for name in register.copies])

    def _placed(self, module: str, first: Counter[str]) -> list[Copy]:
        """The flip-flops of a module that holds one copy."""
        if module not in self._states:
            self._states[module] = [
                self._behind(module, self.modules[module]["ports"][PORT]["bits"])
            ]
        return _rows(self._states[module][0], first)

    def _voted(self, module: str) -> list[list[Copy]]:
        """Those of a module that holds all copies: what its voter sees."""
        if module not in self._states:
            cells = self.modules[module]["cells"].values()
            voter = next(cell for cell in cells if base_name(cell["type"]) == VOTER_MODULE)
            self._states[module] = [
                self._behind(module, voter["connections"][port]) for port in VOTES
            ]
        return self._states[module]

    def _add(self, register: str, copies: list[list[Copy]]) -> None:
        for index, bit in enumerate(zip(*copies, strict=True)):
            if len({(kind, row) for kind, row, _ in bit}) != len(bit):
                raise CheckFailed(f"netlist: copies of {register}[{index}] share a flip-flop")
            self.found.bits.append(Bit(register, index, bit))

    def _counts(self, module: str) -> Counter[str]:
        if module not in self._own:
            kinds = (cell["type"] for cell in self.modules[module]["cells"].values())
            self._own[module] = Counter(kind for kind in kinds if kind not in self.modules)
        return self._own[module]

    def _behind(self, module: str, nets: list[Any]) -> list[Copy]:
        """The flip-flop of a module that each net shows, itself or through one inverter."""
        drivers = dict(self._drivers(module))
        found = []
        for index, net in enumerate(nets):
            turned = False
            local = drivers.get(net)
            if local is not None and self.technology.cell(local[0]).computes(True, False):
                turned, source = True, self._input(module, local)
                local = drivers.get(source)
            if local is None or self.technology.cell(local[0]).storage is None:
                raise CheckFailed(f"netlist: {module}: no flip-flop for bit {index}")
            found.append((local[0], local[1], local[2] != turned))
        return found

    def _drivers(self, module: str) -> Iterator[tuple[Any, Copy]]:
        """By net the cell that drives it, its row, and whether it shows the inverse of a state."""
        rows: Counter[str] = Counter()
        for cell in self.modules[module]["cells"].values():
            kind = cell["type"]
            if kind in self.modules:
                continue
            model = self.technology.cell(kind)
            for pin in model.outputs:
                for net in cell["connections"].get(pin, ()):
                    yield net, (kind, rows[kind], _inverted(model, pin))
            rows[kind] += 1

    def _input(self, module: str, local: Copy) -> Any:
        kind, row, _ = local
        cells = [c for c in self.modules[module]["cells"].values() if c["type"] == kind]
        (pin,) = self.technology.cell(kind).inputs
        (net,) = cells[row]["connections"][pin]
        return net


def _rows(local: list[Copy], first: Counter[str]) -> list[Copy]:
    return [(kind, first[kind] + row, inverted) for kind, row, inverted in local]


def _inverted(model: Cell, pin: str) -> bool:
    function, storage = model.pins[pin].function, model.storage
    if storage is None or function is None:
        return False
    state, inverse = storage.state
    return function.text in (inverse, f"!{state}")
