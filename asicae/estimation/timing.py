"""Longest combinational delay of a netlist: static, topological, from the library's delay tables.

Pessimistic on purpose: the latest arrival and the slowest transition at a pin are combined, every
state-dependent arc counts, and segments of a path are added at their maxima.  A net too heavy for
its driver is taken to be buffered by an ideal tree whose delay is counted.  Units: ns, fF.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.chip.design import Path
from asicae.estimation.clock_energy import clock_pins
from asicae.estimation.energy import Conditions, loads
from asicae.estimation.netlist import FIRST_NET, Flat
from asicae.estimation.tables import at_all
from asicae.estimation.technology import Arc, Cell, Technology
from asicae.foundation.errors import BadInput

Floats = npt.NDArray[np.float64]
NEVER = -np.inf
EDGES = ("rise", "fall")
TREE_FANOUT = 8.0
TREE_DRIVE_FF = 240.0
COMBINATIONAL = ("combinational", "combinational_rise", "combinational_fall")


@dataclass(frozen=True)
class Delays:
    """Arrivals (ns) by net, worst of both edges; -inf where nothing that was launched arrives.

    ``setup``: latest arrival at the data pin of a flip-flop, or at the enable of a clock gate, plus
    its setup time; ``buffered``: nets that got a tree. What else was found on the way, by net:
    ``edges`` and ``slews``, arrival and transition (ns) of rise and fall; ``driven``, the load (fF)
    that the driver sees, and ``tree_ns``, the delay of the buffers between it and the listeners.
    """

    arrival: Floats
    setup: float
    buffered: int
    edges: dict[str, Floats]
    slews: dict[str, Floats]
    driven: Floats
    tree_ns: Floats

    def at(self, nets: npt.NDArray[np.int32]) -> float:
        """Latest arrival at some nets, such as the bits of a port."""
        return float(self.arrival[nets].max()) if len(nets) else NEVER


@dataclass(frozen=True)
class BufferTree:
    """The ideal tree: buffers of one type, each driving ``TREE_FANOUT`` of its own inputs."""

    cell: str
    stage_ns: float
    stage_load_ff: float

    def stages(self, load: Floats, limit: float) -> Floats:
        """Levels of buffers between a driver that may see ``limit`` fF and ``load`` fF."""
        excess = np.maximum(load / limit, 1.0)
        return np.ceil(np.log(excess) / math.log(TREE_FANOUT) - 1e-9)


def buffer_tree(technology: Technology, conditions: Conditions) -> BufferTree:
    """The tree of a library: its buffer whose allowed load is nearest 240 fF, scaled to its pins.

    Raises:
        BadInput: the library has no buffer.
    """
    cells = technology.cells.values()
    buffers = [cell for cell in cells if cell.mapped and cell.computes(False, True)]
    if not buffers:
        raise BadInput(f"{technology.path}: no buffer, with which heavy nets are driven")
    weight = min(cell.pins[cell.inputs[0]].capacitance for cell in buffers)
    target = TREE_DRIVE_FF * max(weight, 0.1)
    best = min(buffers, key=lambda c: abs(c.pins[c.outputs[0]].max_capacitance - target))
    load = TREE_FANOUT * (best.pins[best.inputs[0]].capacitance + conditions.wire_ff)
    pin, slew, delay = best.pins[best.outputs[0]], conditions.slew_ns, 0.0
    for _ in range(4):  # the transition at the input is that of the stage before
        delay = max(float(_worst(arc, f"cell_{e}", slew, load)) for arc in pin.arcs for e in EDGES)
        slew = max(
            float(_worst(arc, f"{e}_transition", slew, load)) for arc in pin.arcs for e in EDGES
        )
    return BufferTree(best.name, delay, load)


def _of(arc: Arc, names: Sequence[str], slew: npt.ArrayLike, load: npt.ArrayLike) -> list[Floats]:
    """Values of these tables of an arc; zero of one that it lacks."""
    given = [name for name in names if name in arc.tables]
    found = dict(zip(given, at_all((arc.tables[name] for name in given), slew, load), strict=True))
    return [found[name] if name in found else np.zeros(np.shape(load)) for name in names]


def _worst(arc: Arc, table: str, slew: npt.ArrayLike, load: npt.ArrayLike) -> Floats:
    return _of(arc, (table,), slew, load)[0]


class _Analysis:
    """Arrival and transition of both edges of every net."""

    def __init__(self, flat: Flat, conditions: Conditions) -> None:
        self.flat = flat
        self.conditions = conditions
        self.tree = buffer_tree(flat.technology, conditions)
        self.load = loads(flat, conditions.wire_ff)
        self.arrival = {edge: np.full(flat.nets, NEVER) for edge in EDGES}
        self.slew = {edge: np.full(flat.nets, conditions.slew_ns) for edge in EDGES}
        self.driven, self.tree_ns = self.load.copy(), np.zeros(flat.nets)
        self.buffered = 0

    def start(self, nets: npt.NDArray[np.int32]) -> None:
        """Input bits that change at time zero, through a tree where they drive much."""
        nets = nets[nets >= FIRST_NET]
        stages = self.tree.stages(self.load[nets], self.tree.stage_load_ff)
        self.buffered += int((stages > 0).sum())
        for edge in EDGES:
            self.arrival[edge][nets] = stages * self.tree.stage_ns

    def propagate(self, kind: str, rows: npt.NDArray[np.int32], output: str, clocked: bool) -> None:
        """One output pin of some cells of one type."""
        cell = self.flat.technology.cell(kind)
        nets = self.flat.column(kind, output)[rows]
        rows, nets = rows[nets >= FIRST_NET], nets[nets >= FIRST_NET]
        if not len(rows):
            return
        limit = cell.pins[output].max_capacitance or self.tree.stage_load_ff
        stages = self.tree.stages(self.load[nets], limit)
        load = self.load[nets] / TREE_FANOUT**stages
        arrival = {edge: np.full(len(rows), NEVER) for edge in EDGES}
        slew = {edge: np.zeros(len(rows)) for edge in EDGES}
        for arc in cell.pins[output].arcs:
            if clocked != (arc.kind in ("rising_edge", "falling_edge")):
                continue
            if not clocked and arc.kind not in COMBINATIONAL:
                continue
            source = None if clocked else self.flat.column(kind, arc.related)[rows]
            for edge in EDGES:
                self._arc(arc, source, edge, load, arrival[edge], slew[edge])
        extra = np.where(stages > 0, stages * self.tree.stage_ns, 0.0)
        self.buffered += int((stages > 0).sum())
        self.driven[nets], self.tree_ns[nets] = load, extra
        for edge in EDGES:
            self.arrival[edge][nets] = arrival[edge] + extra
            slow = np.where(stages > 0, self.conditions.slew_ns, slew[edge])
            self.slew[edge][nets] = np.where(slow > 0, slow, self.conditions.slew_ns)

    def _arc(
        self,
        arc: Arc,
        source: npt.NDArray[np.int32] | None,
        edge: str,
        load: Floats,
        arrival: Floats,
        slew: Floats,
    ) -> None:
        for cause in _causes(arc.sense, edge):
            if source is None:
                start: Floats | float = 0.0
                incoming: Floats | float = self.conditions.slew_ns
            else:
                start, incoming = self.arrival[cause][source], self.slew[cause][source]
            delay, transition = _of(arc, (f"cell_{edge}", f"{edge}_transition"), incoming, load)
            end = start + delay
            reached = np.isfinite(end)
            np.maximum(arrival, end, out=arrival)
            np.maximum(slew, np.where(reached, transition, 0.0), out=slew)

    def setup(self) -> float:
        """Latest arrival plus setup over all flip-flops and clock gates."""
        latest = NEVER
        for kind in self.flat.cells:
            cell = self.flat.technology.cell(kind)
            for pin in _captured(cell):
                nets = self.flat.column(kind, pin)
                arcs = [a for a in cell.pins[pin].arcs if a.kind.startswith("setup")]
                for edge in EDGES:
                    incoming = self.slew[edge][nets]
                    need = [
                        _worst(a, f"{edge}_constraint", incoming, self.conditions.slew_ns)
                        for a in arcs
                    ]
                    margin = np.max(need, axis=0) if need else 0.0
                    latest = max(latest, float(np.max(self.arrival[edge][nets] + margin)))
        return latest


def _captured(cell: Cell) -> tuple[str, ...]:
    """Pins at which a path ends."""
    if cell.clock_gate is not None:
        return (cell.clock_gate.enable,)
    names = cell.storage.data.names if cell.storage is not None else ()
    return tuple(name for name in names if name in cell.pins)


def _causes(sense: str, edge: str) -> tuple[str, ...]:
    other = "fall" if edge == "rise" else "rise"
    if sense == "positive_unate":
        return (edge,)
    return (other,) if sense == "negative_unate" else EDGES


def unmet(paths: Iterable[Path], found: Mapping[str, float]) -> list[str]:
    """What to say of each path that takes longer, ns, than the clock leaves it."""
    return [
        f"{path.name} takes {found[path.name]:.1f} ns, the clock leaves it {path.allowed_ns:g} ns"
        for path in paths
        if found[path.name] > path.allowed_ns
    ]


def delays(
    flat: Flat,
    conditions: Conditions,
    start_ports: Collection[str] = (),
    launch: bool = False,
) -> Delays:
    """Arrivals when the bits of ``start_ports`` change at time zero and, with ``launch``, the
    flip-flops are clocked at time zero.  All other inputs are static and launch nothing.
    """
    analysis = _Analysis(flat, conditions)
    for port in start_ports:
        analysis.start(flat.ports[port])
    if launch:
        for kind in flat.cells:
            cell = flat.technology.cell(kind)
            if clock_pins(cell):
                rows = np.arange(len(flat.cells[kind]), dtype=np.int32)
                for output in cell.outputs:
                    analysis.propagate(kind, rows, output, clocked=True)
    for kind, rows in flat.order:
        if flat.technology.cell(kind).storage is not None:
            continue  # it opens with the fall of the clock: launched above, at its own edge
        for output in flat.technology.cell(kind).outputs:
            analysis.propagate(kind, rows, output, clocked=False)
    arrival = np.maximum(analysis.arrival["rise"], analysis.arrival["fall"])
    return Delays(
        arrival,
        analysis.setup(),
        analysis.buffered,
        analysis.arrival,
        analysis.slew,
        analysis.driven,
        analysis.tree_ns,
    )
