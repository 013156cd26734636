"""Layers that only pad with zeros, under the names that models give them."""

from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.architecture import Node
from asicae.network.importing.classes import KERAS_PAD
from asicae.network.ops.window import MAX_PAD, Pads

# keras.ops.pad in a Keras 3 graph, and tf.pad in a Keras 2 one, are layers of their own.
OPERATION = "Pad"
CALLED = ("TFOpLambda", OPERATION)
"""Those whose sizes may be arguments of the call."""
LAYERS = ("ZeroPadding2D", "Lambda", *CALLED, KERAS_PAD)
ARGUMENTS = ("paddings", "pad_width", "mode", "constant_values", "name")
"""What is read of them, and a name, which does nothing."""
_PAD_FUNCTIONS = ("pad", "tf.pad", "compat.v1.pad", "ops.pad", "keras.ops.pad")


def pads_of(node: Node, given: dict[str, Any], where: str) -> Pads:
    """((top, bottom), (left, right)) zeros of a padding layer called with the arguments ``given``.

    A function in a file is never run: a Lambda must name a padding and carry its sizes.

    Raises:
        BadInput: another function, embedded code, sizes that are missing or no zeros.
    """
    if node.kind == KERAS_PAD:
        return ((0, 1), (0, 1))
    if node.kind == "ZeroPadding2D":
        if node.config.get("data_format", "channels_last") not in ("channels_last", None):
            found = short(node.config["data_format"])
            raise BadInput(f"{where}: data_format={found}, allowed is channels_last")
        return _of_layer(node.config.get("padding", 1), where)
    if node.kind == OPERATION:
        return _of_function(node.config | given, where)
    name = _function_name(node.config.get("function"), where)
    if name not in _PAD_FUNCTIONS:
        raise BadInput(f"{where}: function {short(name)}, allowed are {', '.join(_PAD_FUNCTIONS)}")
    arguments = node.config.get("arguments") if node.kind == "Lambda" else given
    return _of_function(arguments, where)


def _function_name(function: Any, where: str) -> str:
    if isinstance(function, dict) and function.get("class_name") == "function":
        function = function.get("config")
    if not isinstance(function, str):
        raise BadInput(
            f"{where}: embedded code, which is never run; allowed is ZeroPadding2D instead"
        )
    return function


def _of_function(arguments: Any, where: str) -> Pads:
    arguments = arguments if isinstance(arguments, dict) else {}
    mode, value = arguments.get("mode") or "constant", arguments.get("constant_values")
    if str(mode).lower() != "constant" or value not in (None, 0, 0.0):
        raise BadInput(
            f"{where}: mode={short(mode)}, constant_values={short(value)}, allowed are zeros"
        )
    sizes = arguments.get("paddings", arguments.get("pad_width"))
    if not isinstance(sizes, list) or len(sizes) != 4 or sizes[0] != [0, 0] or sizes[3] != [0, 0]:
        raise BadInput(f"{where}: paddings={short(sizes)}, allowed are those of an image")
    return _of_layer(sizes[1:3], where)


def _of_layer(padding: Any, where: str) -> Pads:
    """Of ZeroPadding2D: one number, one per axis, or two per axis."""
    axes = [padding, padding] if isinstance(padding, int) else padding
    if isinstance(axes, list) and len(axes) == 2:
        pairs = [[axis, axis] if isinstance(axis, int) else axis for axis in axes]
        if all(_is_pair(pair) for pair in pairs):
            (top, bottom), (left, right) = pairs
            return ((top, bottom), (left, right))
    raise BadInput(f"{where}: padding={short(padding)}, allowed are 0 to {MAX_PAD} rows")


def _is_pair(pair: Any) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(type(n) is int and 0 <= n <= MAX_PAD for n in pair)
    )
