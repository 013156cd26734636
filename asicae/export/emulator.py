"""The encoder of a network as one C++ header without dependencies."""

import hashlib
import re
from pathlib import Path
from typing import Any

from asicae.export.layers import PRINTED
from asicae.export.parameters import (
    cpp_design,
    cpp_guard,
    cpp_namespace,
    later_hash,
    later_headers,
    operand_parts,
    parameters_header,
    shared_headers,
)
from asicae.export.templates import render
from asicae.foundation.assets import asset_folder
from asicae.foundation.files import write_text
from asicae.network.description import Network
from asicae.network.graph import INPUT

HEADER = "asicae_encoder.hpp"
PARTS = (
    "asicae_processor.hpp",
    "asicae_fixed.hpp",
    "asicae_rounding.hpp",
    "asicae_status.hpp",
    "asicae_lanes.hpp",
    "asicae_layers.hpp",
    "asicae_converter.hpp",
    "asicae_emulator.hpp",
)
"""Headers of hls/ that the one header is made of; each needs earlier ones only."""
_OWN_INCLUDE = re.compile(r'^#include "asicae_\w+\.hpp"\n', re.MULTILINE)


def export_emulator(network: Network, folder: Path) -> Path:
    """Write ``folder/asicae_encoder.hpp``; its bytes depend on ``network`` and the kit only."""
    return write_text(folder / HEADER, emulator_header(network))


def emulator_header(network: Network) -> str:
    """C++ text of asicae_encoder.hpp, of any network."""
    shared = dict.fromkeys((*PARTS, *shared_headers()))
    parts = "\n".join(map(_hand_written, shared))
    later = later_headers(network)
    return render(
        "asicae_encoder.hpp.j2",
        network=network,
        namespace=cpp_namespace(network),
        design=cpp_design(network),
        guard=cpp_guard(network),
        source_hash=f"0x{hashlib.sha256(parts.encode()).hexdigest()[:8]}",
        parts=parts,
        later_hash=later_hash() if later else None,
        later="".join(f"\n{_hand_written(name)}" for name in later),
        parameters=_OWN_INCLUDE.sub("", parameters_header(network)),
        layers=_specialisations(network),
    )


def _specialisations(network: Network) -> str:
    """Which class emulates the layers of kinds that have one of their own, and how layers that are
    no chain see each other.
    """
    kinds = {plan.name: PRINTED[plan.kind].emulated for plan in network.plans}
    own = {name: emulated for name, emulated in kinds.items() if emulated != "Layer"}
    if not own and network.is_chain:
        return ""
    space = f"{cpp_namespace(network)}::{cpp_design(network)}"
    graph = None if network.is_chain else _graph(network)
    return render("emulator_layers.hpp.j2", own=own, space=space, graph=graph)


def _graph(network: Network) -> dict[str, Any]:
    """Where each layer finds its inputs and leaves its outputs; the last leaves them to the caller.

    Several inputs are brought side by side first, all in one type.
    """
    known, steps, rows = {INPUT: "image"}, [], 0
    for plan in network.plans:
        joined = None
        if len(plan.operands) > 1:
            joined, rows = rows, rows + plan.inputs
        place = None
        if plan is not network.plans[-1]:
            place, rows = rows, rows + plan.outputs
        steps.append(
            {
                "name": plan.name,
                "source": known[plan.operands[0].name],
                "joined": joined,
                "parts": operand_parts(plan, known),
                "place": place,
            }
        )
        known[plan.name] = f"{plan.name}_outputs"
    return {"steps": steps, "rows": rows}


def _hand_written(name: str) -> str:
    """A header of the kit as a part of another one: without its licence line and own includes."""
    text = (asset_folder("hls") / name).read_text(encoding="utf-8")
    return _OWN_INCLUDE.sub("", text.removeprefix("// SPDX-License-Identifier: Apache-2.0\n//\n"))
