"""Where the clock goes in a mapped netlist: through inverters, gates and clock gates.

Of a net that carries the clock it is known whether it rises with the clock (phase +1) or falls with
it (-1).  Evaluation is by clocks, not by halves of them: a clock net has the value that it takes in
the first half, when the clock is high.  A net of phase +1 that is one, or of phase -1 that is zero,
has a pulse in this clock; where it is gated off, it has none.

A flip-flop or latch that opens with the clock takes its data at the edge that ends the event.  One
that opens when the clock falls (a flip-flop of the other edge, the latch of a clock gate) has its
data before the event ends: to it, evaluation by clocks is a wire.
"""

from collections.abc import Collection, Mapping
from itertools import product

import numpy as np
import numpy.typing as npt

from asicae.estimation.logic import Expression
from asicae.estimation.technology import Cell, Technology, stored
from asicae.foundation.errors import CheckFailed

Ints = npt.NDArray[np.int32]
Phases = npt.NDArray[np.int8]


def clock_phases(
    technology: Technology, cells: Mapping[str, Ints], clocks: Collection[int], nets: int
) -> Phases:
    """Phase of every net, 0 where it carries no clock; ``clocks`` are the nets of clock ports.

    ``cells``: by library cell, net numbers (cells, pins in the library's order), -1 where open.

    Raises:
        CheckFailed: two clocks meet in a gate, or a gate makes the clock rise and fall by turns.
    """
    phases = np.zeros(nets, np.int8)
    if not clocks:
        return phases
    phases[list(clocks)] = 1
    waiting = {kind for kind in cells if technology.cell(kind).storage is None}
    found = True
    while found:
        found = False
        for kind in sorted(waiting):
            found |= _pass_on(technology.cell(kind), cells[kind], phases)
    return phases


def _pass_on(cell: Cell, matrix: Ints, phases: Phases) -> bool:
    """Phases of the outputs of the cells that a clock enters; whether there was a new one."""
    pins = tuple(cell.pins)
    entering = {pin: _phase(phases, matrix[:, pins.index(pin)]) for pin in cell.inputs}
    clocked = sum((np.abs(phase) for phase in entering.values()), np.zeros(len(matrix), np.int8))
    if (clocked > 1).any():
        raise CheckFailed(f"two clocks meet in a cell {cell.name}")
    new = False
    for output in cell.outputs:
        nets = matrix[:, pins.index(output)]
        for pin, phase in entering.items():
            rows = np.flatnonzero((phase != 0) & (nets >= 0))
            rows = rows[phases[nets[rows]] == 0]
            if not len(rows):
                continue
            function = cell.pins[output].function
            sense = unateness(function, pin) if function is not None else 0
            if sense == 0:
                raise CheckFailed(f"the clock enters a cell {cell.name}, which is no clock gate")
            phases[nets[rows]] = sense * phase[rows]
            new = True
    return new


def _phase(phases: Phases, nets: Ints) -> Phases:
    return np.where(nets >= 0, phases[np.maximum(nets, 0)], 0).astype(np.int8)


def unateness(function: Expression, pin: str) -> int:
    """+1 where ``function`` only rises with ``pin``, -1 where it only falls, else 0."""
    others = tuple(name for name in function.names if name != pin)
    changes = set()
    for bits in product((False, True), repeat=len(others)):
        rest = dict(zip(others, bits, strict=True))
        changes.add(function.holds({**rest, pin: True}) - function.holds({**rest, pin: False}))
    moves = changes - {0}
    return moves.pop() if len(moves) == 1 else 0


def opening(cell: Cell, matrix: Ints, phases: Phases) -> Phases:
    """Of each storage cell of a type +1 where it opens with the clock, -1 with the clock's fall.

    Raises:
        CheckFailed: one does not get the clock.
    """
    control = stored(cell).control
    if len(control.names) != 1:
        raise CheckFailed(f"{cell.name}: its clock is a function of {', '.join(control.names)}")
    (pin,) = control.names
    phase = _phase(phases, matrix[:, tuple(cell.pins).index(pin)])
    if (phase == 0).any():
        raise CheckFailed(f"a cell {cell.name} has a clock that does not come from the clock port")
    return (phase * unateness(control, pin)).astype(np.int8)
