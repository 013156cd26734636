"""The graph of objects in a checkpoint: who holds which variable, under which name.

Field numbers are those of ``tensorflow/core/protobuf/trackable_object_graph.proto``. Keys of arrays
are whichever way TensorFlow found first; the graph has all of them, with the variables' own names.
"""

from dataclasses import dataclass, field
from typing import Final

from asicae.foundation.errors import BadInput
from asicae.network.importing.checkpoint.bundle import Bundle
from asicae.network.importing.frozen.wire import Messages, Value, signed

GRAPH: Final = "_CHECKPOINTABLE_OBJECT_GRAPH"
"""Key of it, as TensorFlow calls it."""
MAX_OBJECTS: Final = 1 << 16
MAX_VISITS: Final = 1 << 16
"""Names that are looked at, in all layers together; a layer has some ten."""
_VALUE: Final = "VARIABLE_VALUE"
_LISTS: Final = frozenset(
    {
        "keras_api",
        "non_trainable_variables",
        "regularization_losses",
        "trainable_variables",
        "variables",
    }
)
"""Where a SavedModel has the variables of a layer once more, by their numbers."""


@dataclass(frozen=True)
class Variable:
    """A variable.

    Attributes:
        key: of its array.
        name: its own, "conv/kernel", as its layer was called when it was made.
    """

    key: str
    name: str


@dataclass
class Object:
    """What it holds, by name, and its value if it is a variable."""

    children: dict[str, int] = field(default_factory=dict)
    variable: Variable | None = None


@dataclass
class Objects:
    """All objects of a checkpoint, the first of which holds the others."""

    source: str
    all: list[Object]
    left: int = MAX_VISITS

    @classmethod
    def of(cls, bundle: Bundle) -> "Objects":
        """Those of a checkpoint that has them.

        Raises:
            BadInput: damaged, too many, or one that is not there.
        """
        source, messages = bundle.source, bundle.messages
        found = [
            _object(messages, messages.message(value))
            for number, value in messages.fields(bundle.text(GRAPH))
            if number == 1
        ]
        if not 1 <= len(found) <= MAX_OBJECTS:
            raise BadInput(f"{source}: {len(found)} objects, allowed are 1 to {MAX_OBJECTS}")
        for each in found:
            for child in each.children.values():
                if not 0 <= child < len(found):
                    raise BadInput(f"{source}: object {child} of {len(found)} is named")
        return cls(source, found)

    def children(self, number: int) -> dict[str, int]:
        """What an object holds, by name.

        Raises:
            BadInput: too many names in all that were asked for.
        """
        found = self.all[number].children
        self.left -= len(found)
        if self.left < 0:
            raise BadInput(f"{self.source}: more than {MAX_VISITS} names of objects")
        return found

    def variables(self, start: int) -> dict[str, Variable]:
        """Variables of an object and of those in it, by the names on the way, the nearest first.

        Raises:
            BadInput: as ``children``.
        """
        found: dict[str, Variable] = {}
        seen, row = {start}, [("", start)]
        for before, number in row:
            for name, child in self.children(number).items():
                if name in _LISTS or child in seen:
                    continue
                seen.add(child)
                row.append((f"{before}{name}/", child))
                variable = self.all[child].variable
                if variable is not None:
                    found[f"{before}{name}"] = variable
        return found


def _object(messages: Messages, data: memoryview) -> Object:
    found = Object()
    for number, value in messages.fields(data):
        if number == 1:
            name, child = _child(messages, value)
            found.children[name] = child
        elif number == 2:
            found.variable = _variable(messages, value) or found.variable
    return found


def _child(messages: Messages, value: Value) -> tuple[str, int]:
    name, child = "", 0
    for number, part in messages.fields(messages.message(value)):
        if number == 1:
            child = signed(part)
        elif number == 2:
            name = messages.text(part)
    return name, child


def _variable(messages: Messages, value: Value) -> Variable | None:
    """None for another attribute than a value."""
    texts = {1: "", 2: "", 3: ""}
    for number, part in messages.fields(messages.message(value)):
        if number in texts:
            texts[number] = messages.text(part)
    return Variable(texts[3], texts[2]) if texts[1] == _VALUE else None
