"""What a placed and routed block is, as ``layout.json`` holds it.

The file is written, read and checked here only. Figures are measured on the layout, at the
library's own node.
"""

from typing import Final

from asicae.foundation.json_record import JsonRecord

LAYOUT_FILE: Final = "layout.json"
PICTURE_FILE: Final = "layout.png"
LAYOUT_FOLDER: Final = "layout"
"""In a run folder; each block has a folder of its own name in it."""


class LayoutLibrary(JsonRecord):
    """Where the cells are from; SHA-256 of its Liberty."""

    name: str
    key: str
    sha256: str


class NetWire(JsonRecord):
    """A routed net.

    Attributes:
        pins: of cells that it drives.
        wire_um: length of its wires.
        vias: on the way.
    """

    pins: int
    wire_um: float
    vias: int


class LayoutSeconds(JsonRecord):
    """Wall time of the steps."""

    placement: float
    routing: float


class LayoutRecord(JsonRecord):
    """A placed and routed block.

    Attributes:
        block: name of the module in the source.
        instance: that was asked for, None for the largest of the name.
        library: that it is mapped to.
        tools: versions of the programs by name.
        seed: of the placement; those before it, if any were asked for, had faults.
        layers: on which wires may run, from below.
        cells: of the library.
        flip_flops: among them.
        cell_um2: area of the cells.
        core_um: width and height of what the rows of cells cover.
        die_um: width and height with the ports around.
        utilisation: area of the cells over that of the core.
        pins: of cells that nets drive; the estimate gives each of them a wire.
        tied_pins: with a constant for which the library has no cell; not routed, as power is not.
        wire_um: length of all wires.
        wire_um_by_layer: and of those on one layer.
        wire_um_per_pin: over ``pins``.
        vias: on all nets.
        swapped_vias: that touched another net and gave way to others for the same two layers.
        closed_gaps: of at most a pitch that the router left in nets, closed with metal.
        nets: by name.
        files: what lies beside this one.
        gds_absent: why there is no GDS; None where there is one.
        seconds: wall time.
    """

    block: str
    instance: str | None
    library: LayoutLibrary
    tools: dict[str, str]
    seed: int
    layers: tuple[str, ...]
    cells: int
    flip_flops: int
    cell_um2: float
    core_um: tuple[float, float]
    die_um: tuple[float, float]
    utilisation: float
    pins: int
    tied_pins: int
    wire_um: float
    wire_um_by_layer: dict[str, float]
    wire_um_per_pin: float
    vias: int
    swapped_vias: int
    closed_gaps: int
    nets: dict[str, NetWire]
    files: tuple[str, ...]
    gds_absent: str | None
    seconds: LayoutSeconds

    @property
    def title(self) -> str:
        """It in one line."""
        width, height = self.die_um
        return (
            f"{self.block}: {self.cells:,} cells, {width:.1f} x {height:.1f} µm,"
            f" {self.wire_um / 1000:.2f} mm of wire, {self.vias:,} vias ({self.library.key})"
        )

    @property
    def metrics(self) -> dict[str, float | int | str]:
        """With the keys of ``metrics.json``."""
        key = f"layout.{self.block}"
        return {
            f"{key}.cells": self.cells,
            f"{key}.die_um2": self.die_um[0] * self.die_um[1],
            f"{key}.utilisation": self.utilisation,
            f"{key}.wire_um": self.wire_um,
            f"{key}.wire_um_per_pin": self.wire_um_per_pin,
            f"{key}.vias": self.vias,
        }
