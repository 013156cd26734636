"""Values of a layer's configuration, each checked when it is read."""

from typing import Any

from asicae.errors import BadInput
from asicae.network.importing.architecture import Node

MAX_SIZE = 4096


def refusal(source: str, node: Node, reason: str) -> BadInput:
    """What cannot be taken, with file and layer."""
    return BadInput(f"{source}: layer {node.name!r} ({node.kind}): {reason}")


def require(source: str, node: Node, key: str, *allowed: Any) -> None:
    """Refuse a value that is there and is none of ``allowed``."""
    if key in node.config and node.config[key] not in allowed:
        found = str(node.config[key])[:60]
        raise refusal(source, node, f"{key}={found}, allowed is {allowed[0]}")


def size(source: str, node: Node, key: str) -> int:
    """A number of filters or units."""
    value: Any = node.config.get(key)
    if not _is_size(value):
        raise refusal(source, node, f"{key}={str(value)[:60]}, allowed are 1 to {MAX_SIZE}")
    return int(value)


def pair(
    source: str, node: Node, key: str, default: tuple[int, int] | None = None
) -> tuple[int, int]:
    """One size for both axes, or one for each."""
    value: Any = node.config.get(key, default)
    both = value if isinstance(value, list | tuple) else [value, value]
    if len(both) != 2 or not all(map(_is_size, both)):
        raise refusal(source, node, f"{key}={str(value)[:60]}, allowed are 1 to {MAX_SIZE}")
    return (both[0], both[1])


def input_shape(source: str, node: Node) -> tuple[int, ...]:
    """Shape of a model's input without the batch, from its first layer."""
    shapes = (node.config.get(key) for key in ("batch_shape", "batch_input_shape"))
    shape = next((value for value in shapes if value is not None), None)
    sizes = shape[1:] if isinstance(shape, list) else []
    if not sizes or not all(map(_is_size, sizes)):
        raise refusal(source, node, f"input shape {str(shape)[:60]}, expected sizes behind a batch")
    return tuple(sizes)


def reshaped(source: str, node: Node, total: int) -> tuple[int, ...]:
    """Target of a Reshape of ``total`` values, with -1 resolved."""
    target = node.config.get("target_shape")
    wrong = refusal(source, node, f"target_shape={str(target)[:60]} for {total} values")
    if not isinstance(target, list) or not all(n == -1 or _is_size(n) for n in target):
        raise wrong
    product = 1
    for n in target:
        product *= 1 if n == -1 else n
    if target.count(-1) > 1 or total % product or (-1 not in target and product != total):
        raise wrong
    return tuple(total // product if n == -1 else n for n in target)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_SIZE
