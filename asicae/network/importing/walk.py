"""The chain of layers from the input of a model to its latents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.architecture import MAX_NODES, Call, Model, Node, Reference
from asicae.network.importing.tail import is_cut

SHOWN = 8
"""Names that a message lists at most."""
Levels = tuple[tuple[Model, Node], ...]
"""Models around one, from the outside, each with the node in it that leads inside."""


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
    around: Levels = ()
    if encoder is not None:
        around, model = _nested_model(model, encoder, source)
    elif latent is None:
        _require_choice(model, source)
    outside, holder = _holder(model, latent, source) if latent is not None else ((), model)
    path = _names((*around, *outside))
    end = _latent(holder, latent, source) if latent is not None else _only_output(holder, source)
    calls = [_call(node, 0, source) for _, node in outside]
    steps = _walk(holder, end, path, any(map(_trains, calls)), source)
    steps += _cuts_behind(holder, end, (*around, *outside), source)
    # A nested model goes on with what its parent feeds it.
    for place in range(len(outside) - 1, -1, -1):
        parent, node = outside[place]
        feeder = _feeder(node, calls[place], steps, source)
        if feeder is not None:
            trains = any(map(_trains, calls[:place]))
            steps = _walk(parent, feeder, path[: len(around) + place], trains, source) + steps
    return steps


def conditions(model: Model, first: Step) -> list[Node]:
    """Inputs beside that of the encoder, which begins with ``first``: they join behind it."""
    for name in first.path:
        inner = model.nodes[name].model if name in model.nodes else None
        model = inner or model
    names = [name for name, _ in model.inputs if name != first.node.name]
    return [model.nodes[name] for name in names if name in model.nodes]


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
            reference = _only_parent(node, call, source)
        else:
            output = _only_output(node.model, source)
            inside = _walk(node.model, output, (*path, name), trains, source)
            steps += reversed(inside)
            reference = _feeder(node, call, inside, source)
    return steps[::-1]


def _cuts_behind(model: Model, end: Reference, levels: Levels, source: str) -> list[Step]:
    """What follows the latents and clears bits of them, in their model or around it: see ``tail``.

    Raises:
        BadInput: two of them take the same latents.
    """
    steps: list[Step] = []
    seen = {end}
    while True:
        behind = _cuts_of(model, end)
        if len(behind) > 1 or seen & {reference for reference, _, _ in behind}:
            names = _some([node.name for _, node, _ in behind])
            raise BadInput(f"{source}: {names} take the output of {end[0]!r}, allowed is one layer")
        if behind:
            end, node, call = behind[0]
            seen.add(end)
            steps.append(Step(node, _names(levels), call.arguments))
        elif levels and [name for name, _ in model.outputs] == [end[0]]:
            (*outer, (model, node)) = levels  # on with what the model around it makes of it
            levels, end = tuple(outer), (node.name, 0)
            seen = {end}
        else:
            return steps


def _cuts_of(model: Model, end: Reference) -> list[tuple[Reference, Node, Call]]:
    """Calls that cut the output of one call."""
    several = end[0] in model.nodes and len(model.nodes[end[0]].calls) > 1
    wanted = end if several else end[:1]  # files count the calls of nested models from 0 or from 1
    return [
        ((name, number), node, call)
        for name, node in model.nodes.items()
        if is_cut(node.kind, node.config)
        for number, call in enumerate(node.calls)
        if [parent[: len(wanted)] for parent in call.parents] == [wanted]
    ]


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


def _feeder(node: Node, call: Call, steps: Sequence[Step], source: str) -> Reference | None:
    """What feeds the input of a nested model at which ``steps``, a chain inside it, begin."""
    inputs = [name for name, _ in node.model.inputs] if node.model is not None else []
    begin = steps[0].node.name if steps else ""
    if len(call.parents) == len(inputs) > 1 and inputs.count(begin) == 1:
        return call.parents[inputs.index(begin)]
    return _only_parent(node, call, source)


def _only_parent(node: Node, call: Call, source: str) -> Reference | None:
    parents = call.parents
    if len(parents) > 1:
        raise BadInput(
            f"{source}: layer {node.name!r} ({node.kind}) has {len(parents)} inputs, allowed is "
            "one; where conditions join the latents, choose the layer before with --latent"
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


def _nested_model(model: Model, name: str, source: str) -> tuple[Levels, Model]:
    """The model of that name and the models around it, each with its node of the next one."""
    paths = list(model.nested())
    found = [(path, path[-1][1].model) for path in paths if path[-1][1].name == name]
    if model.name == name:
        found.append(((), model))
    if len(found) != 1 or found[0][1] is None:
        names = sorted({model.name, *(path[-1][1].name for path in paths)})
        raise BadInput(f"{source}: {len(found)} models {short(name)}, found are {_some(names)}")
    return found[0][0], found[0][1]


def _holder(model: Model, layer: str, source: str) -> tuple[Levels, Model]:
    """The path to the one model that holds a layer of that name, and that model."""
    paths: list[Levels] = [(), *model.nested()]
    found = []
    for path in paths:
        holder = path[-1][1].model if path else model
        if holder is not None and layer in holder.nodes and holder.nodes[layer].model is None:
            found.append((path, holder))
    if len(found) != 1:
        names = [name for name, node in model.nodes.items() if node.kind != "InputLayer"]
        raise BadInput(f"{source}: {len(found)} layers {short(layer)}, found are {_some(names)}")
    return found[0]


def _names(levels: Levels) -> tuple[str, ...]:
    return tuple(node.name for _, node in levels)


def _some(names: Sequence[str]) -> str:
    """The first names for a message, each short and quoted."""
    shown = [short(name) for name in names[:SHOWN]]
    more = [f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return ", ".join([*shown, *more]) or "none"
