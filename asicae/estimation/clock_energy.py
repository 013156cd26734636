"""Energy of the clock inside a block: flip-flops and latches, and clock gates.

A pin behind a gate costs nothing in a clock in which the gate is closed.  Units as in ``energy``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from asicae.estimation.activity import Activity
from asicae.estimation.logic import Expression
from asicae.estimation.netlist import Flat
from asicae.estimation.tables import Table, at_all
from asicae.estimation.technology import Cell, ClockGate, PowerArc, stored

Floats = npt.NDArray[np.float64]


def pulses(flat: Flat, activity: Activity) -> Floats:
    """Share of the clocks in which the clock comes along a net, by net; 0 where it never does."""
    high = np.where(flat.phases > 0, activity.ones, 1 - activity.ones)
    return np.where(flat.phases != 0, high, 0.0)


def clocked(flat: Flat, activity: Activity) -> float:
    """Clock pins of flip-flops, latches and clock gates that the clock reaches in a mean clock."""
    runs, total = pulses(flat, activity), 0.0
    for kind in flat.cells:
        cell = flat.technology.cell(kind)
        pins = (cell.clock_gate.clock,) if cell.clock_gate is not None else clock_pins(cell)
        total += sum(float(runs[flat.column(kind, pin)].sum()) for pin in pins)
    return total


def clock_pins(cell: Cell) -> tuple[str, ...]:
    """Clock inputs of a storage cell; none for other cells."""
    return cell.storage.control.names if cell.storage is not None else ()


@dataclass(frozen=True)
class ClockPins:
    """What all clock pins share: wire (fF), transition of the clock (ns), supply (V)."""

    wire_ff: float
    slew_ns: float
    voltage: float


def storage_energy(
    cell: Cell, pins: ClockPins, runs: Floats, moves: Floats, ones: Floats
) -> Floats:
    """Clock pin of each flip-flop or latch per period: capacitance twice, and the internal energy
    of both edges in the state (data, content) that it is in.

    ``runs``: share of the clocks in which the clock reaches it; ``moves``: in which its output
    changes, at most as many; ``ones``: in which it holds a one. Where data differs from content the
    edge moves the output, and the library counts that energy at the output.
    """
    (clock,) = clock_pins(cell)
    weights = {
        (False, False): np.clip(runs * (1 - ones) - moves / 2, 0, 1),
        (True, True): np.clip(runs * ones - moves / 2, 0, 1),
        (True, False): moves / 2,
        (False, True): moves / 2,
    }
    model = cell.pins[clock]
    internal = np.zeros(len(runs))
    for state, weight in weights.items():
        known = _known(cell, *state)
        arcs = [arc for arc in model.power if not resets(cell, arc.when)]
        internal += weight * sum(_edges(arcs, known, pins.slew_ns, 0.0))
    return internal + runs * pins.voltage**2 * (model.capacitance + pins.wire_ff)


def gate_energy(
    cell: Cell, gate: ClockGate, pins: ClockPins, runs: Floats, opens: Floats, load: Floats
) -> Floats:
    """Clock pin and output of each clock gate per period, without what its output drives.

    ``runs``: share of the clocks in which the clock reaches it; ``opens``: in which it passes it
    on; ``load`` of its output.
    """
    clock, output = cell.pins[gate.clock], cell.pins[gate.output]
    shut = {gate.enable: False, gate.output: False} | ({gate.test: False} if gate.test else {})
    idle = sum(_edges(clock.power, shut, pins.slew_ns, 0.0))
    pulse = sum(_edges(output.power, {gate.enable: True}, pins.slew_ns, load))
    switched = pins.voltage**2 * (clock.capacitance + pins.wire_ff)
    return runs * switched + (runs - opens) * idle + opens * pulse


def resets(cell: Cell, when: Expression | None) -> bool:
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


def at(tables: Iterable[Table | None], slew: float, load: npt.ArrayLike) -> list[Floats]:
    """Values of the tables that there are."""
    return at_all((table for table in tables if table is not None), slew, load)


def _known(cell: Cell, data: bool, content: bool) -> dict[str, bool]:
    """Values of the data pin, where that is one, and of the outputs."""
    storage = stored(cell)
    values = {storage.data.name: data} if storage.data.operator == "name" else {}
    states = dict(zip(storage.state, (content, not content), strict=True))
    for pin in cell.outputs:
        function = cell.pins[pin].function
        if function is not None:
            values[pin] = function.holds(states)
    return values


def _edges(
    arcs: Iterable[PowerArc], known: Mapping[str, bool], slew: float, load: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Internal energy of a rise and of a fall, mean of the arcs whose condition can hold."""
    fitting = [arc for arc in arcs if _can_hold(arc.when, known)]
    both = (
        at((arc.rise for arc in fitting), slew, load),
        at((arc.fall for arc in fitting), slew, load),
    )
    rise, fall = (np.mean(found, axis=0) if found else np.zeros(np.shape(load)) for found in both)
    return rise, fall


def _can_hold(when: Expression | None, known: Mapping[str, bool]) -> bool:
    if when is None:
        return True
    free = [name for name in when.names if name not in known]
    return any(
        when.holds({**known, **dict(zip(free, bits, strict=True))})
        for bits in product((False, True), repeat=len(free))
    )
