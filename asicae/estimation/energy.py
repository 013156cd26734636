"""Energy of a netlist per clock: switched capacitance, internal energy, clock pins, leakage.

Units: fF, V, ns, fJ.  Zero-delay activity, pre-layout: see docs/estimation.md for what is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import CLOCK
from asicae.chip.design import PERIOD_NS
from asicae.estimation.activity import Activity
from asicae.estimation.logic import Expression
from asicae.estimation.netlist import GLUE, ONE, Flat
from asicae.estimation.tables import Table
from asicae.estimation.technology import Cell, Pin, PowerArc, Technology, stored
from asicae.foundation.errors import CheckFailed

Floats = npt.NDArray[np.float64]
# A wire of five gate pitches per driven pin, at the 0.2 fF/um of thin local metal: the average
# point-to-point length of placed random logic is a few pitches (Donath, IEEE TCAS 26 (1979) 272).
WIRE_PITCHES = 5.0
WIRE_FF_PER_UM = 0.2


@dataclass(frozen=True)
class Conditions:
    """What the estimate assumes: wire per driven pin (fF), input transition and clock (ns)."""

    wire_ff: float
    slew_ns: float = 0.04
    period_ns: float = float(PERIOD_NS)

    @classmethod
    def of(cls, technology: Technology) -> "Conditions":
        """The declared defaults for a library."""
        return cls(round(WIRE_PITCHES * WIRE_FF_PER_UM * technology.gate_pitch_um, 4))


@dataclass(frozen=True)
class Energy:
    """fJ per clock, one row per direct child of the block and a last row for its own cells.

    ``switching``: nets that cells of the row listen to; ``internal``: inside its cells;
    ``clock``: clock pins of its flip-flops, capacitance and internal; ``leakage``: one period.
    """

    switching: Floats
    internal: Floats
    clock: Floats
    leakage: Floats

    @property
    def total(self) -> Floats:
        """Sum of the four parts, by row."""
        return self.switching + self.internal + self.clock + self.leakage


def loads(flat: Flat, wire_ff: float) -> Floats:
    """Capacitance (fF) that the driver of each net sees inside the module."""
    load = np.zeros(flat.nets)
    for kind in flat.cells:
        cell = flat.technology.cell(kind)
        for pin in cell.inputs:
            nets = flat.column(kind, pin)
            np.add.at(load, nets[nets >= 0], cell.pins[pin].capacitance + wire_ff)
    return load


def energy(
    flat: Flat, activity: Activity, conditions: Conditions, state_ones: float | None = None
) -> Energy:
    """Energy of a flattened block under a measured activity.

    ``state_ones`` replaces the share of ones in idle flip-flops whose content was not simulated.

    Raises:
        CheckFailed: a flip-flop is not clocked by ``clk_i`` directly.
    """
    rows = len(flat.instances) + 1
    parts = {name: np.zeros(rows) for name in ("switching", "internal", "clock", "leakage")}
    load = loads(flat, conditions.wire_ff)
    half_square = 0.5 * flat.technology.voltage**2
    for kind, owner in flat.owners.items():
        cell = flat.technology.cell(kind)
        clocks = clock_pins(cell)
        switching = np.zeros(len(owner))
        internal = np.zeros(len(owner))
        for pin in cell.inputs:
            if pin in clocks:
                continue
            toggles = _of(activity.toggles, flat.column(kind, pin))
            switching += half_square * (cell.pins[pin].capacitance + conditions.wire_ff) * toggles
            internal += toggles * _hidden(cell, cell.pins[pin], conditions)
        for pin in cell.outputs:
            nets = flat.column(kind, pin)
            toggles = _output_toggles(flat, kind, pin, activity)
            internal += toggles * _transition(cell.pins[pin], clocks, conditions, _of(load, nets))
        _add(parts["switching"], owner, switching)
        _add(parts["internal"], owner, internal)
        _add(parts["leakage"], owner, _leakage(cell, conditions))
        if clocks:
            _check_clock(flat, kind, clocks)
            clock = _clock(flat, kind, clocks[0], activity, conditions, state_ones)
            _add(parts["clock"], owner, clock)
    return Energy(**parts)


def clock_pins(cell: Cell) -> tuple[str, ...]:
    """Clock inputs of a storage cell; none for other cells."""
    return cell.storage.control.names if cell.storage is not None else ()


def _add(total: Floats, owner: npt.NDArray[np.int32], value: npt.ArrayLike) -> None:
    rows = np.where(owner == GLUE, len(total) - 1, owner)
    np.add.at(total, rows, value)


def _of(values: Floats, nets: npt.NDArray[np.int32]) -> Floats:
    """Value per net, zero where the pin is open or constant."""
    return np.where(nets > ONE, values[np.maximum(nets, 0)], 0.0)


def _leakage(cell: Cell, conditions: Conditions) -> float:
    return cell.leakage * conditions.period_ns * 1e-3  # nW x ns = 1e-3 fJ


def _check_clock(flat: Flat, kind: str, clocks: tuple[str, ...]) -> None:
    port = flat.ports.get(CLOCK)
    for pin in clocks:
        if port is None or (flat.column(kind, pin) != port[0]).any():
            raise CheckFailed(f"{kind} cells have a clock other than {CLOCK}: gated clock?")


def _at(tables: Iterable[Table | None], slew: float, load: npt.ArrayLike) -> list[Floats]:
    return [table.at(slew, load) for table in tables if table is not None]


def _transition(
    pin: Pin, clocks: tuple[str, ...], conditions: Conditions, load: npt.ArrayLike
) -> Floats:
    """Internal energy of one change of an output: mean of rise and fall, over arcs and states.

    Of a flip-flop only the arcs from its clock count: reset never fires in operation.
    """
    arcs = [arc for arc in pin.power if not clocks or arc.related in clocks]
    tables = [table for arc in arcs for table in (arc.rise, arc.fall)]
    found = _at(tables, conditions.slew_ns, load)
    return np.mean(found, axis=0) if found else np.zeros(np.shape(load))


def _hidden(cell: Cell, pin: Pin, conditions: Conditions) -> float:
    """Internal energy of one change of an input that does not move the output (mean)."""
    arcs = [arc for arc in pin.power if not _resets(cell, arc.when)]
    found = _at((t for arc in arcs for t in (arc.rise, arc.fall)), conditions.slew_ns, 0.0)
    return float(np.mean(found)) if found else 0.0


def _output_toggles(flat: Flat, kind: str, pin: str, activity: Activity) -> Floats:
    """Changes of an output; an open output of a flip-flop moves with its other one."""
    cell = flat.technology.cell(kind)
    toggles = _of(activity.toggles, flat.column(kind, pin))
    if cell.storage is not None:
        for other in cell.outputs:
            toggles = np.maximum(toggles, _of(activity.toggles, flat.column(kind, other)))
    return toggles


def _resets(cell: Cell, when: Expression | None) -> bool:
    """Whether a condition needs reset or preset to be active."""
    if when is None or cell.storage is None:
        return False
    for control in (cell.storage.clear, cell.storage.preset):
        if control is None or not set(control.names) <= set(when.names):
            continue
        names = tuple(sorted({*when.names, *control.names}))
        together = [
            control.holds(state)
            for state in (
                dict(zip(names, bits, strict=True))
                for bits in product((False, True), repeat=len(names))
            )
            if when.holds(state)
        ]
        if together and all(together):
            return True
    return False


def _clock(
    flat: Flat,
    kind: str,
    clock: str,
    activity: Activity,
    conditions: Conditions,
    state_ones: float | None,
) -> Floats:
    """Clock pin of each flip-flop per period: capacitance twice, and the internal energy of both
    edges in the state (data, content) that the flip-flop is in.

    Where data differs from content the rising edge moves the output, and the library counts that
    energy at the output.
    """
    cell = flat.technology.cell(kind)
    count = len(flat.cells[kind])
    moves = _output_toggles(flat, kind, cell.outputs[0], activity)
    ones = np.zeros(count)
    for pin in cell.outputs:
        function, nets = cell.pins[pin].function, flat.column(kind, pin)
        share = activity.ones[np.maximum(nets, 0)]
        direct = function is not None and function.names == (stored(cell).state[0],)
        ones = np.where(nets > ONE, share if direct else 1 - share, ones)
    if state_ones is not None:
        ones = np.full(count, state_ones)
    weights = {
        (False, False): np.clip(1 - ones - moves / 2, 0, 1),
        (True, True): np.clip(ones - moves / 2, 0, 1),
        (True, False): moves / 2,
        (False, True): moves / 2,
    }
    pin_model = cell.pins[clock]
    internal = np.zeros(count)
    for state, weight in weights.items():
        rise, fall = _edges(cell, pin_model.power, state, conditions)
        internal += weight * (rise + fall)
    switched = flat.technology.voltage**2 * (pin_model.capacitance + conditions.wire_ff)
    return internal + switched


def _edges(
    cell: Cell, arcs: list[PowerArc], state: tuple[bool, bool], conditions: Conditions
) -> tuple[float, float]:
    """Internal energy of the rising and the falling clock edge for (data, content)."""
    fitting = [arc for arc in arcs if not _resets(cell, arc.when) and _fits(cell, arc.when, state)]
    rise = _at((arc.rise for arc in fitting), conditions.slew_ns, 0.0)
    fall = _at((arc.fall for arc in fitting), conditions.slew_ns, 0.0)
    return float(np.mean(rise)) if rise else 0.0, float(np.mean(fall)) if fall else 0.0


def _fits(cell: Cell, when: Expression | None, state: tuple[bool, bool]) -> bool:
    """Whether ``when`` can hold with these values of the data pin and of the outputs."""
    if when is None:
        return True
    storage = stored(cell)
    values: dict[str, bool] = {}
    if storage.data.operator == "name":
        values[storage.data.name] = state[0]
    content = dict(zip(storage.state, (state[1], not state[1]), strict=True))
    for pin in cell.outputs:
        function = cell.pins[pin].function
        if function is not None:
            values[pin] = function.holds(content)
    free = [name for name in when.names if name not in values]
    return any(
        when.holds({**values, **dict(zip(free, bits, strict=True))})
        for bits in product((False, True), repeat=len(free))
    )
