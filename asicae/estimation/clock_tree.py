"""The tree that carries the clock to its pins: an estimate of its buffers and its wire.

Buffers: of the type and fan-out of the ideal trees of ``timing``, level upon level until one is
left.  Wire: that of an H-tree over a square, which is the cells at 70 % utilisation.  An H in a
square of side L reaches four points with 3/2 L of wire, each of the four in the next of L/2 as
much: 3/2 L (1 + 2 + 4 + ...), which for n sinks is 3/2 L (sqrt(n) - 1), here 3/2 sqrt(n area).
"""

from dataclasses import dataclass

import numpy as np

from asicae.estimation.clock_energy import at
from asicae.estimation.energy import WIRE_FF_PER_UM, Conditions
from asicae.estimation.technology import Technology
from asicae.estimation.timing import TREE_FANOUT, buffer_tree

UTILISATION = 0.7
WIRE_FACTOR = 1.5


@dataclass(frozen=True)
class ClockTree:
    """Pins that the clock reaches in a clock, buffers above them, wire (um), energy (fJ a clock).

    The energy is without the pins and what wire they are given elsewhere.
    """

    sinks: float
    buffers: float
    wire_um: float
    energy_fj: float


def clock_tree(
    technology: Technology, conditions: Conditions, sinks: float, area_um2: float
) -> ClockTree:
    """The tree of ``sinks`` clock pins on a chip of so much cell area.

    Raises:
        BadInput: the library has no buffer.
    """
    tree = buffer_tree(technology, conditions)
    cell = technology.cell(tree.cell)
    buffers, level = 0.0, sinks / TREE_FANOUT
    while level >= 1:
        buffers, level = buffers + level, level / TREE_FANOUT
    wire = WIRE_FACTOR * float(np.sqrt(sinks * area_um2 / UTILISATION))
    # Every pin, of a sink or of a buffer, has a wire of its own already.
    rest = max(wire * WIRE_FF_PER_UM - sinks * conditions.wire_ff, 0.0)
    pin = cell.pins[cell.inputs[0]].capacitance
    power = cell.pins[cell.outputs[0]].power
    edges = [
        float(np.mean(at(tables, conditions.slew_ns, tree.stage_load_ff)))
        for tables in ([arc.rise for arc in power], [arc.fall for arc in power])
        if any(table is not None for table in tables)
    ]
    switched = technology.voltage**2 * (rest + buffers * pin)
    return ClockTree(sinks, buffers, wire, switched + buffers * sum(edges))


def clock_trees(
    technology: Technology,
    conditions: Conditions,
    sinks: tuple[float, float],
    phases: int,
    area_um2: float,
) -> ClockTree:
    """The trees of the chip's clock and of one with ``phases`` clocks in each of its, together.

    ``sinks``: pins of both.

    Raises:
        BadInput: the library has no buffer.
    """
    own, fast = (clock_tree(technology, conditions, pins, area_um2) for pins in sinks)
    if not sinks[1]:
        return own
    return ClockTree(
        own.sinks + fast.sinks * phases,
        own.buffers + fast.buffers,
        own.wire_um + fast.wire_um,
        own.energy_fj + fast.energy_fj * phases,
    )
