"""A GraphDef of TensorFlow as data: nodes, their inputs, and the arrays of their constants.

Field numbers are those of ``graph.proto``, ``node_def.proto``, ``attr_value.proto``,
``tensor.proto`` and ``tensor_shape.proto`` in ``tensorflow/core/framework``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.frozen.wire import Messages, Value, float_of, signed

MAX_NODES: Final = 4096
MAX_INPUTS: Final = 64
MAX_RANK: Final = 4
MAX_BYTES: Final = 64 << 20
"""Of all constants together."""
MAX_SINGLE: Final = 1 << 20
"""Numbers that are written one by one, each an object of Python while it is read."""
MAX_WORK: Final = 1 << 32
"""Numbers that are worked out of one file; of a model they are some hundred millions."""
TYPES: Final = {1: "f4", 2: "f8", 3: "i4", 9: "i8", 10: "?"}
"""NumPy's type by TensorFlow's number; others have no meaning here."""
_VALUES: Final = {5: "f4", 6: "f8", 7: "i4", 10: "i8", 11: "?"}
"""NumPy's type of the values that a field of a tensor holds one by one."""
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class GraphNode:
    """One operation.

    Attributes:
        name: its name.
        op: what it does.
        inputs: names of the nodes whose first output it takes.
        attrs: its settings, each still a message.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    attrs: Mapping[str, memoryview]


@dataclass
class Graph:
    """A graph by the names of its nodes; ``source`` names the file in messages.

    Attributes:
        left: bytes of constants that may still be read.
        work: numbers that may still be worked out.
    """

    source: str
    nodes: dict[str, GraphNode]
    messages: Messages
    left: int = MAX_BYTES
    work: int = MAX_WORK
    _constants: dict[str, Array] = field(default_factory=dict)

    @classmethod
    def read(cls, data: bytes, source: str) -> "Graph":
        """The graph that a file holds.

        Raises:
            BadInput: it is no graph, a SavedModel, too large, or with functions of its own.
        """
        messages = Messages(source)
        nodes: dict[str, GraphNode] = {}
        for number, value in messages.fields(memoryview(data)):
            if number == 2 and not isinstance(value, int):
                raise BadInput(
                    f"{source}: a SavedModel, which keeps its weights elsewhere, allowed is a "
                    "frozen graph; or save the model in Keras: model.save('model.keras')"
                )
            if number != 1 or isinstance(value, int):
                continue
            node = _node(messages, value)
            if node.name in nodes:
                raise BadInput(f"{source}: two nodes are named {short(node.name)}")
            if len(nodes) == MAX_NODES:
                raise BadInput(f"{source}: more than {MAX_NODES} nodes")
            nodes[node.name] = node
        if not nodes:
            raise BadInput(f"{source}: no readable graph of TensorFlow (it has no nodes)")
        return cls(source, nodes, messages)

    def node(self, name: str) -> GraphNode:
        """The node of that name.

        Raises:
            BadInput: there is none.
        """
        if name not in self.nodes:
            raise BadInput(f"{self.source}: node {short(name)} is not there")
        return self.nodes[name]

    def input(self, node: GraphNode, place: int) -> GraphNode:
        """An input of a node."""
        if place >= len(node.inputs):
            raise self.refusal(node, f"{len(node.inputs)} inputs, expected {place + 1}")
        return self.node(node.inputs[place])

    def refusal(self, node: GraphNode, reason: str) -> BadInput:
        """What cannot be taken, with file and node."""
        return BadInput(f"{self.source}: node {short(node.name)} ({node.op}): {reason}")

    # -- settings ------------------------------------------------------------------------------

    def setting(self, node: GraphNode, key: str, number: int) -> list[Value]:
        """Values of one field of a setting; empty where it is not there."""
        message = node.attrs.get(key)
        if message is None:
            return []
        return [value for found, value in self.messages.fields(message) if found == number]

    def text(self, node: GraphNode, key: str, default: str = "") -> str:
        """A setting that is a text."""
        found = self.setting(node, key, 2)
        return self.messages.text(found[-1]) if found else default

    def type_of(self, node: GraphNode, key: str) -> str:
        """A setting that is a type, as NumPy calls it."""
        found = self.setting(node, key, 6)
        number = found[-1] if found else 0
        if number not in TYPES:
            raise self.refusal(node, f"type {short(number)}, allowed are float, double, int, bool")
        return TYPES[number] if isinstance(number, int) else ""

    def numbers(self, node: GraphNode, key: str) -> list[int] | None:
        """A setting that is a list of whole numbers; None where it is not there."""
        lists = self.setting(node, key, 1)
        if not lists:
            return None
        found: list[int] = []
        for number, value in self.messages.fields(self.messages.message(lists[-1])):
            if number == 3:
                found += self._whole(value)
        return found

    def shape(self, node: GraphNode) -> list[int] | None:
        """Its setting ``shape``, -1 for a size that is open; None where it is not told."""
        found = self.setting(node, "shape", 7)
        return self._sizes(self.messages.message(found[-1])) if found else None

    def _whole(self, value: Value) -> list[int]:
        """One number, or all that are packed into a field."""
        if isinstance(value, int):
            return [signed(value)]
        found, place = [], 0
        self._require_few(len(value))
        while place < len(value):
            number, place = self.messages.varint(value, place)
            found.append(signed(number))
        return found

    def _sizes(self, shape: memoryview) -> list[int] | None:
        sizes: list[int] = []
        for number, value in self.messages.fields(shape):
            if number == 3 and value:
                return None
            if number == 2:
                inner = self.messages.fields(self.messages.message(value))
                sizes.append(next((signed(size) for key, size in inner if key == 1), 0))
        return sizes

    # -- constants -----------------------------------------------------------------------------

    def constant(self, node: GraphNode) -> Array:
        """The array of a constant.

        Raises:
            BadInput: it says another size or type than it has, or one that is not allowed.
        """
        if node.name not in self._constants:
            found = self.setting(node, "value", 8)
            if not found:
                raise self.refusal(node, "without a value")
            self._constants[node.name] = self._tensor(node, self.messages.message(found[-1]))
        return self._constants[node.name]

    def _tensor(self, node: GraphNode, tensor: memoryview) -> Array:
        kind, shape, content = 0, memoryview(b""), None
        values: list[Any] = []
        types: set[str] = set()
        for number, value in self.messages.fields(tensor):
            if number == 1 and isinstance(value, int):
                kind = value
            elif number == 2:
                shape = self.messages.message(value)
            elif number == 4:
                content = self.messages.message(value)
            elif number in _VALUES:
                values += self._values(node, number, value)
                types.add(_VALUES[number])
        dtype, sizes = self._allowed(node, kind, self._sizes(shape))
        count = math.prod(sizes)
        if content:
            if len(content) != count * dtype.itemsize:
                expected = count * dtype.itemsize
                raise self.refusal(node, f"{len(content)} bytes, expected {expected}")
            return np.frombuffer(content, dtype=dtype.newbyteorder("<")).reshape(sizes)
        if types - {TYPES[kind]}:
            found = ", ".join(sorted(types))
            raise self.refusal(node, f"values of type {found}, expected {TYPES[kind]}")
        if len(values) > count:
            raise self.refusal(node, f"{len(values)} values, expected {count}")
        # The last value stands for all that follow; zeros may be left out altogether.
        full = np.zeros(count, dtype=dtype)
        try:
            full[: len(values)] = values
        except OverflowError:
            raise self.refusal(node, "a number beyond its type") from None
        if values:
            full[len(values) :] = full[len(values) - 1]
        return full.reshape(sizes)

    def _allowed(
        self, node: GraphNode, kind: int, sizes: list[int] | None
    ) -> tuple[np.dtype[Any], list[int]]:
        """Type and shape of a tensor, for which there must be room."""
        if kind not in TYPES:
            raise self.refusal(node, f"type {kind}, allowed are float, double, int and bool")
        if sizes is None or len(sizes) > MAX_RANK or any(size < 1 for size in sizes):
            allowed = f"allowed are {MAX_RANK} sizes from 1 on"
            raise self.refusal(node, f"shape {short(sizes)}, {allowed}")
        dtype = np.dtype(TYPES[kind])
        self.left -= math.prod(sizes) * dtype.itemsize
        if self.left < 0:
            raise self.refusal(
                node, f"shape {short(sizes)}: more than {MAX_BYTES >> 20} MiB of constants"
            )
        return dtype, sizes

    def _values(self, node: GraphNode, number: int, value: Value) -> list[Any]:
        if number in (7, 10, 11):
            limit = 1 << (63 if number == 10 else 31)
            found = self._whole(value)
            if any(not -limit <= each < limit for each in found):
                raise self.refusal(node, "a number beyond its type")
            return found
        if isinstance(value, int):
            raise self.refusal(node, "a whole number, expected a fraction")
        if len(value) == 4 and number == 5:
            return [float_of(value)]
        if len(value) % (4 if number == 5 else 8):
            raise self.refusal(node, f"{len(value)} bytes of values")
        self._require_few(len(value) // 4)
        return list(np.frombuffer(value, dtype=_VALUES[number]))

    def _require_few(self, count: int) -> None:
        if count > MAX_SINGLE:
            raise BadInput(f"{self.source}: more than {MAX_SINGLE} numbers one by one")


def _node(messages: Messages, data: memoryview) -> GraphNode:
    name = op = ""
    inputs: list[str] = []
    attrs: dict[str, memoryview] = {}
    for number, value in messages.fields(data):
        if number == 1:
            name = messages.text(value)
        elif number == 2:
            op = messages.text(value)
        elif number == 3:
            before = messages.text(value)
            if not before.startswith("^"):  # the order of running, no value
                inputs.append(before.removesuffix(":0"))
        elif number == 5:
            key, setting = "", memoryview(b"")
            for part, entry in messages.fields(messages.message(value)):
                if part == 1:
                    key = messages.text(entry)
                elif part == 2:
                    setting = messages.message(entry)
            attrs[key] = setting
    if len(inputs) > MAX_INPUTS:
        raise BadInput(f"{messages.source}: node {short(name)}: more than {MAX_INPUTS} inputs")
    return GraphNode(name, op, tuple(inputs), attrs)
