"""Quantisers and activations as they stand in a model file: a name and parameters, nothing run."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.classes import class_of, foreign

MAX_TEXT = 500
PARAMETERS = {
    "quantized_bits": ("bits", "integer", "symmetric", "keep_negative", "alpha"),
    "quantized_linear": ("bits", "integer", "symmetric", "keep_negative", "alpha"),
    "quantized_relu": ("bits", "integer", "use_sigmoid", "negative_slope"),
    "quantized_po2": ("bits", "max_value"),
    "quantized_relu_po2": ("bits", "max_value", "negative_slope"),
}
"""Positional parameters, for quantisers that are written as text."""


@dataclass(frozen=True)
class Spec:
    """A quantiser or activation function as it stands in a file.

    Attributes:
        name: its class or function.
        values: its parameters.
        as_text: whether the file has the text that a user wrote, so that what is not in it has its
            default; a dictionary lacks what QKeras does not save.
    """

    name: str
    values: Mapping[str, Any]
    as_text: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        """Name and values, as a call."""
        given = ", ".join(f"{key}={short(value)}" for key, value in self.values.items())
        return f"{self.name}({given})" if given else self.name


def spec_of(value: Any, where: str) -> Spec | None:
    """The quantiser or function in a layer's configuration; None where there is none.

    Accepted are Keras' dictionaries and texts such as ``"quantized_relu(8,1)"``, which are parsed,
    never evaluated.

    Raises:
        BadInput: anything else; ``where`` names layer and key.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _parsed(value, where)
    if isinstance(value, dict) and isinstance(value.get("class_name"), str):
        config = value.get("config")
        if foreign(value):
            raise BadInput(f"{where}: {foreign(value)}, allowed are classes of Keras and QKeras")
        if class_of(value) == "function" and isinstance(config, str):
            return _parsed(config, where)
        if isinstance(config, dict):
            return Spec(class_of(value), config)
    raise BadInput(f"{where}: found {short(value)}, allowed is a quantiser of QKeras")


def is_quantiser(spec: Spec) -> bool:
    """Whether the name is one of a quantiser that this file knows."""
    return spec.name in PARAMETERS


def _parsed(text: str, where: str) -> Spec:
    """``name`` or ``name(1, key=2)`` with literals only."""
    refusal = BadInput(f"{where}: {short(text)} is no quantiser such as quantized_bits(8,1)")
    if len(text) > MAX_TEXT:
        raise refusal
    try:
        node = ast.parse(text.strip(), mode="eval").body
        if isinstance(node, ast.Name):
            return Spec(node.id, {}, as_text=True)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            raise refusal
        names = PARAMETERS.get(node.func.id, ())
        if len(node.args) > len(names):
            raise refusal
        values = {
            name: ast.literal_eval(value) for name, value in zip(names, node.args, strict=False)
        }
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg in values:
                raise refusal
            values[keyword.arg] = ast.literal_eval(keyword.value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        raise refusal from None
    return Spec(node.func.id, values, as_text=True)
