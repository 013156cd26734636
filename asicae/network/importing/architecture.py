"""The graph of a Keras model, read from its JSON as data.

Understood are Functional and Sequential models of Keras 2 and 3, nested or not. Nothing in the
configuration is looked up, imported or run: names stay text.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.calls import Call, Reference, call_of, references
from asicae.network.importing.classes import class_of, foreign, of_hgq

MODELS = ("Functional", "Sequential", "Model")
MAX_NODES = 4096
MAX_NESTING = 8
MAX_NAME = 100


@dataclass(frozen=True)
class Node:
    """One layer as it stands in the file.

    Attributes:
        name: its name.
        kind: its class, without package.
        foreign: why that is no class of Keras or QKeras; empty if it is one.
        hgq: whether it is a class of HGQ2.
        config: its configuration.
        calls: what it is called on; empty for an input.
        model: the nested model, where the layer is one.
    """

    name: str
    kind: str
    config: dict[str, Any]
    calls: tuple[Call, ...] = ()
    model: "Model | None" = None
    foreign: str = ""
    hgq: bool = False


@dataclass(frozen=True)
class Model:
    """A model: its layers in file order, its outputs, and its inputs where the file names them."""

    name: str
    sequential: bool
    nodes: dict[str, Node]
    outputs: tuple[Reference, ...]
    inputs: tuple[Reference, ...] = ()

    def nested(self) -> Iterator[tuple[tuple["Model", Node], ...]]:
        """Paths to all nested models: (model, node in it) pairs from the outside to the inside."""
        for node in self.nodes.values():
            if node.model is not None:
                yield ((self, node),)
                for path in node.model.nested():
                    yield ((self, node), *path)


def model_of(content: Any, source: str) -> Model:
    """The model that a JSON value describes.

    Raises:
        BadInput: not a model, too large, nested too deeply, or with values of wrong types.
    """
    if not isinstance(content, dict) or not isinstance(content.get("class_name"), str):
        raise BadInput(f"{source}: no Keras model (class_name is missing)")
    if class_of(content) not in MODELS or foreign(content):
        found = foreign(content) or short(content["class_name"])
        raise BadInput(f"{source}: model class {found}, allowed are {', '.join(MODELS)} of Keras")
    return _model(content, source, 0)


def _model(content: dict[str, Any], source: str, depth: int) -> Model:
    if depth > MAX_NESTING:
        raise BadInput(f"{source}: models nested more than {MAX_NESTING} deep")
    sequential = class_of(content) == "Sequential"
    config = content.get("config")
    # Sequential models of early Keras versions are a bare list of layers.
    config = {"layers": config} if isinstance(config, list) else config
    layers = config.get("layers") if isinstance(config, dict) else None
    if not isinstance(config, dict) or not isinstance(layers, list) or not layers:
        raise BadInput(f"{source}: a model without layers")
    if len(layers) > MAX_NODES:
        raise BadInput(f"{source}: {len(layers)} layers, allowed are {MAX_NODES}")
    name = str(config.get("name", content.get("name", "model")))[:MAX_NAME]
    nodes: dict[str, Node] = {}
    for entry in layers:
        node = _node(entry, source, depth)
        if node.name in nodes:
            raise BadInput(f"{source}: two layers are named {node.name!r}")
        nodes[node.name] = node
    if sequential:
        return Model(name, True, _in_a_row(nodes), ((node.name, 0),))
    inputs, outputs = (references(config.get(f"{end}_layers")) for end in ("input", "output"))
    return Model(name, False, nodes, outputs, inputs)


def _node(entry: Any, source: str, depth: int) -> Node:
    config = entry.get("config") if isinstance(entry, dict) else None
    kind = entry.get("class_name") if isinstance(entry, dict) else None
    # Early Sequential models carry their layers as the configuration itself.
    config = {"layers": config} if isinstance(config, list) else config
    if not isinstance(config, dict) or not isinstance(kind, str):
        raise BadInput(f"{source}: a layer without class_name or config")
    name = config.get("name", entry.get("name"))
    if not isinstance(name, str) or not name:
        raise BadInput(f"{source}: a layer of class {short(kind)} without a name")
    if len(name) > MAX_NAME or len(kind) > MAX_NAME:
        raise BadInput(
            f"{source}: layer {short(name)}: name or class of more than {MAX_NAME} characters"
        )
    if not class_of(entry):
        raise BadInput(f"{source}: layer {short(name)}: {short(kind)} is no name of a class")
    kind, other = class_of(entry), foreign(entry)
    calls = entry.get("inbound_nodes", [])
    calls = calls if isinstance(calls, list) else [calls]
    read = tuple(map(call_of, calls))
    nested = _model(entry, source, depth + 1) if kind in MODELS and not other else None
    return Node(name, kind, config, read, nested, other, of_hgq(entry))


def _in_a_row(nodes: dict[str, Node]) -> dict[str, Node]:
    """The layers of a Sequential model, each fed by the one before."""
    linked: dict[str, Node] = {}
    before: tuple[Call, ...] = ()
    for name, node in nodes.items():
        linked[name] = replace(node, calls=before)
        before = (Call(((name, 0),)),)
    return linked
