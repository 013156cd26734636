"""A mapped design as arrays: flattened and levelised.

Nets are numbered; 0 is constant zero and 1 constant one.  Each library cell type has one matrix of
net numbers (cells, pins), so that a level of a million cells is a handful of numpy operations.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import CLOCKS
from asicae.estimation.clocks import Phases, clock_phases, opening
from asicae.estimation.synthesis import Synthesis
from asicae.estimation.technology import Technology
from asicae.foundation.errors import CheckFailed

Ints = npt.NDArray[np.int32]
ZERO, ONE, FIRST_NET = 0, 1, 2
GLUE = -1  # owner of the cells that lie directly in the flattened module


@dataclass
class Flat:
    """A flattened module.

    Attributes:
        nets: number of nets.
        ports: net numbers of each port, LSB first.
        inputs: names of the input ports.
        cells: library cell name -> net numbers (cells, pins in the order of ``pins``).
        owners: library cell name -> index into ``instances`` of each cell, or GLUE.
        instances: direct children that were flattened.
        places: of each of them, the net here of every net of the child flattened alone.
    """

    technology: Technology
    nets: int
    ports: dict[str, Ints]
    inputs: tuple[str, ...]
    cells: dict[str, Ints]
    owners: dict[str, Ints]
    instances: tuple[str, ...]
    places: dict[str, Ints]

    def pins(self, cell: str) -> tuple[str, ...]:
        """Column order of ``cells[cell]``."""
        return tuple(self.technology.cell(cell).pins)

    def column(self, cell: str, pin: str) -> Ints:
        """Net on one pin of every cell of that type; -1 where it is open."""
        return self.cells[cell][:, self.pins(cell).index(pin)]

    @cached_property
    def phases(self) -> Phases:
        """How each net carries the clock (see ``clocks``); zero where it does not."""
        clocks = [int(self.ports[port][0]) for port in CLOCKS if port in self.ports]
        return clock_phases(self.technology, self.cells, clocks, self.nets)

    @cached_property
    def driven(self) -> npt.NDArray[np.bool_]:
        """Whether a cell drives a net, or it is constant."""
        driven = np.zeros(self.nets, bool)
        driven[:FIRST_NET] = True
        for kind in self.cells:
            for pin in self.technology.cell(kind).outputs:
                nets = self.column(kind, pin)
                driven[nets[nets >= 0]] = True
        return driven

    def opening(self, cell: str) -> Phases:
        """Of each storage cell of that type +1 where it opens with the clock, -1 with its fall."""
        return opening(self.technology.cell(cell), self.cells[cell], self.phases)

    @cached_property
    def order(self) -> list[tuple[str, Ints]]:
        """Cells in an order in which inputs are known: (cell type, rows).

        They are the combinational ones, and storage that opens when the clock falls.

        Raises:
            CheckFailed: the netlist has a combinational loop.
        """
        return _levelise(self)


@dataclass
class _Builder:
    """Collects cells and aliases while modules are poured into one another."""

    cells: dict[str, list[Ints]] = field(default_factory=dict)
    owners: dict[str, list[Ints]] = field(default_factory=dict)
    aliases: list[tuple[Ints, Ints]] = field(default_factory=list)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    nets: int = FIRST_NET


@dataclass
class _Module:
    """One module on its own: local nets, cell matrices, children."""

    nets: int
    ports: dict[str, Ints]
    inputs: tuple[str, ...]
    cells: dict[str, Ints]
    children: list[tuple[str, str, dict[str, Ints]]]


class Flattener:
    """Flattens modules of a synthesised design; keeps what it read of each module."""

    def __init__(self, design: Synthesis, technology: Technology) -> None:
        self.design = design
        self.technology = technology
        self._modules: dict[str, _Module] = {}

    def module(self, name: str) -> _Module:
        """A module as arrays, read once."""
        if name not in self._modules:
            self._modules[name] = _read(self.design.modules, name, self.technology)
        return self._modules[name]

    def flatten(self, name: str, chosen: Collection[str] | None = None) -> Flat:
        """Flatten module ``name``; ``chosen`` keeps only those of its direct children."""
        builder = _Builder()
        module = self.module(name)
        kept = [c for c in module.children if chosen is None or c[0] in chosen]
        ports = self._pour(module, builder, GLUE, kept)
        root = _merge(builder)
        cells = {
            kind: np.where(matrix >= 0, root[matrix], -1)
            for kind, matrix in ((k, np.concatenate(v)) for k, v in builder.cells.items())
        }
        return Flat(
            self.technology,
            builder.nets,
            {port: root[nets] for port, nets in ports.items()},
            module.inputs,
            cells,
            {kind: np.concatenate(parts) for kind, parts in builder.owners.items()},
            tuple(child[0] for child in kept),
            {
                child: np.concatenate([np.arange(FIRST_NET, dtype=np.int32), root[slice(*span)]])
                for child, span in builder.spans.items()
            },
        )

    def _pour(
        self,
        module: _Module,
        builder: _Builder,
        owner: int,
        children: list[tuple[str, str, dict[str, Ints]]],
    ) -> dict[str, Ints]:
        shift = builder.nets - FIRST_NET
        builder.nets += module.nets - FIRST_NET

        def place(nets: Ints) -> Ints:
            return np.where(nets >= FIRST_NET, nets + shift, nets).astype(np.int32)

        for kind, matrix in module.cells.items():
            builder.cells.setdefault(kind, []).append(place(matrix))
            owners = np.full(len(matrix), owner, np.int32)
            builder.owners.setdefault(kind, []).append(owners)
        for index, (instance, name, connections) in enumerate(children):
            child, first = self.module(name), builder.nets
            inner = self._pour(child, builder, index if owner == GLUE else owner, child.children)
            if owner == GLUE:
                builder.spans[instance] = first, builder.nets
            for port, nets in connections.items():
                outer, inside = place(nets), inner[port]
                # (net that goes, net that stays): the inner side yields, and a constant or a
                # feed-through is settled by the union below.
                builder.aliases.append((inside, outer))
        return {port: place(nets) for port, nets in module.ports.items()}


def _read(modules: Mapping[str, Any], name: str, technology: Technology) -> _Module:
    body = modules[name]
    numbers: dict[Any, int] = {"0": ZERO, "1": ONE, "x": ZERO, "z": ZERO}

    def nets(bits: list[Any]) -> list[int]:
        return [numbers.setdefault(bit, len(numbers) - 2) for bit in bits]

    ports = {port: np.array(nets(item["bits"]), np.int32) for port, item in body["ports"].items()}
    inputs = tuple(p for p, item in body["ports"].items() if item["direction"] == "input")
    rows: dict[str, list[list[int]]] = {}
    children = []
    for instance, cell in body["cells"].items():
        kind, wires = cell["type"], cell["connections"]
        if kind in modules:
            bound = {port: np.array(nets(bits), np.int32) for port, bits in wires.items()}
            children.append((instance, kind, bound))
            continue
        if kind.startswith("$"):
            raise CheckFailed(f"{name}: cell {instance} of type {kind} was left unmapped")
        pins = technology.cell(kind).pins
        row = [nets(wires[pin])[0] if wires.get(pin) else -1 for pin in pins]
        rows.setdefault(kind, []).append(row)
    cells = {kind: np.array(matrix, np.int32) for kind, matrix in rows.items()}
    return _Module(len(numbers) - 2, ports, inputs, cells, children)


def _merge(builder: _Builder) -> npt.NDArray[np.int32]:
    """Representative of every net after all aliases: the smallest number of its class."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if builder.aliases:
        left = np.concatenate([pair[0] for pair in builder.aliases])
        right = np.concatenate([pair[1] for pair in builder.aliases])
    else:
        left = right = np.empty(0, np.int32)
    # Constants are no nets: joining two of them through a class would short the whole netlist.
    joined = (left >= FIRST_NET) & (right >= FIRST_NET)
    graph = coo_matrix(
        (np.ones(int(joined.sum()), np.int8), (left[joined], right[joined])),
        shape=(builder.nets, builder.nets),
    )
    count, label = connected_components(graph, directed=False)
    first = np.full(count, builder.nets, np.int32)
    np.minimum.at(first, label, np.arange(builder.nets, dtype=np.int32))
    for net, other in ((left, right), (right, left)):
        constant = (net < FIRST_NET) & (other >= FIRST_NET)
        first[label[other[constant]]] = net[constant]
    return np.asarray(first[label], dtype=np.int32)


def _ordered(flat: Flat) -> dict[str, Ints]:
    """By cell type the rows that take their inputs and give their outputs within a clock."""
    found: dict[str, Ints] = {}
    for kind, matrix in flat.cells.items():
        cell = flat.technology.cell(kind)
        if not cell.outputs:
            continue
        within = np.ones(len(matrix), bool) if cell.storage is None else flat.opening(kind) < 0
        if within.any():
            found[kind] = np.flatnonzero(within).astype(np.int32)
    return found


def _levelise(flat: Flat) -> list[tuple[str, Ints]]:
    """Kahn's algorithm, one level at a time, on arrays."""
    ordered = _ordered(flat)
    kinds = list(ordered)
    offsets = np.cumsum([0, *(len(rows) for rows in ordered.values())])
    sinks, sources, driven = [], [], np.zeros(flat.nets, bool)
    producers, products = [], []
    for kind, offset in zip(kinds, offsets, strict=False):
        cell = flat.technology.cell(kind)
        number = np.arange(len(ordered[kind]), dtype=np.int64) + offset
        for pin in cell.outputs:
            nets = flat.column(kind, pin)[ordered[kind]]
            used = nets >= FIRST_NET
            driven[nets[used]] = True
            producers.append(number[used])
            products.append(nets[used])
        for pin in cell.inputs:
            sinks.append(number)
            sources.append(flat.column(kind, pin)[ordered[kind]])
    total = int(offsets[-1])
    level = np.zeros(total, np.int32)
    if total == 0:
        return []
    sink, source = np.concatenate(sinks), np.concatenate(sources)
    waits = (source >= FIRST_NET) & driven[np.maximum(source, 0)]
    sink, source = sink[waits], source[waits]
    pending = np.bincount(sink, minlength=total)
    by_net = np.argsort(source, kind="stable")
    sink = sink[by_net]
    starts = np.searchsorted(source[by_net], np.arange(flat.nets + 1))
    producer, product = np.concatenate(producers), np.concatenate(products)
    by_cell = np.argsort(producer, kind="stable")
    product = product[by_cell]
    product_starts = np.searchsorted(producer[by_cell], np.arange(total + 1))
    ready, depth, done = np.flatnonzero(pending == 0), 0, 0
    while len(ready):
        level[ready] = depth
        done += len(ready)
        nets = product[_ranges(product_starts, ready)]
        followers = sink[_ranges(starts, nets)]
        np.subtract.at(pending, followers, 1)
        followers = np.unique(followers)
        ready = followers[pending[followers] == 0]
        depth += 1
    if done != total:
        raise CheckFailed(f"the netlist has a combinational loop through {total - done} cells")
    return _by_level(ordered, offsets, level)


def _by_level(ordered: dict[str, Ints], offsets: Any, level: Ints) -> list[tuple[str, Ints]]:
    groups: list[tuple[int, str, Ints]] = []
    for (kind, rows), start, end in zip(ordered.items(), offsets[:-1], offsets[1:], strict=True):
        local = level[start:end]
        places = np.argsort(local, kind="stable")
        values, first = np.unique(local[places], return_index=True)
        for depth, part in zip(values, np.split(places, first[1:]), strict=True):
            groups.append((int(depth), kind, rows[part]))
    groups.sort(key=lambda group: group[0])
    return [(kind, rows) for _, kind, rows in groups]


def _ranges(starts: npt.NDArray[np.int64], items: npt.NDArray[np.integer[Any]]) -> Any:
    """Indices of the rows of a CSR structure, concatenated."""
    return ranges(starts[items], starts[items + 1] - starts[items])


def ranges(first: npt.NDArray[np.integer[Any]], count: npt.NDArray[np.integer[Any]]) -> Any:
    """From each ``first`` on as many numbers as its ``count``, concatenated."""
    ends = np.cumsum(count, dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(first - (ends - count), count) + np.arange(total)
