"""For which descriptions the fast model was fitted, and what to say of others."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from asicae.foundation.json_record import JsonRecord
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint

Fact = TypeVar("Fact", str, int)


class Limits(JsonRecord):
    """What the networks that a model was fitted on have in common.

    Attributes:
        words: what must be as in one of them, by key: kinds of layers, signs, modes.
        widths: least and most bits, by key.
        sizes: the most, by key; beyond them the model goes on in a straight line.
    """

    words: dict[str, tuple[str, ...]]
    widths: dict[str, tuple[int, int]]
    sizes: dict[str, int]

    @classmethod
    def of(cls, networks: Iterable[Network]) -> "Limits":
        """Those of all ``networks``."""
        some = list(networks)
        words = _all(map(_words, some))
        widths, sizes = _all(map(_widths, some)), _all(map(_sizes, some))
        return cls(
            words={key: tuple(sorted(values)) for key, values in words.items()},
            widths={key: (min(values), max(values)) for key, values in widths.items()},
            sizes={key: max(values) for key, values in sizes.items()},
        )

    def outside(self, network: Network) -> str | None:
        """Why the model says nothing of a network: key, what was found, what was fitted."""
        for key, words in _words(network).items():
            allowed = self.words.get(key, ())
            for word in sorted(words - set(allowed)):
                return f"{key} is {word}, fitted are {'; '.join(allowed)}"
        for key, bits in _widths(network).items():
            low, high = self.widths[key]
            for width in sorted(bits):
                if not low <= width <= high:
                    return f"{key} is {width}, fitted are {low} to {high}"
        return None

    def beyond(self, network: Network) -> Iterator[str]:
        """In what a network is larger than all that the model was fitted on."""
        for key, numbers in _sizes(network).items():
            if max(numbers) > self.sizes[key]:
                yield f"{key} {max(numbers)}, fitted up to {self.sizes[key]}"


def _all(facts: Iterable[Mapping[str, set[Fact]]]) -> dict[str, set[Fact]]:
    """What several networks have, by key."""
    found: dict[str, set[Fact]] = {}
    for of_one in facts:
        for key, values in of_one.items():
            found.setdefault(key, set()).update(values)
    return found


def _words(network: Network) -> Mapping[str, set[str]]:
    kinds = ", ".join(plan.kind for plan in network.plans)
    found = {"layers": {kinds}, "input type": {_modes(network.input)}}
    for plan in network.plans:
        relu = " with ReLU" if plan.relu else " without ReLU"
        _add(found, f"{plan.kind} output type", _modes(plan.output_type) + relu)
    for layer in network.weighted:
        for array in (layer.kernel, layer.bias):
            # Rounding and overflow of what is loaded have no hardware.
            _add(found, f"{layer.kind} {array.name.rpartition('.')[2]} sign", _sign(array.type))
    return found


def _widths(network: Network) -> Mapping[str, set[int]]:
    found = {"input_bits": {network.input.width}}
    for plan in network.weighted:
        _add(found, f"{plan.kind} weight_bits", plan.kernel.type.width)
        _add(found, f"{plan.kind} bias_bits", plan.bias.type.width)
    for layer in network.plans:
        _add(found, f"{layer.kind} output_bits", layer.output_type.width)
    return found


def _sizes(network: Network) -> Mapping[str, set[int]]:
    found: dict[str, set[int]] = {"products": {network.macs}}
    for plan in network.plans:
        _add(found, f"products of an output of {plan.kind}", int(plan.tap_counts.max()))
    return found


def _add(found: dict[str, set[Fact]], key: str, value: Fact) -> None:
    found.setdefault(key, set()).add(value)


def _sign(kind: FixedPoint) -> str:
    return "signed" if kind.signed else "unsigned"


def _modes(kind: FixedPoint) -> str:
    return f"{_sign(kind)} {kind.rounding} {kind.overflow}"
