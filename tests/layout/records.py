"""A record as it might be, and the files beside it."""

import base64
from pathlib import Path

from asicae.layout.record import (
    LAYOUT_FILE,
    PICTURE_FILE,
    LayoutLibrary,
    LayoutRecord,
    LayoutSeconds,
    NetWire,
)

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def record(block: str, seed: int = 1) -> LayoutRecord:
    """Of a block of two cells."""
    return LayoutRecord(
        block=block,
        instance=None,
        library=LayoutLibrary(name="toy", key="toy", sha256="0" * 64),
        tools={"graywolf": "6.0", "qrouter": "1.4"},
        seed=seed,
        layers=("metal1", "metal2", "metal3"),
        cells=2,
        flip_flops=0,
        cell_um2=3.0,
        core_um=(2.0, 2.0),
        die_um=(3.0, 4.0),
        utilisation=0.75,
        pins=2,
        tied_pins=0,
        wire_um=5.0,
        wire_um_by_layer={"metal2": 5.0},
        wire_um_per_pin=2.5,
        vias=4,
        swapped_vias=1,
        closed_gaps=2,
        nets={"n": NetWire(pins=2, wire_um=5.0, vias=4)},
        files=(PICTURE_FILE, f"{block}.def"),
        gds_absent="the library has no GDS of its cells",
        seconds=LayoutSeconds(placement=1.0, routing=1.0),
    )


def write(folder: Path, found: LayoutRecord) -> LayoutRecord:
    """The files of a block."""
    folder.mkdir(parents=True)
    (folder / f"{found.block}.def").write_text(f"placed with seed {found.seed}\n")
    (folder / PICTURE_FILE).write_bytes(PIXEL)
    found.save(folder / LAYOUT_FILE)
    return found
