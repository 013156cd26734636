"""Calls of layers in a model file: the tensors that they take, and all that they take beside them.

Keras 2 writes ["name", node, tensor, arguments] for each tensor and ["_CONSTANT_VALUE", -1, value,
arguments] for a constant (``tf_keras/src/engine/node.py``), Keras 3 the positional and the keyword
arguments, tensors among them as dictionaries with ``keras_history`` (``serialize_node`` in
``keras/src/models/functional.py``).
"""

from dataclasses import dataclass, field
from typing import Any, Final

from asicae.foundation.validation import short

Reference = tuple[str, int]
"""A layer, and which of its calls (as the file counts them)."""
FIRST: Final = "inputs"
"""What the first argument of a layer is called, where its name is given."""
TRAINING: Final = "training"
"""The argument that any layer may have: whether it is being trained."""
_TENSOR: Final = "__keras_tensor__"
_CONSTANT: Final = "_CONSTANT_VALUE"


@dataclass(frozen=True)
class Call:
    """One use of a layer.

    Attributes:
        parents: the calls whose outputs it takes.
        arguments: its keyword arguments.
        other: what stands among its tensors and is none, quoted and short; empty if nothing does.
    """

    parents: tuple[Reference, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)
    other: str = ""

    @property
    def trains(self) -> bool:
        """Whether it says ``training=True``."""
        return bool(self.arguments.get(TRAINING))

    def unread(self, *read: str) -> str:
        """An argument that is given and is none of ``read``, as key=value; empty if there is none.

        Whether a layer is being trained is always read.
        """
        for key, value in self.arguments.items():
            is_read = value in (False, True) if key == TRAINING else key in read
            if not is_read and not _is_nothing(value):
                return f"{short(key)[1:-1]}={short(value)}"
        return ""


def call_of(value: Any) -> Call:
    """The call that an entry of ``inbound_nodes`` describes."""
    if isinstance(value, dict) and ("args" in value or "kwargs" in value):
        given, named = value.get("args"), value.get("kwargs")
        arguments = dict(named) if isinstance(named, dict) else {}
        if not given and FIRST in arguments:
            given = arguments.pop(FIRST)
        parents, _, other = _taken(given)
        other = other or ("" if isinstance(named, dict | None) else f"kwargs={short(named)}")
    else:
        parents, each, other = _taken(value)
        arguments = each[0] if each else {}
        if any(another != arguments for another in each):
            other = other or "tensors of which each has other arguments"
    return Call((*parents, *references(list(arguments.values()))), arguments, other)


def references(value: Any) -> tuple[Reference, ...]:
    """The calls whose tensors stand anywhere in a value, in order; of a dictionary by its keys."""
    found: list[Reference] = []
    pending = [value]  # the next one last
    while pending:
        item = pending.pop()
        reference = _reference(item)
        if reference is not None:
            found.append(reference)
        elif isinstance(item, dict):
            pending += (item[key] for key in sorted(item, reverse=True))
        elif isinstance(item, list):
            pending += reversed(item)
    return tuple(found)


def _taken(value: Any) -> tuple[list[Reference], list[dict[str, Any]], str]:
    """The tensors of a nest of lists, the arguments that stand with them, and what is no tensor."""
    found: list[Reference] = []
    arguments: list[dict[str, Any]] = []
    other = ""
    pending = [value]  # the next one last
    while pending:
        item = pending.pop()
        reference = _reference(item)
        found += [] if reference is None else [reference]
        if isinstance(item, list) and item and isinstance(item[0], str):
            behind = item[3:] or [{}]
            is_whole = len(behind) == 1 and isinstance(behind[0], dict)
            arguments += behind if is_whole else []
            other = other or ("" if is_whole and reference is not None else short(item))
        elif isinstance(item, list):
            pending += reversed(item)
        elif isinstance(item, dict) and len(item) == 1:
            pending += item.values()
        elif item is not None and reference is None:
            other = other or short(item)
    return found, arguments, other


def _reference(item: Any) -> Reference | None:
    """The call whose output a tensor is; None for what is no tensor."""
    if isinstance(item, dict) and item.get("class_name") == _TENSOR:
        config = item.get("config")
        item = config.get("keras_history") if isinstance(config, dict) else None
    if not isinstance(item, list) or len(item) < 3 or not isinstance(item[0], str):
        return None
    if item[0] == _CONSTANT or not all(isinstance(number, int) for number in item[1:3]):
        return None
    return item[0], item[1]


def _is_nothing(value: Any) -> bool:
    """Whether an argument is not given: None, or one None for each tensor, as masks are."""
    return value is None or (isinstance(value, list) and all(map(_is_nothing, value)))
