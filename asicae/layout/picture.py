"""The picture of a routed block: rows of cells under the wires, and a detail."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from asicae.estimation.technology import Cell, Technology
from asicae.layout.check import via_shapes, wire
from asicae.layout.def_file import Layout
from asicae.layout.geometry import Rect, placed
from asicae.layout.lef import Lef

INK, MUTED, PAPER = "#1d2733", "#7b8794", "#ffffff"
KINDS = {
    "flip-flops, latches": "#f2dfae",
    "adders": "#b9d7e8",
    "XOR": "#cbe6dc",
    "multiplexers, AOI, OAI": "#e2daf0",
    "NAND, NOR, AND, OR": "#eceff2",
    "inverters, buffers": "#f7e8dd",
}
"""Colours of cells by what they are."""
WIRES = ("#3f5f8a", "#b5453c", "#2f8f5b", "#7a4fa3", "#c08a1e", "#2f8fa3", "#8a3f6b", "#555555")
"""Colours of layers from below."""
WIDTH_INCHES, DPI = 11.0, 200
DETAIL_ROWS = 4.5
"""Height of the detail, in rows of cells."""


def draw(layout: Layout, lef: Lef, technology: Technology, title: str, path: Path) -> None:
    """Write the picture as PNG."""
    row = min(lef.macros[c.cell].height for c in layout.components.values())
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9, "text.color": INK}):
        die = layout.die
        height = WIDTH_INCHES / 2 * (die.top - die.bottom) / (die.right - die.left) + 0.9
        size = (WIDTH_INCHES, min(height, 1.5 * WIDTH_INCHES))
        figure = Figure(figsize=size, layout="constrained", facecolor=PAPER)
        left, right = figure.subplots(1, 2)
        shapes = list(_shapes(layout, lef))
        _block(left, layout, lef, technology, shapes, layout.die)
        detail = _detail(layout, int(DETAIL_ROWS * row))
        _block(right, layout, lef, technology, shapes, detail)
        _metal_within(right, layout, lef, detail)
        left.add_patch(Rectangle(*_corner(detail), fill=False, edgecolor=INK, linewidth=1.2))
        _scale(left, layout.die, layout.units)
        _scale(right, detail, layout.units)
        used = [layer.name for layer in lef.layers if any(s[0] == layer.name for s in shapes)]
        colours = {layer.name: c for layer, c in zip(lef.layers, WIRES * 2, strict=False)}
        kinds = {kind_of(technology.cell(c.cell)) for c in layout.components.values()}
        handles = [Patch(color=KINDS[kind], label=kind) for kind in KINDS if kind in kinds]
        handles += [Patch(color=colours[name], label=name) for name in used]
        figure.legend(
            handles=handles, loc="outside lower center", ncols=6, frameon=False, fontsize=8
        )
        figure.suptitle(title, fontsize=11)
        figure.savefig(path, dpi=DPI, metadata={"Software": None})


def kind_of(cell: Cell) -> str:
    """What a cell is, one of ``KINDS``."""
    if cell.storage is not None:
        return "flip-flops, latches"
    if len(cell.outputs) > 1:
        return "adders"
    if len(cell.inputs) <= 1:
        return "inverters, buffers"
    function = cell.pins[cell.outputs[0]].function if cell.outputs else None
    if function is None:
        return "NAND, NOR, AND, OR"
    table = function.truth(cell.inputs)
    # A gate of this sort tells one combination from all others; XOR changes with every input.
    if min(sum(table), len(table) - sum(table)) == 1:
        return "NAND, NOR, AND, OR"
    flips = all(
        table[i] != table[i ^ (1 << bit)]
        for i in range(len(table))
        for bit in range(len(cell.inputs))
    )
    return "XOR" if flips else "multiplexers, AOI, OAI"


def _shapes(layout: Layout, lef: Lef) -> Iterator[tuple[str, Rect]]:
    """Metal of wires and vias."""
    for net in layout.nets.values():
        for segment in net.segments:
            yield wire(segment, lef)
        for via in net.vias:
            yield from via_shapes(via, layout, lef)


def _block(
    axes: Axes,
    layout: Layout,
    lef: Lef,
    technology: Technology,
    shapes: Sequence[tuple[str, Rect]],
    window: Rect,
) -> None:
    """Cells, ports and wires within a window."""
    cells: dict[str, list[Rect]] = {}
    for component in layout.components.values():
        macro = lef.macros[component.cell]
        rect = Rect(0, 0, macro.width, macro.height).moved(*component.place)
        cells.setdefault(KINDS[kind_of(technology.cell(component.cell))], []).append(rect)
    for colour, rects in cells.items():
        _fill(axes, _within(rects, window), colour, edge="#ffffff", line=0.25)
    _fill(axes, [port.rect for port in layout.ports.values()], INK)
    for layer, colour in zip(lef.layers, WIRES * 2, strict=False):
        metal = [rect for name, rect in shapes if name == layer.name]
        _fill(axes, _within(metal, window), colour, alpha=0.72)
    (x, y), width, height = _corner(window)
    axes.set(xlim=(x, x + width), ylim=(y, y + height), aspect="equal", xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_color(MUTED)


def _metal_within(axes: Axes, layout: Layout, lef: Lef, window: Rect) -> None:
    """Metal of the cells themselves, as outlines: pins and rails."""
    rects = []
    for component in layout.components.values():
        macro = lef.macros[component.cell]
        size, turn, at = (macro.width, macro.height), component.orientation, component.place
        rects += [
            placed(rect, *size, turn).moved(*at)
            for pin in macro.pins.values()
            for _, rect in pin.shapes
        ]
    _fill(axes, _within(rects, window), WIRES[0], alpha=0.22, order=1.5)


def _within(rects: Iterable[Rect], window: Rect) -> list[Rect]:
    return [rect for rect in rects if rect.touches(window)]


def _fill(
    axes: Axes,
    rects: Sequence[Rect],
    colour: str,
    alpha: float = 1.0,
    edge: str = "none",
    line: float = 0.0,
    order: float = 1.0,
) -> None:
    if rects:
        corners = [((a, b), (c, b), (c, d), (a, d)) for a, b, c, d in rects]
        axes.add_collection(
            PolyCollection(
                corners,
                facecolors=colour,
                edgecolors=edge,
                linewidths=line,
                alpha=alpha,
                zorder=order,
            )
        )


def _detail(layout: Layout, height: int) -> Rect:
    """A window of the shape of the die around its middle."""
    die = layout.die
    width = height * (die.right - die.left) // (die.top - die.bottom)
    if width >= die.right - die.left:
        return die
    x, y = (die.left + die.right - width) // 2, (die.bottom + die.top - height) // 2
    return Rect(x, y, x + width, y + height)


def _corner(rect: Rect) -> tuple[tuple[int, int], int, int]:
    return (rect.left, rect.bottom), rect.right - rect.left, rect.top - rect.bottom


def _scale(axes: Axes, window: Rect, units: int) -> None:
    """A bar of a round length, below the window."""
    width = (window.right - window.left) / units
    length = max(value for value in (0.5, 1, 2, 5, 10, 20, 50, 100) if value <= max(width / 3, 0.5))
    axes.set_xlabel(f"bar: {length:g} µm", fontsize=8, loc="left")
    axes.plot(
        [0, length / width],
        [-0.008, -0.008],
        color=INK,
        linewidth=3,
        transform=axes.transAxes,
        clip_on=False,
    )
