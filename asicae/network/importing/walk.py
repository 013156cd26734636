"""The layers between the input of a model and its latents, each behind those that it takes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.architecture import MAX_NODES, Model, Node
from asicae.network.importing.calls import Call, Reference
from asicae.network.importing.tail import is_cut

SHOWN = 8
"""Names that a message lists at most."""
Levels = tuple[tuple[Model, Node], ...]
"""Models around one, from the outside, each with the node in it that leads inside."""
ADVICE = "where conditions join the latents, choose the layer before with --latent"


@dataclass(frozen=True)
class Step:
    """One layer on the way to the latents, or one use of it.

    Attributes:
        path: names of the models it is nested in, from the outside.
        parents: places, in the order of all steps, of those whose outputs it takes.
        call: what it is called on.
        training: whether the call, or one of a model around it, says ``training=True``.
    """

    node: Node
    path: tuple[str, ...]
    parents: tuple[int, ...] = ()
    call: Call = field(default_factory=Call)
    training: bool = False


def walk(model: Model, encoder: str | None, latent: str | None, source: str) -> list[Step]:
    """The layers from the input to the latents, each behind those whose outputs it takes.

    Args:
        model: the model of the file.
        encoder: take the nested model of that name for the whole.
        latent: end at the layer of that name; the output of the model without it.
        source: names the file in messages.

    Raises:
        BadInput: nothing of such a name, several outputs, several inputs that reach the latents,
            an autoencoder without a choice of its half.
    """
    around: Levels = ()
    if encoder is not None:
        around, model = _nested_model(model, encoder, source)
    elif latent is None:
        _require_choice(model, source)
    outside, holder = _holder(model, latent, source) if latent is not None else ((), model)
    end = _latent(holder, latent, source) if latent is not None else _only_output(holder, source)
    scope = _Scope(model, _names(around))
    for _, node in outside:
        scope = scope.inside(node, _call(node, 0, source), source)
    found = _Walk(source)
    found.to(scope, end)
    steps = found.steps
    _require_one_input(steps, source)
    for step in _cuts_behind(holder, end, (*around, *outside), source):
        steps.append(replace(step, parents=(len(steps) - 1,)))
    return steps


def conditions(model: Model, first: Step) -> list[Node]:
    """Inputs beside that of the encoder, which begins with ``first``: they join behind it."""
    for name in first.path:
        inner = model.nodes[name].model if name in model.nodes else None
        model = inner or model
    names = [name for name, _ in model.inputs if name != first.node.name]
    return [model.nodes[name] for name in names if name in model.nodes]


@dataclass(frozen=True)
class _Scope:
    """A model in its place.

    Attributes:
        path: names of the models that it is nested in, and its own, from the outside.
        around: the model around it; None where nothing feeds it.
        call: what it is called on there.
        training: whether that call, or one around it, says ``training=True``.
    """

    model: Model
    path: tuple[str, ...]
    around: "_Scope | None" = None
    call: Call = field(default_factory=Call)
    training: bool = False

    def inside(self, node: Node, call: Call, source: str) -> "_Scope":
        """The model that is one of its layers.

        Raises:
            BadInput: it is called on more than outputs of layers.
        """
        if found := call.other or call.unread():
            raise BadInput(
                f"{source}: model {short(node.name)} is called on {found}, "
                "allowed are outputs of layers"
            )
        inner = node.model or self.model
        return _Scope(inner, (*self.path, node.name), self, call, self.training or call.trains)

    def feeders(self, name: str, source: str) -> "list[tuple[_Scope, Reference]]":
        """What feeds its input of that name from outside.

        Raises:
            BadInput: it is called on more or fewer tensors than it has inputs.
        """
        if self.around is None or not self.call.parents:
            return []
        parents, inputs = self.call.parents, [name for name, _ in self.model.inputs]
        place = 0
        if len(inputs) > 1 or len(parents) > 1:
            if len(inputs) != len(parents) or inputs.count(name) != 1:
                raise BadInput(
                    f"{source}: model {self.path[-1]!r} has {len(inputs)} inputs and is called on "
                    f"{len(parents)}, allowed are as many; {ADVICE}"
                )
            place = inputs.index(name)
        return [(self.around, parents[place])]


Key = tuple[tuple[str, ...], Reference]


@dataclass
class _Walk:
    """Steps, each behind those that it takes; nested models are unrolled."""

    source: str
    steps: list[Step] = field(default_factory=list)
    _places: dict[Key, int] = field(default_factory=dict)
    """Where the calls that are done stand among the steps."""

    def to(self, scope: _Scope, end: Reference) -> None:
        """All that the call ``end`` in a model is made of, and itself.

        Raises:
            BadInput: a layer that is not there or feeds itself, or too many of them.
        """
        begun: set[Key] = set()
        pending = [(scope, end)]
        while pending:
            scope, reference = pending[-1]
            key = self._key(scope, reference)
            if key in self._places:
                pending.pop()
                continue
            feeders = self._feeders(scope, reference)
            keys = [self._key(*feeder) for feeder in feeders]
            if any(each not in self._places for each in keys):
                if key in begun:
                    raise self._lost(reference[0])
                begun.add(key)
                pending += reversed(feeders)  # the first of them comes first
            else:
                self._finish(scope, reference, [self._places[each] for each in keys])
            if max(len(begun), len(self._places)) > MAX_NODES:
                raise BadInput(f"{self.source}: more than {MAX_NODES} calls of layers")

    def _finish(self, scope: _Scope, reference: Reference, parents: list[int]) -> None:
        key = self._key(scope, reference)
        node = scope.model.nodes[reference[0]]
        if node.model is not None:
            self._places[key] = parents[0]
            return
        call = _call(node, reference[1], self.source)
        trains = scope.training or call.trains
        self._places[key] = len(self.steps)
        self.steps.append(Step(node, scope.path, tuple(parents), call, trains))

    def _feeders(self, scope: _Scope, reference: Reference) -> list[tuple[_Scope, Reference]]:
        """The calls whose outputs a call takes; of a nested model the one that it gives on."""
        name, number = reference
        node = scope.model.nodes.get(name)
        if node is None:
            raise self._lost(name)
        call = _call(node, number, self.source)
        if node.model is not None:
            return [(scope.inside(node, call, self.source), _only_output(node.model, self.source))]
        if call.parents:
            return [(scope, parent) for parent in call.parents]
        return scope.feeders(name, self.source)

    def _key(self, scope: _Scope, reference: Reference) -> Key:
        """A call by models and layer, where that is called once whatever number the file has."""
        node = scope.model.nodes.get(reference[0])
        several = node is not None and len(node.calls) > 1
        return scope.path, (reference if several else (reference[0], 0))

    def _lost(self, name: str) -> BadInput:
        return BadInput(f"{self.source}: layer {short(name)} is not there or feeds itself")


def _require_one_input(steps: Sequence[Step], source: str) -> None:
    """Refuse a layer that takes what several inputs of the model become."""
    origins: list[int] = []
    for place, step in enumerate(steps):
        found = sorted({origins[parent] for parent in step.parents}) or [place]
        if len(found) > 1:
            names = _some([steps[start].node.name for start in found])
            raise BadInput(
                f"{source}: layer {step.node.name!r} ({step.node.kind}) joins {len(found)} inputs "
                f"of the model ({names}), allowed is one; {ADVICE}"
            )
        origins.append(found[0])


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
            steps.append(Step(node, _names(levels), call=call))
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
