"""Energy of a netlist per clock: switched capacitance, internal energy, clock pins, leakage.

Units: fF, V, ns, fJ.  Of any activity, with delays or without; pre-layout: see docs/estimation.md
for what is left out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.chip.design import PERIOD_NS
from asicae.estimation.activity import Activity
from asicae.estimation.clock_energy import (
    ClockPins,
    at,
    clock_pins,
    gate_energy,
    pulses,
    resets,
    storage_energy,
)
from asicae.estimation.netlist import GLUE, ONE, Flat
from asicae.estimation.technology import Cell, Pin, Technology, stored

Floats = npt.NDArray[np.float64]
# A wire of five gate pitches per driven pin, at the 0.2 fF/um of thin local metal: the average
# point-to-point length of placed random logic is a few pitches (Donath, IEEE TCAS 26 (1979) 272).
WIRE_PITCHES = 5.0
WIRE_FF_PER_UM = 0.2


@dataclass(frozen=True)
class Conditions:
    """What the estimate assumes: wire per driven pin (fF), input transition and clock (ns).

    ``wire_source`` says where the wire is from.
    """

    wire_ff: float
    slew_ns: float = 0.04
    period_ns: float = float(PERIOD_NS)
    wire_source: str = "given"

    @classmethod
    def of(cls, technology: Technology, wire_um_per_pin: float | None = None) -> "Conditions":
        """The declared defaults for a library; a length of wire may be given, as measured."""
        if wire_um_per_pin is None:
            length = WIRE_PITCHES * technology.gate_pitch_um
            source = f"{WIRE_PITCHES:g} gate pitches a pin, assumed"
        else:
            length, source = wire_um_per_pin, f"{wire_um_per_pin:g} um a pin, given"
        return cls(round(WIRE_FF_PER_UM * length, 4), wire_source=source)


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

    def times(self, clocks: int) -> "Energy":
        """In so many clocks."""
        parts = (self.switching, self.internal, self.clock, self.leakage)
        return Energy(*(part * clocks for part in parts))


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
    flat: Flat,
    activity: Activity,
    conditions: Conditions,
    state_ones: float | None = None,
    load: Floats | None = None,
) -> Energy:
    """Energy of a flattened block under a measured activity.

    ``state_ones`` replaces the share of ones in idle flip-flops whose content was not simulated;
    ``load`` (fF by net) those inside the block, where more listens outside. What the clock does to
    a cell on its way, such as a clock gate, counts as clock.

    Raises:
        CheckFailed: a flip-flop does not get the clock ``clk_i``.
    """
    rows = len(flat.instances) + 1
    parts = {name: np.zeros(rows) for name in ("switching", "internal", "clock", "leakage")}
    load = loads(flat, conditions.wire_ff) if load is None else load
    runs = pulses(flat, activity)
    for kind, owner in flat.owners.items():
        cell = flat.technology.cell(kind)
        data = _data_energy(flat, kind, activity, conditions, load)
        clock = _clock_energy(flat, kind, activity, conditions, load, runs, state_ones)
        _add(parts["switching"], owner, data[0])
        _add(parts["internal"], owner, data[1])
        _add(parts["clock"], owner, clock)
        _add(parts["leakage"], owner, _leakage(cell, conditions))
    return Energy(**parts)


def per_change(flat: Flat, conditions: Conditions) -> Floats:
    """Switching and internal energy (fJ) of one change of each net, without the clock.

    Of a flip-flop with two outputs the one that is open counts nothing here.
    """
    load, found = loads(flat, conditions.wire_ff), np.zeros(flat.nets)
    half_square = 0.5 * flat.technology.voltage**2
    for kind in flat.cells:
        cell = flat.technology.cell(kind)
        clocks = clock_pins(cell)
        for pin in cell.inputs:
            if pin not in clocks:
                nets = flat.column(kind, pin)
                capacitance = cell.pins[pin].capacitance + conditions.wire_ff
                each = half_square * capacitance + _hidden(cell, cell.pins[pin], conditions)
                np.add.at(found, nets[nets > ONE], each)
        for pin in cell.outputs:
            nets = flat.column(kind, pin)
            nets = nets[nets > ONE]
            found[nets] += _transition(cell.pins[pin], clocks, conditions, load[nets])
    return np.where(flat.phases == 0, found, 0.0)


def _data_energy(
    flat: Flat, kind: str, activity: Activity, conditions: Conditions, load: Floats
) -> tuple[Floats, Floats]:
    """Switching and internal energy of each cell of a type, without the clock."""
    cell = flat.technology.cell(kind)
    clocks = clock_pins(cell)
    half_square = 0.5 * flat.technology.voltage**2
    switching, internal = np.zeros(len(flat.cells[kind])), np.zeros(len(flat.cells[kind]))
    for pin in cell.inputs:
        nets = flat.column(kind, pin)
        if pin in clocks:
            continue
        toggles = np.where(flat.phases[nets] == 0, _of(activity.toggles, nets), 0.0)
        switching += half_square * (cell.pins[pin].capacitance + conditions.wire_ff) * toggles
        internal += toggles * _hidden(cell, cell.pins[pin], conditions)
    for pin in cell.outputs:
        nets = flat.column(kind, pin)
        toggles = _output_toggles(flat, kind, pin, activity)
        toggles = np.where(flat.phases[nets] == 0, toggles, 0.0)
        internal += toggles * _transition(cell.pins[pin], clocks, conditions, _of(load, nets))
    return switching, internal


def _clock_energy(
    flat: Flat,
    kind: str,
    activity: Activity,
    conditions: Conditions,
    load: Floats,
    runs: Floats,
    state_ones: float | None,
) -> Floats:
    """What the clock costs in each cell of a type; ``runs`` as in ``pulses``."""
    cell, count = flat.technology.cell(kind), len(flat.cells[kind])
    pins = ClockPins(conditions.wire_ff, conditions.slew_ns, flat.technology.voltage)
    if cell.storage is not None:
        flat.opening(kind)  # refuses cells without the clock
        (clock,) = clock_pins(cell)
        moves = _output_toggles(flat, kind, cell.outputs[0], activity)
        ones = _ones(flat, kind, activity) if state_ones is None else np.full(count, state_ones)
        return storage_energy(cell, pins, runs[flat.column(kind, clock)], moves, ones)
    if cell.clock_gate is not None:
        gate = cell.clock_gate
        entering, leaving = flat.column(kind, gate.clock), flat.column(kind, gate.output)
        return gate_energy(cell, gate, pins, runs[entering], _of(runs, leaving), _of(load, leaving))
    total = np.zeros(count)
    for pin in cell.inputs:  # a gate or an inverter on the way: two changes a pulse
        twice = 2 * _of(runs, flat.column(kind, pin))
        capacitance = cell.pins[pin].capacitance + conditions.wire_ff
        total += twice * 0.5 * flat.technology.voltage**2 * capacitance
        total += twice * _hidden(cell, cell.pins[pin], conditions)
    for pin in cell.outputs:
        nets = flat.column(kind, pin)
        transition = _transition(cell.pins[pin], (), conditions, _of(load, nets))
        total += 2 * _of(runs, nets) * transition
    return total


def _add(total: Floats, owner: npt.NDArray[np.int32], value: npt.ArrayLike) -> None:
    rows = np.where(owner == GLUE, len(total) - 1, owner)
    np.add.at(total, rows, value)


def _of(values: Floats, nets: npt.NDArray[np.int32]) -> Floats:
    """Value per net, zero where the pin is open or constant."""
    return np.where(nets > ONE, values[np.maximum(nets, 0)], 0.0)


def _leakage(cell: Cell, conditions: Conditions) -> float:
    return cell.leakage * conditions.period_ns * 1e-3  # nW x ns = 1e-3 fJ


def _transition(
    pin: Pin, clocks: tuple[str, ...], conditions: Conditions, load: npt.ArrayLike
) -> Floats:
    """Internal energy of one change of an output: mean of rise and fall, over arcs and states.

    Of a flip-flop only the arcs from its clock count: reset never fires in operation.
    """
    arcs = [arc for arc in pin.power if not clocks or arc.related in clocks]
    tables = [table for arc in arcs for table in (arc.rise, arc.fall)]
    found = at(tables, conditions.slew_ns, load)
    return np.mean(found, axis=0) if found else np.zeros(np.shape(load))


def _hidden(cell: Cell, pin: Pin, conditions: Conditions) -> float:
    """Internal energy of one change of an input that does not move the output (mean)."""
    arcs = [arc for arc in pin.power if not resets(cell, arc.when)]
    found = at((t for arc in arcs for t in (arc.rise, arc.fall)), conditions.slew_ns, 0.0)
    return float(np.mean(found)) if found else 0.0


def _output_toggles(flat: Flat, kind: str, pin: str, activity: Activity) -> Floats:
    """Changes of an output; an open output of a flip-flop moves with its other one."""
    cell = flat.technology.cell(kind)
    toggles = _of(activity.toggles, flat.column(kind, pin))
    if cell.storage is not None:
        for other in cell.outputs:
            toggles = np.maximum(toggles, _of(activity.toggles, flat.column(kind, other)))
    return toggles


def _ones(flat: Flat, kind: str, activity: Activity) -> Floats:
    """Share of ones in what storage cells of a type hold, by their outputs."""
    cell = flat.technology.cell(kind)
    ones = np.zeros(len(flat.cells[kind]))
    for pin in cell.outputs:
        function, nets = cell.pins[pin].function, flat.column(kind, pin)
        share = activity.ones[np.maximum(nets, 0)]
        direct = function is not None and function.names == (stored(cell).state[0],)
        ones = np.where(nets > ONE, share if direct else 1 - share, ones)
    return ones
