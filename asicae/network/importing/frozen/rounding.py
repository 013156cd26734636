"""What a graph does between two products, as layers: a quantiser, and the cut of latents."""

from typing import Any, Final

import numpy.typing as npt

from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint, Overflow
from asicae.network.importing.frozen.elementwise import FUNCTIONS, SAME, Region
from asicae.network.importing.frozen.graph import GraphNode
from asicae.network.importing.frozen.recognition import Function, activation_type, kept_bits
from asicae.network.importing.tail import DIVIDE, FLOOR, LAYER, MULTIPLY

ADVICE: Final = (
    "import the model's JSON with its HDF5 weights, or the .h5 or .keras file, where its layers "
    "have their names"
)
RANK: Final = 2
"""Axes that every tensor between products has at least: events and values."""
Array = npt.NDArray[Any]
Drawn = tuple[GraphNode, str, dict[str, Any], dict[str, Any]]
"""A layer that is to be: its node, class, configuration and arguments."""


def rounded(region: Region, last: bool) -> tuple[Function | None, list[Drawn]]:
    """A quantiser between two products, and the cut of latents that may follow the last.

    What rounds, and the layers.
    """
    root = region.root.name
    if region.end == root:
        return None, []
    for place in _places(region, last):
        function = _function(Region(region.graph, place, region.roots), root)
        if function is None or (kind := activation_type(function)) is None:
            continue
        quantiser = {"activation": _activation(kind)}
        found: list[Drawn] = [(region.graph.node(place), "QActivation", quantiser, {})]
        if place != region.end:
            found += _cut(Region(region.graph, region.end, (place,)), place, kind)
        return function, found
    if _passes(region):
        return None, []
    raise region.graph.refusal(
        region.graph.node(region.end),
        f"what it makes of {short(root)} is no quantiser to a type of at most 16 bits; "
        f"allowed are quantized_bits and quantized_relu of QKeras; else {ADVICE}",
    )


def _places(region: Region, last: bool) -> list[str]:
    """Where a quantiser may end: all of the region, or before operations on one tensor."""
    places, node = [region.end], region.graph.node(region.end)
    reached = region.origins() if last else {}
    while last:
        varying = [name for name in node.inputs if reached.get(name)]
        if len(varying) != 1 or varying[0] in region.roots or node.op not in FUNCTIONS:
            break
        node = region.graph.node(varying[0])
        places.append(node.name)
    return places


def _function(region: Region, root: str) -> Function | None:
    """A region as a function; None where its constants are more than numbers."""
    if region.constants():
        return None
    region.require_own_shapes()

    def function(values: Array) -> Array:
        return region.each(root, values, RANK)

    return function


def _passes(region: Region) -> bool:
    """Whether a region changes nothing."""
    node = region.graph.node(region.end)
    while node.op in SAME and node.name not in region.roots:
        node = region.graph.input(node, 0)
    return node.name in region.roots


def _cut(region: Region, place: str, kind: FixedPoint) -> list[Drawn]:
    function = _function(region, place)
    keep = None if function is None else kept_bits(function, kind)
    node = region.graph.node(region.end)
    if keep is None:
        raise region.graph.refusal(
            node, f"changes latents of {kind}, allowed is to clear their lowest bits"
        )
    cleared = kind.width - keep.bit_count()
    if not cleared:
        return []
    factor = 2.0 ** (kind.fraction - cleared)
    return [
        (node, LAYER, {"function": MULTIPLY}, {"y": factor}),
        (node, LAYER, {"function": FLOOR}, {}),
        (node, LAYER, {"function": DIVIDE}, {"y": factor}),
    ]


def _activation(kind: FixedPoint) -> dict[str, Any]:
    """The quantiser of QKeras that rounds to a type."""
    if not kind.signed:
        config = {"bits": kind.width, "integer": kind.integer}
        return {"class_name": "quantized_relu", "config": config}
    return bits(kind)


def bits(kind: FixedPoint) -> dict[str, Any]:
    """The ``quantized_bits`` of QKeras whose values are of a type."""
    config = {
        "bits": kind.width, "integer": kind.integer - int(kind.signed), "alpha": 1,
        "keep_negative": kind.signed, "symmetric": kind.overflow is Overflow.SAT_SYM,
    }  # fmt: skip
    return {"class_name": "quantized_bits", "config": config}
