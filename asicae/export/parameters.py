"""A network as C++ constants: what the templates in hls/ are instantiated with."""

import hashlib
import textwrap
from collections.abc import Mapping
from math import prod
from typing import Any, Final

from asicae.export.layers import PRINTED, cpp_constants, rows
from asicae.export.templates import render
from asicae.foundation.assets import asset_folder
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint
from asicae.network.plan import LayerPlan, WeightedPlan

LIVE_WORD_BITS = 64
GRAPH: Final = "asicae_graph.hpp"
"""Header of the emulator of layers that are no chain."""


def cpp_namespace(network: Network) -> str:
    """Namespace inside ``asicae`` of everything that belongs to ``network``."""
    return f"network_{network.identifier}"


def cpp_design(network: Network) -> str:
    """Inline namespace inside ``cpp_namespace``: networks of equal names stay apart by it.

    So do the classes of kinds that not every emulator has, of other versions of these.
    """
    later = f"_{later_hash()[2:]}" if later_headers(network) else ""
    return f"design_{network.design_hash:08x}{later}"


def shared_headers() -> tuple[str, ...]:
    """Headers in hls/ of the kinds of layers that every emulator has."""
    return tuple(dict.fromkeys(str(row.emulator) for row in rows()))


def later_headers(network: Network | None = None) -> tuple[str, ...]:
    """Those that only some have, in the order in which they need each other: of ``network``, or all
    that there are.
    """
    graph = () if network is not None and network.is_chain else (GRAPH,)
    kinds = PRINTED if network is None else network.kinds
    of_kinds = [path for row in rows(kinds) for path in (*row.emulator_needs, row.emulator)]
    names = dict.fromkeys((*graph, *map(str, of_kinds)))
    return tuple(name for name in names if name not in shared_headers())


def later_hash() -> str:
    """Of all of them, 32 bits as C++ writes them."""
    folder, digest = asset_folder("hls"), hashlib.sha256()
    for name in later_headers():
        digest.update((folder / name).read_bytes())
    return f"0x{digest.hexdigest()[:8]}"


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
    sizes = (size for plan in network.plans for size in (plan.inputs, plan.outputs))
    return max(network.live_inputs.size, *sizes)


def operand_parts(plan: LayerPlan, known: Mapping[str, str]) -> list[dict[str, Any]]:
    """Of each operand of a layer the array that it is in, by node, how many numbers it has, where
    they stand among the inputs, and how far they are shifted to be of their type.
    """
    found: list[dict[str, Any]] = []
    offset = 0
    for operand, shift in zip(plan.operands, plan.input_shifts, strict=True):
        count, source = prod(operand.shape), known[operand.name]
        found.append({"source": source, "count": count, "offset": offset, "shift": shift})
        offset += count
    return found


def _layer(plan: LayerPlan) -> dict[str, Any]:
    stored, offsets = [], {}
    if isinstance(plan, WeightedPlan):
        stored = [("Weight", cpp_type(plan.kernel.type)), ("Bias", cpp_type(plan.bias.type))]
        offsets = {"kernel_offset": plan.kernel.offset, "bias_offset": plan.bias.offset}
    return {
        "struct": f"layer_{plan.name}",
        "types": [
            ("Input", cpp_type(plan.input_type)),
            *stored,
            ("Output", cpp_type(plan.output_type)),
        ],
        "constants": cpp_constants(plan),
        "offsets": offsets,
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
