"""The graph of a Keras model, read from its JSON as data, and the chain of layers to the latents.

Understood are Functional and Sequential models of Keras 2 and 3, nested or not. Nothing in the
configuration is looked up, imported or run: names stay text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.classes import class_of, foreign

MODELS = ("Functional", "Sequential", "Model")
MAX_NODES = 4096
MAX_NESTING = 8
MAX_NAME = 100
SHOWN = 8
"""Names that a message lists at most."""
Reference = tuple[str, int]
"""A layer, and which of its calls (as the file counts them)."""


@dataclass(frozen=True)
class Call:
    """One use of a layer.

    Attributes:
        parents: the calls whose outputs it takes.
        arguments: its keyword arguments.
    """

    parents: tuple[Reference, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Node:
    """One layer as it stands in the file.

    Attributes:
        name: its name.
        kind: its class, without package.
        foreign: why that is no class of Keras or QKeras; empty if it is one.
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


@dataclass(frozen=True)
class Model:
    """A model: its layers in file order, and its outputs."""

    name: str
    sequential: bool
    nodes: dict[str, Node]
    outputs: tuple[Reference, ...]

    def nested(self) -> Iterator[tuple[tuple["Model", Node], ...]]:
        """Paths to all nested models: (model, node in it) pairs from the outside to the inside."""
        for node in self.nodes.values():
            if node.model is not None:
                yield ((self, node),)
                for path in node.model.nested():
                    yield ((self, node), *path)


@dataclass(frozen=True)
class Step:
    """One layer of the chain, or one use of it.

    Attributes:
        path: names of the models it is nested in, from the outside.
        arguments: keyword arguments of the call.
        training: whether the call, or one of a model around it, says ``training=True``.
    """

    node: Node
    path: tuple[str, ...]
    arguments: dict[str, Any] = field(default_factory=dict)
    training: bool = False


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


def chain(model: Model, encoder: str | None, latent: str | None, source: str) -> list[Step]:
    """The layers from the input to the latents, in order.

    Args:
        model: the model of the file.
        encoder: take the nested model of that name for the whole.
        latent: end at the layer of that name; the output of the model without it.
        source: names the file in messages.

    Raises:
        BadInput: nothing of such a name, several outputs, a layer with several inputs, an
            autoencoder without a choice of its half.
    """
    base: tuple[str, ...] = ()
    if encoder is not None:
        base, model = _nested_model(model, encoder, source)
    elif latent is None:
        _require_choice(model, source)
    outside, holder = _holder(model, latent, source) if latent is not None else ((), model)
    path = (*base, *(node.name for _, node in outside))
    end = _latent(holder, latent, source) if latent is not None else _only_output(holder, source)
    calls = [_call(node, 0, source) for _, node in outside]
    steps = _walk(holder, end, path, any(map(_trains, calls)), source)
    # A nested model goes on with what its parent feeds it.
    for place in range(len(outside) - 1, -1, -1):
        parent, node = outside[place]
        feeder = _only_parent(node, calls[place], source)
        if feeder is not None:
            trains = any(map(_trains, calls[:place]))
            around = path[: len(base) + place]
            steps = _walk(parent, feeder, around, trains, source) + steps
    return steps


def _walk(
    model: Model, end: Reference, path: tuple[str, ...], training: bool, source: str
) -> list[Step]:
    """The chain inside ``model`` that ends with the call ``end``; nested models are unrolled."""
    steps: list[Step] = []
    reference: Reference | None = end
    seen: set[Reference] = set()
    while reference is not None:
        name, number = reference
        node = model.nodes.get(name)
        if node is None or reference in seen:
            raise BadInput(f"{source}: layer {short(name)} is not there or feeds itself")
        seen.add(reference)
        if len(seen) > MAX_NODES:
            raise BadInput(f"{source}: more than {MAX_NODES} calls of layers, one behind the other")
        call = _call(node, number, source)
        trains = training or _trains(call)
        if node.model is None:
            steps.append(Step(node, path, call.arguments, trains))
        else:
            output = _only_output(node.model, source)
            steps += reversed(_walk(node.model, output, (*path, name), trains, source))
        reference = _only_parent(node, call, source)
    return steps[::-1]


def _call(node: Node, number: int, source: str) -> Call:
    """The call of a layer that a reference counts as ``number``."""
    if len(node.calls) < 2:  # files count the calls of nested models from 0 or from 1
        return node.calls[0] if node.calls else Call()
    if node.model is not None:
        raise BadInput(
            f"{source}: model {node.name!r} is called {len(node.calls)} times, allowed is once"
        )
    if not 0 <= number < len(node.calls):
        raise BadInput(
            f"{source}: call {short(number)} of layer {node.name!r} is not there, "
            f"it is called {len(node.calls)} times"
        )
    return node.calls[number]


def _trains(call: Call) -> bool:
    return bool(call.arguments.get("training"))


def _only_parent(node: Node, call: Call, source: str) -> Reference | None:
    parents = call.parents
    if len(parents) > 1:
        raise BadInput(
            f"{source}: layer {node.name!r} ({node.kind}) has {len(parents)} inputs, allowed is one"
        )
    return parents[0] if parents else None


def _latent(holder: Model, name: str, source: str) -> Reference:
    """The call of the layer ``name`` that makes the latents: its only one, or the output."""
    ends = [reference for reference in holder.outputs if reference[0] == name]
    if len(ends) == 1:
        return ends[0]
    calls = len(holder.nodes[name].calls)
    if calls > 1:
        raise BadInput(
            f"{source}: layer {short(name)} is called {calls} times, so it does not say where the "
            "encoder ends; choose a layer that is called once"
        )
    return (name, 0)


def _only_output(model: Model, source: str) -> Reference:
    if len(model.outputs) != 1:
        raise BadInput(
            f"{source}: model {model.name!r} has {len(model.outputs)} outputs "
            f"({_some([name for name, _ in model.outputs])}), choose one with --latent"
        )
    return model.outputs[0]


def _require_choice(model: Model, source: str) -> None:
    nested = [path[-1][1].name for path in model.nested()]
    if len(nested) > 1:
        raise BadInput(
            f"{source}: holds the models {_some(nested)}; "
            f"choose the encoder with --encoder NAME ({short(model.name)} is all of it), or its "
            "last layer with --latent NAME"
        )


def _nested_model(model: Model, name: str, source: str) -> tuple[tuple[str, ...], Model]:
    """The model of that name and the names of the models around it, its own included."""
    found = [
        (tuple(node.name for _, node in path), path[-1][1].model)
        for path in model.nested()
        if path[-1][1].name == name
    ]
    if model.name == name:
        found.append(((), model))
    if len(found) != 1 or found[0][1] is None:
        names = sorted({model.name, *(path[-1][1].name for path in model.nested())})
        raise BadInput(f"{source}: {len(found)} models {short(name)}, found are {_some(names)}")
    return found[0][0], found[0][1]


def _holder(model: Model, layer: str, source: str) -> tuple[tuple[tuple[Model, Node], ...], Model]:
    """The path to the one model that holds a layer of that name, and that model."""
    paths: list[tuple[tuple[Model, Node], ...]] = [(), *model.nested()]
    found = []
    for path in paths:
        holder = path[-1][1].model if path else model
        if holder is not None and layer in holder.nodes and holder.nodes[layer].model is None:
            found.append((path, holder))
    if len(found) != 1:
        names = [name for name, node in model.nodes.items() if node.kind != "InputLayer"]
        raise BadInput(f"{source}: {len(found)} layers {short(layer)}, found are {_some(names)}")
    return found[0]


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
    return Model(name, False, nodes, tuple(_references(config.get("output_layers"))))


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
    read = tuple(Call(tuple(_references(call)), _arguments(call)) for call in calls)
    nested = _model(entry, source, depth + 1) if kind in MODELS and not other else None
    return Node(name, kind, config, read, nested, other)


def _in_a_row(nodes: dict[str, Node]) -> dict[str, Node]:
    """The layers of a Sequential model, each fed by the one before."""
    linked: dict[str, Node] = {}
    before: tuple[Call, ...] = ()
    for name, node in nodes.items():
        linked[name] = replace(node, calls=before)
        before = (Call(((name, 0),)),)
    return linked


def _references(value: Any) -> list[Reference]:
    """The calls whose tensors appear in a call, in order.

    Keras 2 writes ["name", node, tensor] (with arguments behind), Keras 3 a dictionary with
    keras_history.
    """
    found: list[Reference] = []
    pending = [value]  # the next one last
    while pending:
        item = pending.pop()
        if _is_reference(item):
            found.append((item[0], item[1]))
            pending += item[:2:-1]
        elif isinstance(item, dict):
            config = item.get("config")
            history = config.get("keras_history") if isinstance(config, dict) else None
            if isinstance(history, list) and _is_reference(history):
                found.append((history[0], history[1]))
            else:
                pending += reversed(item.values())
        elif isinstance(item, list):
            pending += reversed(item)
    return found


def _is_reference(item: Any) -> bool:
    return (
        isinstance(item, list)
        and len(item) >= 3
        and isinstance(item[0], str)
        and all(isinstance(number, int) for number in item[1:3])
    )


def _arguments(call: Any) -> dict[str, Any]:
    """Keyword arguments of a call."""
    if isinstance(call, dict):
        given = call.get("kwargs", {})
        return given if isinstance(given, dict) else {}
    while isinstance(call, list) and len(call) == 1 and not _is_reference(call):
        call = call[0]
    if _is_reference(call) and len(call) > 3 and isinstance(call[3], dict):
        return dict(call[3])
    return {}


def _some(names: Sequence[str]) -> str:
    """The first names for a message, each short and quoted."""
    shown = [short(name) for name in names[:SHOWN]]
    more = [f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return ", ".join([*shown, *more]) or "none"
