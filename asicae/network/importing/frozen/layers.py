"""A frozen graph as Keras layers, as they stood before it was frozen.

From the latents back to the input: what lies between products is a quantiser, a product is a
QConv2D, QDepthwiseConv2D or QDense with the weights that its own operations make of the constants.
Poolings, sums of several tensors and what is put side by side stand between products as well.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint
from asicae.network.importing.architecture import Model, Node
from asicae.network.importing.calls import Call
from asicae.network.importing.frozen.elementwise import (
    ADDITIONS,
    CONSTANT,
    PRODUCTS,
    Region,
    is_sum,
)
from asicae.network.importing.frozen.graph import Graph, GraphNode
from asicae.network.importing.frozen.recognition import (
    Function,
    Steps,
    weight_type,
)
from asicae.network.importing.frozen.rounding import ADVICE, bits, rounded
from asicae.network.importing.frozen.windows import convolution, padding, pooling
from asicae.network.importing.model_file import StoredModel

KINDS: Final = {
    "Conv2D": "QConv2D",
    "DepthwiseConv2dNative": "QDepthwiseConv2D",
    "MatMul": "QDense",
    "MaxPool": "MaxPooling2D",
    "AvgPool": "AveragePooling2D",
}
"""Operations with a kernel or a window, and the layer that each is."""
DEPTHWISE: Final = "DepthwiseConv2dNative"
JOIN: Final = "ConcatV2"
CHANNELS_LAST: Final = "NHWC"
MAX_LAYERS: Final = 256
"""Of a graph."""
MAX_DEPTH: Final = 64
"""Of them behind one another, quantisers apart."""
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
    """From the end to the input, and from there on layer by layer.

    Attributes:
        made: by node of the graph, the layer whose output it is.
        taken: the same of what quantisers begin at.
    """

    graph: Graph
    end: GraphNode
    nodes: dict[str, Node] = field(default_factory=dict)
    arrays: dict[str, dict[str, Array]] = field(default_factory=dict)
    roundings: dict[str, Function] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)

    def model(self) -> FrozenModel:
        last = self._layer(self.end, None, 0)
        inputs = tuple((name, 0) for name in self.inputs)
        model = Model("graph", False, self.nodes, ((last, 0),), inputs)
        arrays: dict[tuple[str, ...], dict[str, Array]] = {
            (name,): found for name, found in self.arrays.items()
        }
        return FrozenModel(StoredModel(model, arrays), self.roundings)

    def _layer(self, node: GraphNode, rounding: Function | None, depth: int) -> str:
        """The layer whose output a node is; ``rounding`` is what rounds it further on."""
        if node.name in self.made:
            return self.made[node.name]
        if depth > MAX_DEPTH:
            raise self.graph.refusal(
                node, f"feeds itself, or more than {MAX_DEPTH} operations behind it"
            )
        region = Region.of_one_tensor(self.graph, node.name)
        root = region.root
        found, behind = rounded(region, last=node is self.end)
        rounding = rounding if found is None else found
        if root.name not in self.taken:
            self.taken[root.name] = self._structure(root, rounding, depth + 1)
        name = self.taken[root.name]
        for own, kind, config, arguments in behind:
            name = self._add(own, kind, config, [name], arguments)
        self.made[node.name] = name
        return name

    def _add(
        self,
        node: GraphNode,
        kind: str,
        config: dict[str, Any],
        parents: Sequence[str],
        arguments: dict[str, Any] | None = None,
    ) -> str:
        """A layer, called what the user called it: Keras names a layer's operations "its/name"."""
        if len(self.nodes) == MAX_LAYERS:
            raise self.graph.refusal(node, f"more than {MAX_LAYERS} layers")
        parts = node.name.split("/")
        name = parts[-2] if len(parts) > 1 and parts[-2] not in self.nodes else node.name
        while name in self.nodes:
            name += "_"
        call = Call(tuple((parent, 0) for parent in parents), arguments or {})
        self.nodes[name] = Node(name, kind, {"name": name, **config}, (call,) if parents else ())
        return name

    # -- layers --------------------------------------------------------------------------------

    def _structure(self, root: GraphNode, rounding: Function | None, depth: int) -> str:
        """The layer that a region begins at, with all in front of it."""
        if is_sum(self.graph, root):
            self._require_channels_last(root)
            product = self.graph.input(root, 0)
            return self._product(product, self.graph.input(root, 1), rounding, depth)
        handlers: dict[str, Callable[[], str]] = {
            "Placeholder": lambda: self._input(root),
            "Reshape": lambda: self._reshape(root, rounding, depth),
            "Pad": lambda: self._pad(root, rounding, depth),
            "PadV2": lambda: self._pad(root, rounding, depth),
            **dict.fromkeys(PRODUCTS, lambda: self._product(root, None, rounding, depth)),
            "BiasAdd": lambda: self._no_sum(root),
            "MaxPool": lambda: self._max_pool(root, rounding, depth),
            "AvgPool": lambda: self._average_pool(root, rounding, depth),
            JOIN: lambda: self._join(root, rounding, depth),
            **dict.fromkeys(ADDITIONS, lambda: self._addition(root, rounding, depth)),
        }
        if root.op not in handlers:
            known = [op for op in handlers if op != "Placeholder"]
            allowed = ", ".join([*known, "quantisers of QKeras"])
            raise self.graph.refusal(
                root, f"no operation of a quantised encoder, allowed are {allowed}; else {ADVICE}"
            )
        return handlers[root.op]()

    def _before(self, node: GraphNode, rounding: Function | None, depth: int) -> list[str]:
        return [self._layer(self.graph.input(node, 0), rounding, depth)]

    def _no_sum(self, node: GraphNode) -> str:
        on = self.graph.input(node, 0).op
        raise self.graph.refusal(node, f"a bias on {on}, allowed are {', '.join(PRODUCTS)}")

    def _product(
        self, node: GraphNode, bias: GraphNode | None, rounding: Function | None, depth: int
    ) -> str:
        before = self._before(node, None, depth)
        kernel, kind = self._weights(self.graph.input(node, 1))
        kernel_key = "depthwise_quantizer" if node.op == DEPTHWISE else "kernel_quantizer"
        config: dict[str, Any] = {kernel_key: bits(kind), "use_bias": bias is not None}
        arrays = {"kernel": kernel}
        if bias is not None:
            arrays["bias"], kind = self._weights(bias)
            config["bias_quantizer"] = bits(kind)
        if node.op == "MatMul":
            config |= self._dense(node, kernel)
        else:
            self._require_channels_last(node)
            config |= convolution(self.graph, node, kernel)
        name = self._add(node, KINDS[node.op], config, before)
        self.arrays[name] = arrays
        return self._rounds(name, rounding)

    def _rounds(self, name: str, rounding: Function | None) -> str:
        """The layer of that name, whose sums are rounded so."""
        if rounding is not None:
            self.roundings[name] = rounding
        return name

    def _max_pool(self, node: GraphNode, rounding: Function | None, depth: int) -> str:
        self._require_channels_last(node)
        before = self._before(node, rounding, depth)  # which rises with every value
        return self._add(node, KINDS[node.op], pooling(self.graph, node), before)

    def _average_pool(self, node: GraphNode, rounding: Function | None, depth: int) -> str:
        self._require_channels_last(node)
        before = self._before(node, None, depth)
        name = self._add(node, KINDS[node.op], pooling(self.graph, node), before)
        return self._rounds(name, rounding)

    def _join(self, node: GraphNode, rounding: Function | None, depth: int) -> str:
        last = max(len(node.inputs) - 1, 0)
        axis = self._numbers(self.graph.input(node, last))
        if len(axis) != 1:
            raise self.graph.refusal(node, f"axis={short(axis)}, allowed is one")
        seen = [self.graph.input(node, place) for place in range(last)]
        before = [self._layer(each, rounding, depth) for each in seen]
        return self._add(node, "Concatenate", {"axis": axis[0]}, before)

    def _addition(self, node: GraphNode, rounding: Function | None, depth: int) -> str:
        before = [self._layer(self.graph.input(node, place), None, depth) for place in (0, 1)]
        return self._rounds(self._add(node, "Add", {}, before), rounding)

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
        region.require_own_shapes()
        constants = region.constants()
        values = region.values({})
        if len(constants) != 1 or constants[0].name == node.name:
            steps = Steps.of(lambda _: values.reshape(-1))
        else:
            (constant,) = constants
            own = self.graph.constant(constant)
            steps = Steps.of(lambda given: region.each(constant.name, given, own.ndim), own)
        kind = weight_type(steps) if steps is not None else None
        if values.dtype != np.float32 or kind is None:
            raise self.graph.refusal(
                node,
                f"weights that are not quantised to at most 16 bits, {values.reshape(-1)[:1]} "
                f"among them; else {ADVICE}",
            )
        return values, kind

    def _reshape(self, node: GraphNode, rounding: Function | None, depth: int) -> str:
        sizes = self._sizes(self.graph.input(node, 1))
        before = self._before(node, rounding, depth)
        return self._add(node, "Reshape", {"target_shape": sizes[1:]}, before)

    def _sizes(self, node: GraphNode) -> list[int]:
        """A shape, whose first size is that of the batch."""
        if node.op == "Pack":  # of the batch's size, which is looked up, and constants
            rest = [self.graph.input(node, place) for place in range(1, len(node.inputs))]
            return [-1, *(size for each in rest for size in self._numbers(each))]
        return self._numbers(node)

    def _numbers(self, node: GraphNode) -> list[int]:
        """Whole numbers of a constant: sizes, or an axis."""
        if node.op != CONSTANT:
            raise self.graph.refusal(node, f"no constant, expected {CONSTANT}")
        found = self.graph.constant(node)
        if found.dtype.kind != "i":
            raise self.graph.refusal(node, f"numbers of {found.dtype}, allowed are int32 and int64")
        return [int(number) for number in found.reshape(-1)]

    def _pad(self, node: GraphNode, rounding: Function | None, depth: int) -> str:
        sizes = self._numbers(self.graph.input(node, 1))
        found = padding(self.graph, node, sizes)
        return self._add(node, "ZeroPadding2D", found, self._before(node, rounding, depth))

    def _input(self, node: GraphNode) -> str:
        if self.graph.type_of(node, "dtype") != "f4":
            raise self.graph.refusal(node, "an input that is not of float32")
        sizes = self.graph.shape(node)
        shape = {"batch_input_shape": [None, *(sizes or [])[1:]]}
        self.inputs.append(self._add(node, "InputLayer", shape, []))
        return self.inputs[-1]
