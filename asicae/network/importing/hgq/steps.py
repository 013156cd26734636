"""Layers of HGQ2 on the way to the latents as layers of QKeras.

HGQ2 quantises what a layer takes (iq), its kernel and bias (kq, bq), and what it gives (oq). In
QKeras each of the four is a quantiser, the first and the last in an activation of its own; kernel
and bias are what HGQ2 makes of them, in the narrowest type that holds them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing import fields
from asicae.network.importing.architecture import Node
from asicae.network.importing.folding import numbers_of_float32
from asicae.network.importing.frozen.rounding import bits
from asicae.network.importing.hgq.bits import Bits
from asicae.network.importing.hgq.weights import quantised, type_of
from asicae.network.importing.model_file import StoredModel
from asicae.network.importing.quantisers import Quantiser
from asicae.network.importing.walk import Step

WEIGHTED: Final = ("QConv2D", "QDense")
QUANTISER: Final = "Quantizer"
OF_KERAS: Final = (
    "Activation",
    "Dropout",
    "Flatten",
    "Identity",
    "InputLayer",
    "ReLU",
    "Reshape",
    "ZeroPadding2D",
)
"""Layers of Keras that may stand between those of HGQ2."""
ACTIVATIONS: Final = (None, "linear", "relu")
Arrays = dict[str, npt.NDArray[Any]]


def as_qkeras(
    stored: StoredModel, steps: Sequence[Step], source: str
) -> tuple[StoredModel, list[Step]]:
    """The same steps, if none is a layer of HGQ2, else with those of QKeras in their place.

    Raises:
        BadInput: a layer or quantiser of HGQ2 that nothing of QKeras is; a layer of others among
            them that may not be there.
    """
    if not any(step.node.hgq for step in steps):
        return stored, list(steps)
    return _Translation(stored, source).of(steps)


@dataclass
class _Translation:
    """Steps so far; ``source`` names the file in messages.

    Attributes:
        places: of each old step, where the new one is whose output is the same.
        arrays: of the layers so far.
    """

    stored: StoredModel
    source: str
    steps: list[Step] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    arrays: dict[tuple[str, ...], Arrays] = field(default_factory=dict)

    def of(self, steps: Sequence[Step]) -> tuple[StoredModel, list[Step]]:
        seen: set[int] = set()
        for step in steps:
            node = step.node
            parents = tuple(self.places[parent] for parent in step.parents)
            self._require_known(step)
            if node.hgq and id(node) in seen:
                raise self._refusal(node, "used twice, allowed is once")
            seen.add(id(node))
            own = replace(step, parents=parents)
            if node.hgq:
                self._unfold(own)
            else:
                self.steps.append(own)
            self.places.append(len(self.steps) - 1)
        if steps[-1].node.kind in WEIGHTED and steps[-1].node.config.get("enable_oq") is not True:
            raise self._refusal(
                steps[-1].node, "the latents are not quantised, allowed is enable_oq=True"
            )
        return replace(self.stored, arrays=self.stored.arrays | self.arrays), self.steps

    def _require_known(self, step: Step) -> None:
        node = step.node
        known = (*WEIGHTED, QUANTISER) if node.hgq else OF_KERAS
        if node.kind not in known or (node.foreign and not node.hgq):
            raise self._refusal(
                node,
                f"allowed beside layers of HGQ2 are its {', '.join((*WEIGHTED, QUANTISER))}, and "
                f"of Keras {', '.join(OF_KERAS)}",
            )
        if node.kind == "ReLU":
            fields.require(self.source, node, "negative_slope", 0, 0.0, None)
        if node.kind != QUANTISER and node.config.get("activation") not in ACTIVATIONS:
            found = short(node.config.get("activation"))
            raise self._refusal(node, f"activation={found}, allowed are linear, relu")
        if step.training:
            raise self._refusal(node, "training=True, so that it does not wrap, allowed is False")

    def _unfold(self, step: Step) -> None:
        """A layer of HGQ2, with its quantisers before and behind it."""
        node = step.node
        arrays = self.stored.arrays_of(step.path, node.name)
        if node.kind == QUANTISER:
            own = _below(arrays, "quantizer")
            self._quantise(step, node.name, node.config.get("config"), own)
            return
        for key in ("enable_iq", "enable_oq"):
            if not isinstance(node.config.get(key), bool):
                raise self._refusal(
                    node, f"{key}={short(node.config.get(key))}, allowed are True, False"
                )
        before = step
        if node.config["enable_iq"]:
            own = _below(arrays, "iq/quantizer")
            self._quantise(step, f"{node.name}_iq", node.config.get("iq_conf"), own)
            before = replace(step, parents=(len(self.steps) - 1,))
        self.steps.append(replace(before, node=self._weighted(step, arrays)))
        if node.config["enable_oq"]:
            behind = replace(step, parents=(len(self.steps) - 1,))
            own = _below(arrays, "oq/quantizer")
            self._quantise(behind, f"{node.name}_oq", node.config.get("oq_conf"), own)

    def _quantise(self, step: Step, name: str, value: Any, arrays: Arrays) -> None:
        where = f"{self.source}: layer {short(name)}"
        kind = Bits.of(value, arrays, where).type()
        config = {"activation": Quantiser(str(kind), kind, False, kind.quantise)}
        dtype = {key: step.node.config[key] for key in ("dtype",) if key in step.node.config}
        self.steps.append(replace(step, node=Node(name, "QActivation", config | dtype)))

    def _weighted(self, step: Step, arrays: Arrays) -> Node:
        node = step.node
        has_bias = node.config.get("use_bias")
        if not isinstance(has_bias, bool):
            raise self._refusal(node, f"use_bias={short(has_bias)}, allowed are True, False")
        config, found = dict(node.config), {}
        for number, (name, key) in enumerate((("kernel", "kq"), ("bias", "bq"))[: 1 + has_bias]):
            where = f"{self.source}: layer {short(f'{node.name}_{key}')}"
            values = arrays.get(str(number))
            if values is None:
                raise BadInput(f"{where}: no array of the {name}")
            own = Bits.of(node.config.get(f"{key}_conf"), _below(arrays, f"{key}/quantizer"), where)
            found[name] = quantised(numbers_of_float32(values, where), own)
            config[f"{name}_quantizer"] = bits(type_of(found[name], where))
        self.arrays[(*step.path, node.name)] = dict(found)
        return Node(node.name, node.kind, config)

    def _refusal(self, node: Node, reason: str) -> BadInput:
        return fields.refusal(self.source, node, reason)


def _below(arrays: Arrays, prefix: str) -> Arrays:
    """The arrays of a layer inside a layer, by number."""
    return {
        key.rpartition("/")[2]: array
        for key, array in arrays.items()
        if key.rpartition("/")[0] == prefix
    }
