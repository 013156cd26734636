"""Layers as nodes of a graph: what each of them sees, and an order in which they can be computed.

A layer names its inputs; without names it sees the layer in front of it, the first one the image of
the codes. The last layer of a description gives the latents, and each other one is used by some.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final

from asicae.foundation.validation import short
from asicae.network.ops.base import MAX_INPUTS, Layer

INPUT: Final = "input"
"""The image of the codes, as layers name it; a reserved word, so that no layer has that name."""
Names = tuple[str, ...]


def without_defaults(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The layers, with inputs named only where they are not the layer in front."""
    before = (INPUT, *(layer.name for layer in layers))
    return tuple(
        layer.model_copy(update={"inputs": None}) if layer.inputs == (ahead,) else layer
        for layer, ahead in zip(layers, before, strict=False)
    )


def sources(layers: Sequence[Layer]) -> dict[str, Names]:
    """The inputs of each layer by name, in the order of the description.

    Raises:
        ValueError: a name that two layers have; a layer without inputs, with too many of them, with
            one twice or one that is no node; a layer whose outputs nobody uses.
    """
    names = [layer.name for layer in layers]
    if len(set(names)) != len(names):
        raise ValueError(f"layer names {short(names)} repeat")
    found = {
        layer.name: (ahead,) if layer.inputs is None else layer.inputs
        for layer, ahead in zip(layers, (INPUT, *names), strict=False)
    }
    for name, inputs in found.items():
        _check(name, inputs, [INPUT, *names])
    used = {name for inputs in found.values() for name in inputs}
    for name in names[:-1]:
        if name not in used:
            raise ValueError(
                f"layer {name!r}: no layer uses its outputs, which only the last, "
                f"{names[-1]!r}, may do without"
            )
    return found


def _check(name: str, inputs: Names, allowed: Sequence[str]) -> None:
    where = f"layer {name!r}: "
    if not 1 <= len(inputs) <= MAX_INPUTS:
        raise ValueError(f"{where}{len(inputs) or 'no'} inputs, allowed are 1 to {MAX_INPUTS}")
    for number, node in enumerate(inputs):
        if node not in allowed:
            known = ", ".join(allowed)
            raise ValueError(f"{where}input {short(node)} is no node; allowed are {known}")
        if node in inputs[:number]:
            raise ValueError(f"{where}input {node!r} stands there twice, allowed is once")


def ordered(layers: Sequence[Layer]) -> Iterator[tuple[Layer, Names]]:
    """Each layer with its inputs, behind those that it sees; otherwise as the description has them.

    Raises:
        ValueError: as ``sources``, or layers that need each other.
    """
    inputs = sources(layers)
    waiting, known = list(layers), {INPUT}
    while waiting:
        able = next((layer for layer in waiting if known.issuperset(inputs[layer.name])), None)
        if able is None:
            cycle = _cycle(inputs, known, waiting[0].name)
            raise ValueError(
                f"layer {cycle[0]!r}: a cycle of inputs, {short(cycle)}; allowed is none"
            )
        waiting.remove(able)
        known.add(able.name)
        yield able, inputs[able.name]


def _cycle(inputs: Mapping[str, Names], known: Set[str], name: str) -> list[str]:
    """Layers that need each other, found from one that waits for what is not ``known``."""
    way: list[str] = []
    while name not in way:
        way.append(name)
        name = next(ahead for ahead in inputs[name] if ahead not in known)
    return way[way.index(name) :]
