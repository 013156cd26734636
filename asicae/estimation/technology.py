"""A standard-cell library as the estimation needs it: area, leakage, functions, delays, energies.

Units throughout the room: um2, nW, fF, ns, fJ, V.  Libraries are read where the user's machine has
them (:mod:`asicae.estimation.libraries`); neither a library nor anything derived from it is part of
this repository.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from asicae.estimation import logic
from asicae.estimation.tables import Table
from asicae.foundation.errors import BadInput


@dataclass(frozen=True)
class Arc:
    """Delay of one input-output pair: ``sense`` as in Liberty; tables in ns over (slew, load).

    ``when``: the state of the other inputs that it is for; None is any that has no arc of its own.
    """

    related: str
    sense: str
    kind: str
    tables: dict[str, Table]
    when: logic.Expression | None = None


@dataclass(frozen=True)
class PowerArc:
    """Internal energy (fJ) of one transition of a pin; ``when`` and ``related`` may be absent."""

    related: str
    when: logic.Expression | None
    rise: Table | None
    fall: Table | None


@dataclass
class Pin:
    """One signal pin; capacitances in fF."""

    name: str
    direction: str
    capacitance: float
    max_capacitance: float
    clock: bool
    function: logic.Expression | None
    arcs: list[Arc] = field(default_factory=list)
    power: list[PowerArc] = field(default_factory=list)


@dataclass
class Storage:
    """Flip-flop or latch: ``state`` names (Q, not Q), data and clock or enable functions."""

    kind: str
    state: tuple[str, str]
    data: logic.Expression
    control: logic.Expression
    clear: logic.Expression | None
    preset: logic.Expression | None


@dataclass(frozen=True)
class ClockGate:
    """Integrated clock gate: ``kind`` as in Liberty (``latch_posedge_precontrol``), pins by name.

    ``test`` is None where the cell has no such pin.
    """

    kind: str
    clock: str
    enable: str
    output: str
    test: str | None

    @property
    def function(self) -> logic.Expression | None:
        """Output by clock and enable, the latch being open; None for kinds that are not used."""
        if not self.kind.startswith("latch_posedge"):
            return None
        opens = f"({self.enable} | {self.test})" if self.test else self.enable
        return logic.parse(f"{self.clock} & {opens}")


@dataclass
class Cell:
    """One library cell; area in um2, leakage (mean over its states) in nW.

    ``mapped``: whether a synthesiser may choose it. A clock gate has no ``storage``: its latch is
    open when the enable counts.
    """

    name: str
    area: float
    leakage: float
    pins: dict[str, Pin]
    storage: Storage | None
    clock_gate: ClockGate | None = None
    mapped: bool = True

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names of the input pins."""
        return tuple(name for name, pin in self.pins.items() if pin.direction == "input")

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Names of the output pins that have a function."""
        return tuple(
            name for name, pin in self.pins.items() if pin.direction == "output" and pin.function
        )

    def computes(self, *truth: bool) -> bool:
        """Whether it has one output, no state, and this truth table over its inputs."""
        if self.storage is not None or self.clock_gate is not None or len(self.outputs) != 1:
            return False
        function = self.pins[self.outputs[0]].function
        fits = function is not None and 2 ** len(self.inputs) == len(truth)
        return fits and function is not None and function.truth(self.inputs) == truth


@dataclass
class Technology:
    """A library, its corner and its cells.

    Attributes:
        name: as the library calls itself; of several files, what their names begin with.
        key: short name in the keys of metrics.
        node_nm: feature size, where the library is known.
        paths: its files.
        sha256: of what they hold.
        voltage: nominal, V.
        temperature: nominal, degrees Celsius.
        process: nominal, 1 is typical.
        corner: name of the operating conditions.
        cells: by name.
        unusable: why, of each cell that is left out.
    """

    name: str
    key: str
    node_nm: int | None
    paths: tuple[Path, ...]
    sha256: str
    voltage: float
    temperature: float
    process: float
    corner: str
    cells: dict[str, Cell]
    unusable: Mapping[str, str]

    @property
    def path(self) -> str:
        """Its files, for messages."""
        return ", ".join(map(str, self.paths))

    def cell(self, name: str) -> Cell:
        """Cell by name.

        Raises:
            BadInput: the library has no such cell, or one that cannot be used.
        """
        if name in self.unusable:
            raise BadInput(
                f"{self.path}: cell {name!r}, which the netlist uses, has {self.unusable[name]}"
            )
        if name not in self.cells:
            raise BadInput(f"{self.path}: no cell {name!r}, which the netlist uses")
        return self.cells[name]

    @cached_property
    def nand2_area(self) -> float:
        """Area of the smallest two-input NAND, um2: what areas are told in gates by.

        Raises:
            BadInput: there is none.
        """
        nands = [c.area for c in self.cells.values() if c.computes(True, True, True, False)]
        if not nands:
            raise BadInput(f"{self.path}: no two-input NAND, by which wires are sized")
        return min(nands)

    @cached_property
    def gate_pitch_um(self) -> float:
        """Side of the square that a two-input NAND takes at 70 % utilisation."""
        return float((self.nand2_area / 0.7) ** 0.5)


def stored(cell: Cell) -> Storage:
    """The storage of a cell that has one.

    Raises:
        BadInput: the cell is combinational.
    """
    if cell.storage is None:
        raise BadInput(f"{cell.name}: a flip-flop is needed here, the cell has no state")
    return cell.storage
