"""From the groups of one Liberty library to its cells, in our units."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from asicae.estimation import liberty, logic
from asicae.estimation.liberty import Group
from asicae.estimation.tables import Table, Units, read_table
from asicae.estimation.technology import Arc, Cell, ClockGate, Pin, PowerArc, Storage
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short

DELAYS = ("cell_rise", "cell_fall", "rise_transition", "fall_transition")
CONSTRAINTS = ("rise_constraint", "fall_constraint")
POWERS = ("power", "rise_power", "fall_power")
_TEMPLATES = ("lu_table_template", "power_lut_template")
KEPT = (
    *("cell", "pin", "ff", "latch", "leakage_power", "timing", "internal_power"),
    *("operating_conditions", *_TEMPLATES, *DELAYS, *CONSTRAINTS, *POWERS),
)
"""Kinds of groups that are read."""
_UNREAD = ("ff_bank", "latch_bank", "bus", "bundle")
_DIRECTIONS = ("input", "output", "inout", "internal")
# What Verilog, Yosys and ABC all take for a name.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAX_CONDITION = 12
"""Names in a condition of internal power: its states are gone through one by one."""
_SCALES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0}
_UNIT = re.compile(r"\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*([fpnum]?)(?:s|f|w|v)\s*")


class _Unusable(Exception):
    """A cell that is left out, with the reason."""


@dataclass
class Library:
    """One file: its nominal corner and its cells.

    ``unusable``: why, of each cell that is left out.
    """

    name: str
    voltage: float
    temperature: float
    process: float
    corner: str
    cells: dict[str, Cell]
    unusable: dict[str, str]


def read(text: str) -> Library:
    """A library from its text.

    Raises:
        BadInput: it is none; what is needed to understand its figures is missing or wrong.
    """
    library = liberty.parse(text, KEPT)
    model = library.text("delay_model", "table_lookup")
    if model != "table_lookup":
        raise BadInput(f"delay_model is {short(model)}, allowed is table_lookup")
    corner = _corner(library)
    voltage = _nominal(library, corner, "voltage", 0.0)
    if voltage <= 0:
        raise BadInput("nom_voltage is missing or not above 0: with it energies are counted")
    reader = _Reader(library)
    cells: dict[str, Cell] = {}
    unusable: dict[str, str] = {}
    for group in library.all("cell"):
        if group.name in cells or group.name in unusable:
            raise BadInput(f"cell {short(group.name)} is given twice")
        try:
            cells[group.name] = reader.cell(group)
        except _Unusable as reason:
            unusable[group.name] = str(reason)
        except BadInput as error:
            raise BadInput(f"cell {short(group.name)}: {error}") from None
    if not cells and not unusable:
        raise BadInput("the library has no cells")
    return Library(
        library.name,
        voltage,
        _nominal(library, corner, "temperature", 25.0),
        _nominal(library, corner, "process", 1.0),
        corner.name,
        cells,
        unusable,
    )


def _corner(library: Group) -> Group:
    """The operating conditions that hold where none are asked for."""
    given = library.all("operating_conditions")
    chosen = library.text("default_operating_conditions")
    named = [group for group in given if group.name == chosen]
    return (named or given or [Group("operating_conditions")])[0]


def _nominal(library: Group, corner: Group, name: str, default: float) -> float:
    """At which the tables were made; operating conditions may say it instead."""
    if library.values(f"nom_{name}"):
        return library.number(f"nom_{name}")
    return corner.number(name, default)


def _unit(group: Group, attribute: str, default: str = "") -> float:
    text = "".join(group.values(attribute) or (default,))
    match = _UNIT.fullmatch(text.lower())
    if match is None or not float(match[1]) > 0:
        raise BadInput(f"{attribute} is {short(text)}, allowed is a number with a unit such as 1ns")
    return float(match[1]) * _SCALES[match[2]]


class _Reader:
    """Turns the groups of one library into cells."""

    def __init__(self, library: Group) -> None:
        load = _unit(library, "capacitive_load_unit") / 1e-15
        self.units = Units(_unit(library, "time_unit", "1ns") / 1e-9, load)
        self.to_nw = _unit(library, "leakage_power_unit", "1nW") / 1e-9
        # Liberty: the unit of internal power is capacitance unit x voltage unit squared.
        self.to_fj = load * _unit(library, "voltage_unit", "1V") ** 2
        self.input_capacitance = library.number("default_input_pin_cap", least=0.0)
        self.leakage_default = library.number("default_cell_leakage_power", least=0.0)
        found = {kind: {t.name: t for t in library.all(kind)} for kind in _TEMPLATES}
        delays, powers = (found[kind] for kind in _TEMPLATES)
        self.templates: dict[str, Mapping[str, Group]] = {
            "timing": powers | delays,
            "internal_power": delays | powers,
        }

    def cell(self, group: Group) -> Cell:
        self.refuse_unread(group)
        gate = _clock_gate(group)
        pins: dict[str, Pin] = {}
        for item in group.all("pin"):
            for name in item.arguments:
                if name in pins:
                    raise BadInput(f"pin {short(name)} is given twice")
                pins[name] = self.pin(_checked_name(name), item, gate is not None)
        if gate is not None:
            pins[gate.output].function = gate.function
        storage = None if gate else _storage(group)
        area = group.number("area", least=0.0)
        cell = Cell(
            group.name,
            area,
            self.leakage(group),
            pins,
            storage,
            gate,
            not group.flag("dont_use") and gate is None,
        )
        _check_usable(cell)
        return cell

    def refuse_unread(self, group: Group) -> None:
        _checked_name(group.name)
        for kind in _UNREAD:
            if group.skipped[kind]:
                raise _Unusable(f"a {kind}")
        if group.skipped["statetable"] and not group.text("clock_gating_integrated_cell"):
            raise _Unusable("a statetable")
        if group.flag("pad_cell"):
            raise _Unusable("a pad")

    def leakage(self, group: Group) -> float:
        """Mean over the states that the library tells apart, each summed over the supplies, nW."""
        states: dict[str, dict[str, list[float]]] = {}
        for item in group.all("leakage_power"):
            supplies = states.setdefault(item.text("when"), {})
            supplies.setdefault(item.text("related_pg_pin"), []).append(item.number("value"))
        if len(states) > 1:
            states.pop("", None)  # for states that are not told apart
        default = group.number("cell_leakage_power", self.leakage_default)
        each = [sum(map(fmean, supplies.values())) for supplies in states.values()]
        mean = sum(each) / len(each) if each else default
        if mean < 0:
            raise BadInput(f"leakage_power is {mean:g} on average, allowed is 0 and more")
        return mean * self.to_nw

    def pin(self, name: str, group: Group, gates_clock: bool) -> Pin:
        if group.text("three_state"):
            raise _Unusable("a three-state output")
        direction = group.text("direction", "input").lower()
        if direction not in _DIRECTIONS:
            allowed = ", ".join(_DIRECTIONS)
            raise BadInput(f"{group.title}: direction is {short(direction)}, allowed are {allowed}")
        if direction == "inout":
            raise _Unusable("a bidirectional pin")
        function = group.text("function") if not gates_clock else ""
        try:
            return Pin(
                name,
                direction,
                self.capacitance(group, direction),
                group.number("max_capacitance", least=0.0) * self.units.load_ff,
                group.flag("clock"),
                logic.parse(function) if function else None,
                [arc for item in group.all("timing") for arc in self.arcs(item)],
                list(self.powers(group.all("internal_power"))),
            )
        except BadInput as error:
            raise BadInput(f"pin {short(name)}: {error}") from None

    def capacitance(self, group: Group, direction: str) -> float:
        edges = [group.number(f"{edge}_capacitance", least=0.0) for edge in ("rise", "fall")]
        default = sum(edges) / 2 or (self.input_capacitance if direction == "input" else 0.0)
        return group.number("capacitance", default, least=0.0) * self.units.load_ff

    def tables(self, group: Group, kinds: Iterable[str], scale: float) -> dict[str, Table]:
        templates = self.templates[group.kind]
        return {
            kind: read_table(item, templates, self.units, scale)
            for kind in kinds
            for item in group.all(kind)
        }

    def arcs(self, group: Group) -> list[Arc]:
        """One for each related pin."""
        tables = self.tables(group, (*DELAYS, *CONSTRAINTS), self.units.time_ns)
        sense = group.text("timing_sense", "non_unate")
        kind = group.text("timing_type", "combinational")
        when = group.text("when")
        state = logic.parse(when) if when else None
        return [Arc(pin, sense, kind, tables, state) for pin in group.text("related_pin").split()]

    def powers(self, groups: list[Group]) -> Iterable[PowerArc]:
        """One for each related pin and condition, summed over the supplies."""
        found: dict[tuple[str, str], dict[str, list[dict[str, Table]]]] = {}
        for group in groups:
            tables = self.tables(group, POWERS, self.to_fj)
            for related in group.text("related_pin").split() or [""]:
                arcs = found.setdefault((related, group.text("when")), {})
                arcs.setdefault(group.text("related_pg_pin"), []).append(tables)
        for (related, when), supplies in found.items():
            condition = logic.parse(when) if when else None
            if condition is not None and len(condition.names) > MAX_CONDITION:
                raise BadInput(
                    f"a condition of internal_power names {len(condition.names)} pins, allowed are"
                    f" {MAX_CONDITION} at most"
                )
            for parts in zip(*_equally_many(supplies.values()), strict=True):
                rise, fall = (
                    _summed([p.get(k, p.get("power")) for p in parts]) for k in POWERS[1:]
                )
                yield PowerArc(related, condition, rise, fall)


def _equally_many(supplies: Iterable[list[dict[str, Table]]]) -> list[list[dict[str, Table]]]:
    """A supply that has fewer groups than another one adds nothing to the others."""
    lists = list(supplies)
    most = max(len(parts) for parts in lists)
    return [[*parts, *({} for _ in range(most - len(parts)))] for parts in lists]


def _summed(tables: Iterable[Table | None]) -> Table | None:
    given = [table for table in tables if table is not None]
    if len(given) < 2:
        return given[0] if given else None
    first = given[0]
    values = [table.at(first.slew[:, None], first.load) for table in given]
    return Table(first.slew, first.load, np.sum(values, axis=0))


def _checked_name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise _Unusable(f"the name {short(name)}")
    return name


def _storage(group: Group) -> Storage | None:
    for kind, data, control in (("ff", "next_state", "clocked_on"), ("latch", "data_in", "enable")):
        for item in group.all(kind):
            if len(item.arguments) != 2:
                raise _Unusable(f"a {kind} with {len(item.arguments)} states")
            for needed in (data, control):
                if not item.text(needed):
                    raise _Unusable(f"a {kind} without {needed}")
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


def _clock_gate(group: Group) -> ClockGate | None:
    kind = group.text("clock_gating_integrated_cell")
    if not kind:
        return None
    found: dict[str, str] = {}
    for part in ("clock", "enable", "out", "test"):
        for pin in group.all("pin"):
            if pin.flag(f"clock_gate_{part}_pin"):
                found.setdefault(part, pin.name)
    for part in ("clock", "enable", "out"):
        if part not in found:
            raise _Unusable(f"a clock gate without clock_gate_{part}_pin")
    return ClockGate(kind, found["clock"], found["enable"], found["out"], found.get("test"))


def _check_usable(cell: Cell) -> None:
    """Make sure that every output can be computed, weighed and timed."""
    states = cell.storage.state if cell.storage else ()
    outputs = [pin for pin in cell.pins.values() if pin.direction == "output"]
    known = {*cell.inputs, *states}
    for pin in outputs:
        if pin.function is None and cell.clock_gate is None:
            raise _Unusable(f"no function at {pin.name}")
        strange = set(pin.function.names if pin.function else ()) - known
        if strange:
            raise _Unusable(f"a function of {min(strange)}, which is no input")
    if cell.storage is not None:
        held = cell.storage
        for expression in (held.data, held.control, held.clear, held.preset):
            strange = set(expression.names if expression else ()) - known
            if strange:
                raise _Unusable(f"a state that depends on {min(strange)}, which is no input")
    if outputs and not cell.area:
        raise _Unusable("no area")
    for pin in outputs:
        depends = pin.function is None or bool(pin.function.names)
        if depends and not any(set(DELAYS[:2]) & set(arc.tables) for arc in pin.arcs):
            raise _Unusable(f"no delay table at {pin.name}")
