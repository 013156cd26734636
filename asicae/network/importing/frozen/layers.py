"""A frozen graph as a chain of Keras layers, as they stood before it was frozen.

From the latents back to the input: what lies between products is a quantiser, a product is a
QConv2D or a QDense with the weights that its own operations make of the constants.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint, Overflow
from asicae.network.importing.architecture import Call, Model, Node
from asicae.network.importing.frozen.elementwise import CONSTANT, FUNCTIONS, SAME, SUMS, Region
from asicae.network.importing.frozen.graph import MAX_NODES, Graph, GraphNode
from asicae.network.importing.frozen.recognition import (
    Function,
    Steps,
    activation_type,
    kept_bits,
    weight_type,
)
from asicae.network.importing.model_file import StoredModel
from asicae.network.importing.tail import DIVIDE, FLOOR, LAYER, MULTIPLY

PRODUCTS: Final = {"Conv2D": "QConv2D", "MatMul": "QDense"}
"""Operations with a kernel, and the layer that each is."""
CHANNELS_LAST: Final = "NHWC"
ADVICE: Final = (
    "import the model's JSON with its HDF5 weights, or the .h5 or .keras file, where its layers "
    "have their names"
)
Array = npt.NDArray[Any]


@dataclass
class FrozenModel:
    """A graph as layers.

    Attributes:
        stored: the layers and their weights.
        roundings: by layer with weights (what it is called here), what rounds its sums.
    """

    stored: StoredModel
    roundings: dict[str, Function]


def frozen_model(graph: Graph, latent: str | None) -> FrozenModel:
    """The layers from the input of a graph to the node ``latent``; without it, to its one end.

    Raises:
        BadInput: several ends, or an operation that is none of a quantised encoder.
    """
    return _Walk(graph, graph.node(latent) if latent is not None else _only_end(graph)).model()


def _only_end(graph: Graph) -> GraphNode:
    used = {name.partition(":")[0] for node in graph.nodes.values() for name in node.inputs}
    ends = [
        node
        for node in graph.nodes.values()
        if node.name not in used and node.op not in (CONSTANT, "NoOp")
    ]
    if len(ends) != 1:
        found = ", ".join(short(node.name) for node in ends[:8]) or "none"
        raise BadInput(
            f"{graph.source}: {len(ends)} ends of the graph ({found}), choose one with --latent"
        )
    return ends[0]


@dataclass
class _Walk:
    """From the end to the input; ``layers`` has the last one first."""

    graph: Graph
    end: GraphNode
    layers: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    arrays: dict[str, dict[str, Array]] = field(default_factory=dict)
    roundings: dict[str, Function] = field(default_factory=dict)

    def model(self) -> FrozenModel:
        node, rounding = self.end, None
        for _ in range(MAX_NODES):
            region = Region.before(self.graph, node.name)
            root = region.root
            found = self._rounded(region, last=node is self.end)
            rounding = rounding if found is None else found
            if root.op == "Placeholder":
                self._input(root)
                return self._finished()
            node = self._structure(root, rounding)
            if root.op in (*PRODUCTS, *SUMS):
                rounding = None
        raise self.graph.refusal(node, "feeds itself")

    def _finished(self) -> FrozenModel:
        nodes: dict[str, Node] = {}
        before = ""
        for name, kind, config, arguments in reversed(self.layers):
            calls = (Call(((before, 0),), arguments),) if before else ()
            nodes[name] = Node(name, kind, {"name": name, **config}, calls)
            before = name
        model = Model("graph", False, nodes, ((before, 0),), ((next(iter(nodes)), 0),))
        arrays: dict[tuple[str, ...], dict[str, Array]] = {
            (name,): found for name, found in self.arrays.items()
        }
        return FrozenModel(StoredModel(model, arrays), self.roundings)

    def _add(
        self,
        node: GraphNode,
        kind: str,
        config: dict[str, Any],
        arguments: dict[str, Any] | None = None,
    ) -> str:
        """A layer, called what the user called it: Keras names a layer's operations "its/name"."""
        parts = node.name.split("/")
        taken = {name for name, _, _, _ in self.layers}
        name = parts[-2] if len(parts) > 1 and parts[-2] not in taken else node.name
        while name in taken:
            name += "_"
        self.layers.append((name, kind, config, arguments or {}))
        return name

    # -- what rounds ---------------------------------------------------------------------------

    def _rounded(self, region: Region, last: bool) -> Function | None:
        """A quantiser between two products, and the cut of latents that may follow the last."""
        root = region.root.name
        if region.end == root:
            return None
        for place in self._places(region, last):
            function = self._function(Region(self.graph, place, region.roots), root)
            if function is None or (kind := activation_type(function)) is None:
                continue
            if place != region.end:
                self._cut(Region(self.graph, region.end, (place,)), place, kind)
            self._add(self.graph.node(place), "QActivation", {"activation": _activation(kind)})
            return function
        if self._passes(region):
            return None
        raise self.graph.refusal(
            self.graph.node(region.end),
            f"what it makes of {short(root)} is no quantiser to a type of at most 16 bits; "
            f"allowed are quantized_bits and quantized_relu of QKeras; else {ADVICE}",
        )

    def _places(self, region: Region, last: bool) -> list[str]:
        """Where a quantiser may end: all of the region, or before operations on one tensor."""
        places, node = [region.end], self.graph.node(region.end)
        reached = self._varying(region) if last else set()
        while last:
            varying = [name for name in node.inputs if name in reached]
            if len(varying) != 1 or varying[0] in region.roots or node.op not in FUNCTIONS:
                break
            node = self.graph.node(varying[0])
            places.append(node.name)
        return places

    def _varying(self, region: Region) -> set[str]:
        """Nodes of a region that its root reaches."""
        known: dict[str, bool] = {}
        pending = [region.end]
        while pending:
            node = self.graph.node(pending[-1])
            if node.name in region.roots or node.op not in FUNCTIONS:
                known[node.name] = node.name in region.roots
            missing = [name for name in node.inputs if name not in known]
            if node.name in known:
                pending.pop()
            elif missing:
                pending += missing
            else:
                known[node.name] = any(known[name] for name in node.inputs)
            if len(pending) > 4 * MAX_NODES:
                raise self.graph.refusal(node, "feeds itself")
        return {name for name, varies in known.items() if varies}

    def _function(self, region: Region, root: str) -> Function | None:
        """A region as a function; None where its constants are more than numbers."""
        if region.constants():
            return None

        def function(values: Array) -> Array:
            return region.values({root: values})

        return function

    def _passes(self, region: Region) -> bool:
        """Whether a region changes nothing."""
        node = self.graph.node(region.end)
        while node.op in SAME and node.name not in region.roots:
            node = self.graph.input(node, 0)
        return node.name in region.roots

    def _cut(self, region: Region, place: str, kind: FixedPoint) -> None:
        function = self._function(region, place)
        keep = None if function is None else kept_bits(function, kind)
        node = self.graph.node(region.end)
        if keep is None:
            raise self.graph.refusal(
                node, f"changes latents of {kind}, allowed is to clear their lowest bits"
            )
        cleared = kind.width - keep.bit_count()
        if not cleared:
            return
        factor = 2.0 ** (kind.fraction - cleared)
        for function_name, argument in (
            (DIVIDE, {"y": factor}), (FLOOR, {}), (MULTIPLY, {"y": factor}),
        ):  # fmt: skip
            self._add(node, LAYER, {"function": function_name}, argument)

    # -- layers --------------------------------------------------------------------------------

    def _structure(self, root: GraphNode, rounding: Function | None) -> GraphNode:
        """Take the node that a region begins at, and say where it goes on."""
        handlers: dict[str, Callable[[], GraphNode]] = {
            "Reshape": lambda: self._reshape(root),
            "Pad": lambda: self._pad(root),
            "PadV2": lambda: self._pad(root),
            **dict.fromkeys(PRODUCTS, lambda: self._product(root, None, rounding)),
            **dict.fromkeys(SUMS, lambda: self._sum(root, rounding)),
        }
        if root.op not in handlers:
            allowed = ", ".join([*PRODUCTS, "BiasAdd", "Reshape", "Pad", "quantisers of QKeras"])
            raise self.graph.refusal(
                root, f"no operation of a quantised encoder, allowed are {allowed}; else {ADVICE}"
            )
        return handlers[root.op]()

    def _sum(self, node: GraphNode, rounding: Function | None) -> GraphNode:
        product = self.graph.input(node, 0)
        self._require_channels_last(node)
        if product.op not in PRODUCTS:
            raise self.graph.refusal(
                node, f"a bias on {product.op}, allowed are {', '.join(PRODUCTS)}"
            )
        return self._product(product, self.graph.input(node, 1), rounding)

    def _product(
        self, node: GraphNode, bias: GraphNode | None, rounding: Function | None
    ) -> GraphNode:
        kernel, kind = self._weights(self.graph.input(node, 1))
        config: dict[str, Any] = {
            "kernel_quantizer": _bits(kind), "use_bias": bias is not None,
        }  # fmt: skip
        arrays = {"kernel": kernel}
        if bias is not None:
            arrays["bias"], kind = self._weights(bias)
            config["bias_quantizer"] = _bits(kind)
        settings = self._convolution if node.op == "Conv2D" else self._dense
        name = self._add(node, PRODUCTS[node.op], config | settings(node, kernel))
        self.arrays[name] = arrays
        if rounding is not None:
            self.roundings[name] = rounding
        return self.graph.input(node, 0)

    def _convolution(self, node: GraphNode, kernel: Array) -> dict[str, Any]:
        if kernel.ndim != 4:
            raise self.graph.refusal(node, f"kernel of shape {kernel.shape}, expected 4 sizes")
        self._require_channels_last(node)
        strides = self.graph.numbers(node, "strides")
        for key in ("strides", "dilations"):
            numbers = self.graph.numbers(node, key) or [1, 1, 1, 1]
            if len(numbers) != 4 or numbers[0] != 1 or numbers[3] != 1:
                raise self.graph.refusal(node, f"{key}={short(numbers)}, allowed are 1, a, b, 1")
        return {
            "filters": kernel.shape[3], "kernel_size": list(kernel.shape[:2]),
            "strides": (strides or [1, 1, 1, 1])[1:3],
            "dilation_rate": (self.graph.numbers(node, "dilations") or [1, 1, 1, 1])[1:3],
            "padding": self.graph.text(node, "padding").lower(),
        }  # fmt: skip

    def _require_channels_last(self, node: GraphNode) -> None:
        found = self.graph.text(node, "data_format", CHANNELS_LAST)
        if found != CHANNELS_LAST:
            raise self.graph.refusal(
                node, f"data_format={short(found)}, allowed is {CHANNELS_LAST}"
            )

    def _dense(self, node: GraphNode, kernel: Array) -> dict[str, Any]:
        for key in ("transpose_a", "transpose_b"):
            if any(self.graph.setting(node, key, 5)):
                raise self.graph.refusal(node, f"{key}, allowed is none")
        if kernel.ndim != 2:
            raise self.graph.refusal(node, f"kernel of shape {kernel.shape}, expected 2 sizes")
        return {"units": kernel.shape[1]}

    def _weights(self, node: GraphNode) -> tuple[Array, FixedPoint]:
        """The numbers that a product takes, and the type that its quantiser brings them to."""
        region = Region.before(self.graph, node.name)
        if region.roots:
            root = self.graph.node(region.roots[0])
            reason = f"weights made with {short(root.op)} ({short(root.name)}), allowed are"
            raise self.graph.refusal(node, f"{reason} constants and quantized_bits; else {ADVICE}")
        constants = region.constants()
        values = region.values({})
        if len(constants) != 1 or constants[0].name == node.name:
            steps = Steps.of(lambda _: values.reshape(-1))
        else:
            (constant,) = constants
            own = self.graph.constant(constant)
            steps = Steps.of(lambda given: region.values({constant.name: given}), own)
        kind = weight_type(steps) if steps is not None else None
        if values.dtype != np.float32 or kind is None:
            raise self.graph.refusal(
                node,
                f"weights that are not quantised to at most 16 bits, {values.reshape(-1)[:1]} "
                f"among them; else {ADVICE}",
            )
        return values, kind

    def _reshape(self, node: GraphNode) -> GraphNode:
        sizes = self._sizes(self.graph.input(node, 1))
        self._add(node, "Reshape", {"target_shape": sizes[1:]})
        return self.graph.input(node, 0)

    def _sizes(self, node: GraphNode) -> list[int]:
        """A shape, whose first size is that of the batch."""
        if node.op == "Pack":  # of the batch's size, which is looked up, and constants
            rest = [self.graph.input(node, place) for place in range(1, len(node.inputs))]
            return [-1, *(int(size) for each in rest for size in self._numbers(each))]
        return [int(size) for size in self._numbers(node)]

    def _numbers(self, node: GraphNode) -> Array:
        if node.op != CONSTANT:
            raise self.graph.refusal(node, f"no constant, expected {CONSTANT}")
        return self.graph.constant(node).reshape(-1)

    def _pad(self, node: GraphNode) -> GraphNode:
        if node.op == "PadV2" and self.graph.constant(self.graph.input(node, 2)).any():
            raise self.graph.refusal(node, "padding that is not zero")
        sizes = self._numbers(self.graph.input(node, 1)).tolist()
        if len(sizes) != 8 or any(sizes[:2] + sizes[6:]):
            raise self.graph.refusal(node, f"paddings={short(sizes)}, allowed are rows and columns")
        self._add(node, "ZeroPadding2D", {"padding": [sizes[2:4], sizes[4:6]]})
        return self.graph.input(node, 0)

    def _input(self, node: GraphNode) -> None:
        if self.graph.type_of(node, "dtype") != "f4":
            raise self.graph.refusal(node, "an input that is not of float32")
        sizes = self.graph.shape(node)
        self._add(node, "InputLayer", {"batch_input_shape": [None, *(sizes or [])[1:]]})


def _activation(kind: FixedPoint) -> dict[str, Any]:
    """The quantiser of QKeras that rounds to a type."""
    if not kind.signed:
        config = {"bits": kind.width, "integer": kind.integer}
        return {"class_name": "quantized_relu", "config": config}
    return _bits(kind)


def _bits(kind: FixedPoint) -> dict[str, Any]:
    config = {
        "bits": kind.width, "integer": kind.integer - int(kind.signed), "alpha": 1,
        "keep_negative": kind.signed, "symmetric": kind.overflow is Overflow.SAT_SYM,
    }  # fmt: skip
    return {"class_name": "quantized_bits", "config": config}
