"""Values of a layer's configuration, each checked when it is read."""

import math
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.importing.architecture import Node
from asicae.network.ops.base import MAX_SIZE
from asicae.network.ops.leaky_relu import MAX_HALVINGS, halvings_of
from asicae.network.ops.window import MAX_WINDOW, NO_PADS, Pads

MAX_RANK = 3
"""Axes of an image without the batch: rows, columns, channels."""


def refusal(source: str, node: Node, reason: str) -> BadInput:
    """What cannot be taken, with file and layer."""
    return BadInput(f"{source}: layer {short(node.name)} ({node.kind}): {reason}")


def require(source: str, node: Node, key: str, *allowed: Any) -> None:
    """Refuse a value that is there and is none of ``allowed``."""
    if key in node.config and node.config[key] not in allowed:
        found = short(node.config[key])
        raise refusal(source, node, f"{key}={found}, allowed is {allowed[0]}")


def require_float32(source: str, node: Node) -> None:
    """Refuse a layer that computes in another type than float32, the one of every claim here."""
    dtype = node.config.get("dtype")
    policy = dtype.get("config") if isinstance(dtype, dict) else None
    name = policy.get("name", dtype) if isinstance(policy, dict) else dtype
    if dtype is not None and name != "float32":
        raise refusal(source, node, f"dtype={short(name)}, allowed is float32")


def size(source: str, node: Node, key: str) -> int:
    """A number of filters or units."""
    value: Any = node.config.get(key)
    if not _is_size(value):
        raise refusal(source, node, f"{key}={short(value)}, allowed are 1 to {MAX_SIZE}")
    return int(value)


def pair(
    source: str, node: Node, key: str, default: tuple[int, int] | None = None
) -> tuple[int, int]:
    """Rows and columns of a window or a stride: one number for both axes, or one for each."""
    value: Any = node.config.get(key, default)
    both = value if isinstance(value, list | tuple) else [value, value]
    if len(both) != 2 or not all(_is_size(n, MAX_WINDOW) for n in both):
        raise refusal(source, node, f"{key}={short(value)}, allowed are 1 to {MAX_WINDOW}")
    return (both[0], both[1])


def slope(source: str, node: Node, default: float) -> float:
    """With what values below zero count: zero, or a slope that a layer may have."""
    key = "alpha" if "alpha" in node.config else "negative_slope"
    found = node.config.get(key, default)
    if found in (None, 0):
        return 0.0
    if halvings_of(found) is None:
        raise refusal(
            source,
            node,
            f"{key}={short(found)}, allowed are powers of two from 2**-{MAX_HALVINGS} to 0.5",
        )
    return float(found)


def padding(source: str, node: Node) -> str:
    """What is put around the image that a window slides over."""
    found = node.config.get("padding", "valid")
    if found not in ("valid", "same"):
        raise refusal(source, node, f"padding={short(found)}, allowed are valid, same")
    return str(found)


def require_no_pads(source: str, node: Node, pads: Pads) -> None:
    """Refuse zeros that layers before this one put around its input."""
    if pads != NO_PADS:
        raise refusal(source, node, "a padding before it, allowed is one before a convolution")


def input_shape(source: str, node: Node) -> tuple[int, ...]:
    """Shape of a model's input without the batch, from its first layer."""
    shapes = (node.config.get(key) for key in ("batch_shape", "batch_input_shape"))
    shape = next((value for value in shapes if value is not None), None)
    sizes = shape[1:] if isinstance(shape, list) else []
    if not 1 <= len(sizes) <= MAX_RANK or not all(map(_is_size, sizes)):
        raise refusal(
            source, node, f"input shape {short(shape)}, expected 1 to {MAX_RANK} sizes and a batch"
        )
    return tuple(sizes)


def reshaped(source: str, node: Node, total: int) -> tuple[int, ...]:
    """Target of a Reshape of ``total`` values, with -1 resolved: a row or an image."""
    target = node.config.get("target_shape")
    wrong = refusal(
        source,
        node,
        f"target_shape={short(target)} for {total} values, allowed are a row or an image of them",
    )
    if not isinstance(target, list) or len(target) not in (1, MAX_RANK):
        raise wrong
    if not all(n == -1 or _is_size(n) for n in target) or target.count(-1) > 1:
        raise wrong
    product = math.prod(n for n in target if n != -1)
    if total % product or (-1 not in target and product != total):
        raise wrong
    return tuple(total // product if n == -1 else n for n in target)


def _is_size(value: Any, largest: int = MAX_SIZE) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= largest
