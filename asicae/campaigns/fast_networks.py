"""Networks that the fast model is fitted on: drawn so that each choice is met about as often."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from asicae.chip.configuration import Configuration
from asicae.chip.microarchitectures import MICROARCHITECTURES
from asicae.network.description import Network
from asicae.simulation.drawn import DrawnChip

CHOICES: Final[dict[str, Sequence[Any]]] = {
    "arrangement": ("8x8", "8x8", "8x8", "4x4x3", "flat"),
    "filters": (1, 2, 3, 4, 6, 8),
    "kernel": (3, 3, 3, 2),
    "padding": ("same", "same", "valid"),
    "units": (2, 3, 4, 6, 8),
    "input_bits": (4, 5, 6, 8),
    "conv_bits": (3, 4, 5, 6, 7, 8),
    "dense_bits": (3, 4, 5, 6, 7, 8),
    "conv_output_bits": (5, 6, 7, 8),
    "output_bits": (5, 7, 9),
}
"""Small and narrow: a chip of them is synthesised in seconds, and a sum over products is a sum."""
OF_IMAGE: Final = {"8x8": 2, "4x4x3": 1}
"""Steps of the convolution, by arrangement; there is none on the flat one."""
MOST_FILTERS: Final = 2
"""On an image of several channels."""


def networks(count: int, seed: int) -> list[Network]:
    """A Latin hypercube: of each of ``CHOICES`` every value about as often, smallest first."""
    generator = np.random.default_rng(seed)
    drawn = {
        name: generator.permutation(np.resize(np.asarray(values, dtype=object), count))
        for name, values in CHOICES.items()
    }
    made = [
        _network(number, {name: values[number] for name, values in drawn.items()})
        for number in range(count)
    ]
    return sorted(made, key=_product_bits)


def _product_bits(network: Network) -> int:
    return sum(p.macs * p.kernel.type.width * p.input_type.width for p in network.weighted)


def _network(number: int, drawn: dict[str, Any]) -> Network:
    arrangement, layers = drawn["arrangement"], []
    if arrangement in OF_IMAGE:
        filters = drawn["filters"]
        if arrangement == "4x4x3":
            filters = 1 + filters % MOST_FILTERS
        geometry = {
            "kind": "conv2d",
            "filters": filters,
            "kernel": [drawn["kernel"]] * 2,
            "strides": [OF_IMAGE[arrangement]] * 2,
            "padding": drawn["padding"],
        }
        layers.append(geometry | _types("conv", drawn["conv_bits"], drawn["conv_output_bits"]))
    dense = _types("dense", drawn["dense_bits"], drawn["output_bits"])
    layers.append({"kind": "dense", "units": drawn["units"]} | dense)
    return Network.model_validate(
        {
            "name": f"drawn{number}",
            "arrangement": arrangement,
            "input": f"ufixed<{drawn['input_bits']},1,TRN,SAT>",
            "layers": layers,
        }
    )


def _types(name: str, bits: int, output_bits: int) -> dict[str, Any]:
    weight = f"fixed<{bits},1>"
    return {"name": name, "weight": weight, "bias": weight, "output": f"ufixed<{output_bits},1>"}


def chips(some: Sequence[Network], seed: int) -> list[DrawnChip]:
    """The networks in the ways to build them; ``seed`` is of weights and events."""
    return [
        DrawnChip(network, configuration, seed)
        for number, network in enumerate(some)
        for configuration in _configurations(number, network)
    ]


def _configurations(number: int, network: Network) -> list[Configuration]:
    """Naive, lean and, where there is something to align, aligned with one bank or the other."""
    naive, aligned, lean = (
        MICROARCHITECTURES[name].configuration for name in ("naive", "aligned", "lean")
    )
    if number % 4 == 3:
        aligned = aligned.model_copy(update={"bank": "gated"})
    return [naive, *([aligned] if len(network.layers) > 1 else []), lean]
