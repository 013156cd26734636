"""Which array of a checkpoint belongs to which layer of a model.

Keras 2 gives every model's object a child ``layer-K`` for its K-th layer, whether it has weights or
not, beside ``layer_with_weights-N``: so the places alone tell the layers apart, and the names that
the variables have of their layers must not speak against it. TensorFlow 1 has variables by name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.architecture import Model, Node
from asicae.network.importing.checkpoint.bundle import INTEGERS, Bundle
from asicae.network.importing.checkpoint.objects import GRAPH, Objects, Variable
from asicae.network.importing.hdf5 import Array

_LAYER: Final = re.compile(r"layer-\d+")
_SHOWN: Final = 8
Address = tuple[str, ...]
"""Names of the models that a layer is nested in, and its own."""


def arrays_of(index: Path, model: Model, source: str) -> dict[Address, dict[str, Array]]:
    """Arrays of all layers of a model, as in ``StoredModel``; ``source`` names the index.

    Raises:
        BadInput: a damaged or hostile checkpoint, or one of another model.
    """
    bundle = Bundle.read(index, source)
    if GRAPH not in bundle.entries:
        return _by_name(bundle, model)
    objects = Objects.of(bundle)
    return dict(_Places(bundle, objects, model).arrays(model, _root(objects, model), ()))


def _root(objects: Objects, model: Model) -> int:
    """The object of the model: the first, or the one in it that holds layers.

    Raises:
        BadInput: there is none, or there are several.
    """
    children = objects.all[0].children
    if "layer-0" in children:
        return 0
    found = {name: each for name, each in children.items() if _holds_layers(objects, each)}
    if len(set(found.values())) != 1 and model.name not in found:
        names = ", ".join(short(name) for name in [*(found or children)][:_SHOWN]) or "nothing"
        what = f"holds {len(found)} models" if found else "holds no layers of Keras 2 (layer-0)"
        raise BadInput(
            f"{objects.source}: {what}, found are {names}; allowed is one, or one that is called "
            f"{short(model.name)} as the model"
        )
    return found.get(model.name) or next(iter(found.values()))


def _holds_layers(objects: Objects, number: int) -> bool:
    return "layer-0" in objects.all[number].children


@dataclass
class _Places:
    """Arrays by the places of their layers."""

    bundle: Bundle
    objects: Objects
    whole: Model
    _names: set[str] = field(init=False)
    """Of all layers."""

    def __post_init__(self) -> None:
        self._names = {address[-1] for address, _ in _layers(self.whole, ())}

    def arrays(
        self, model: Model, number: int, path: Address
    ) -> Iterator[tuple[Address, dict[str, Array]]]:
        """Of the layers of a model, which is the object ``number``."""
        children = self.objects.children(number)
        # Sequential models have their input among the layers of the file, but not of the object.
        layers = [
            node
            for node in model.nodes.values()
            if not (model.sequential and node.kind == "InputLayer")
        ]
        count = sum(_LAYER.fullmatch(name) is not None for name in children)
        wanted = [f"layer-{place}" for place in range(len(layers))]
        if count != len(layers) or not all(name in children for name in wanted):
            raise BadInput(
                f"{self.bundle.source}: {count} layers, expected {len(layers)} of model "
                f"{short(path[-1] if path else model.name)}: it is of another model"
            )
        for name, node in zip(wanted, layers, strict=True):
            if node.model is not None:
                yield from self.arrays(node.model, children[name], (*path, node.name))
            else:
                yield (*path, node.name), self._arrays_of(node, children[name])

    def _arrays_of(self, node: Node, number: int) -> dict[str, Array]:
        variables = self.objects.variables(number)
        for variable in variables.values():
            parts = variable.name.split("/")[:-1]
            others = [part for part in parts if part in self._names]
            if others and node.name not in parts:
                raise BadInput(
                    f"{self.bundle.source}: variable {short(variable.name)} in the place of layer "
                    f"{short(node.name)}, and {short(others[-1])} is another: the weights are of a "
                    "model whose layers stand otherwise"
                )
        return _arrays(self.bundle, node.name, variables)


def _arrays(bundle: Bundle, layer: str, variables: Mapping[str, Variable]) -> dict[str, Array]:
    """Arrays of a layer: kernel before bias, counters and seeds left out."""
    where = f"{bundle.source}: layer {short(layer)}"
    return {
        name: bundle.array(variable.key, f"{where}: array {short(name)}")
        for name, variable in sorted(variables.items(), key=lambda item: item[0] == "bias")
        if not _is_counter(bundle, variable.key)
    }


def _is_counter(bundle: Bundle, key: str) -> bool:
    return key in bundle.entries and bundle.entries[key].kind in INTEGERS


def _by_name(bundle: Bundle, model: Model) -> dict[Address, dict[str, Array]]:
    """Arrays whose keys end in "layer/kernel", as variables of TensorFlow 1 are called.

    Raises:
        BadInput: none does; two do for one array, or two layers have that name.
    """
    addresses: dict[str, list[Address]] = {}
    for address, _ in _layers(model, ()):
        addresses.setdefault(address[-1], []).append(address)
    found: dict[str, dict[str, Variable]] = {}
    for key in bundle.entries:
        *_, layer, name = ["", *key.split("/")]
        if layer not in addresses:
            continue
        other = found.setdefault(layer, {}).get(name)
        if other is not None or len(addresses[layer]) > 1:
            reason = f"so is {short(other.key)}" if other else "several layers have that name"
            raise BadInput(
                f"{bundle.source}: {short(key)} is {name!r} of layer {short(layer)}, and {reason}"
            )
        found[layer][name] = Variable(key, key)
    if not found:
        names = ", ".join(short(key) for key in [*bundle.entries][:_SHOWN]) or "none"
        raise BadInput(f"{bundle.source}: no array of a layer of the model, found are {names}")
    return {
        addresses[layer][0]: _arrays(bundle, layer, variables) for layer, variables in found.items()
    }


def _layers(model: Model, path: Address) -> Iterator[tuple[Address, Node]]:
    """All layers that are no models, with their addresses."""
    for node in model.nodes.values():
        if node.model is not None:
            yield from _layers(node.model, (*path, node.name))
        else:
            yield (*path, node.name), node
