"""Which pins the masks of a block join, extracted from its GDS by KLayout."""

from collections.abc import Mapping
from pathlib import Path

from klayout import db

CONDUCTORS = {f"metal{n}": 9 + 2 * n for n in range(1, 11)}
"""Numbers of the FreePDK45 layers in GDS."""


def joined(gds: Path, pins: Mapping[str, tuple[str, float, float]]) -> set[frozenset[str]]:
    """The given pins (layer, x and y in um, within their metal) by the piece of metal they are on.

    Raises:
        AssertionError: a pin is on no metal.
    """
    layout = db.Layout()
    layout.read(str(gds))
    top = layout.top_cell()
    netlist = db.LayoutToNetlist(db.RecursiveShapeIterator(layout, top, []))
    layers = {}
    for name, number in CONDUCTORS.items():
        layers[name] = netlist.make_layer(layout.layer(number, 0), name)
        netlist.connect(layers[name])
    for n in range(1, 10):
        cut = netlist.make_layer(layout.layer(10 + 2 * n, 0), f"via{n}")
        netlist.connect(cut)
        netlist.connect(layers[f"metal{n}"], cut)
        netlist.connect(cut, layers[f"metal{n + 1}"])
    netlist.extract_netlist()
    pieces: dict[str, set[str]] = {}
    for pin, (layer, x, y) in pins.items():
        net = netlist.probe_net(layers[layer], db.DPoint(x, y))
        assert net is not None, f"{pin}: no metal at {x}, {y} on {layer}"
        # Of the top, whichever cell the pin is in.
        pieces.setdefault(net.expanded_name(), set()).add(pin)
    return {frozenset(piece) for piece in pieces.values()}
