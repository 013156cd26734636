"""A network as C++ constants: what the templates in hls/ are instantiated with."""

import textwrap
from typing import Any

from asicae.export.layers import cpp_numbers
from asicae.export.templates import render
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint
from asicae.network.plan import LayerPlan

LIVE_WORD_BITS = 64


def cpp_namespace(network: Network) -> str:
    """Namespace inside ``asicae`` of everything that belongs to ``network``."""
    return f"network_{network.identifier}"


def cpp_design(network: Network) -> str:
    """Inline namespace inside ``cpp_namespace``: networks of equal names stay apart by it."""
    return f"design_{network.design_hash:08x}"


def cpp_guard(network: Network) -> str:
    """How the include guards of the generated headers of ``network`` begin."""
    return f"ASICAE_{network.identifier.upper()}_{network.design_hash:08X}"


def parameters_header(network: Network) -> str:
    """C++ text of asicae_parameters.hpp; equal networks give equal bytes."""
    return render(
        "asicae_parameters.hpp.j2",
        network=network,
        namespace=cpp_namespace(network),
        design=cpp_design(network),
        guard=cpp_guard(network),
        layers=[_layer(plan) for plan in network.plans],
        input=cpp_type(network.input),
        latent=cpp_type(network.latent_type),
        largest_layer=largest_layer(network),
        pixel_of_cell=_lines(str(pixel) for pixel in network.cells.pixels.tolist()),
    )


def cpp_type(kind: FixedPoint) -> str:
    """A fixed-point type as asicae_fixed.hpp writes it."""
    signed = "true" if kind.signed else "false"
    modes = f"Rounding::{kind.rounding}, Overflow::{kind.overflow}"
    return f"fixed<{kind.width}, {kind.integer}, {signed}, {modes}>"


def largest_layer(network: Network) -> int:
    """Most numbers that any layer reads or writes for one event."""
    return max(network.live_inputs.size, *(plan.outputs for plan in network.plans))


def _layer(plan: LayerPlan) -> dict[str, Any]:
    return {
        "struct": f"layer_{plan.name}",
        "types": [
            ("Input", cpp_type(plan.input_type)),
            ("Weight", cpp_type(plan.kernel.type)),
            ("Bias", cpp_type(plan.bias.type)),
            ("Output", cpp_type(plan.output_type)),
        ],
        "numbers": cpp_numbers(plan),
        "kernel_offset": plan.kernel.offset,
        "bias_offset": plan.bias.offset,
        "all_live": all(plan.live),
        "live": _live_words(plan),
    }


def _live_words(plan: LayerPlan) -> list[str]:
    """One word says nothing where all inputs are live, but C++ has no empty arrays."""
    if all(plan.live):
        return ["~std::uint64_t{0}"]
    bits = sum(1 << place for place, alive in enumerate(plan.live) if alive)
    words = -(-len(plan.live) // LIVE_WORD_BITS)
    mask = (1 << LIVE_WORD_BITS) - 1
    return [f"0x{bits >> LIVE_WORD_BITS * word & mask:016x}" for word in range(words)]


def _lines(numbers: Any) -> list[str]:
    return textwrap.wrap(", ".join(numbers), 80, break_on_hyphens=False)
