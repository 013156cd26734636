"""The encoder of a network as one C++ header without dependencies."""

import hashlib
import re
from pathlib import Path

from asicae.export.layers import PRINTED
from asicae.export.parameters import cpp_design, cpp_guard, cpp_namespace, parameters_header
from asicae.export.templates import render
from asicae.foundation.assets import asset_folder
from asicae.foundation.files import write_text
from asicae.network.description import Network

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
    names = dict.fromkeys((*PARTS, *(str(row.emulator) for row in PRINTED.values())))
    parts = "\n".join(_hand_written(name) for name in names)
    return render(
        "asicae_encoder.hpp.j2",
        network=network,
        namespace=cpp_namespace(network),
        design=cpp_design(network),
        guard=cpp_guard(network),
        source_hash=f"0x{hashlib.sha256(parts.encode()).hexdigest()[:8]}",
        parts=parts,
        parameters=_OWN_INCLUDE.sub("", parameters_header(network)),
        layers=_specialisations(network),
    )


def _specialisations(network: Network) -> str:
    """Which class emulates the layers of kinds that have one of their own."""
    rows = {plan.name: PRINTED[plan.kind].emulated for plan in network.plans}
    own = {name: emulated for name, emulated in rows.items() if emulated != "Layer"}
    if not own:
        return ""
    space = f"{cpp_namespace(network)}::{cpp_design(network)}"
    return render("emulator_layers.hpp.j2", own=own, space=space)


def _hand_written(name: str) -> str:
    """A header of the kit as a part of another one: without its licence line and own includes."""
    text = (asset_folder("hls") / name).read_text(encoding="utf-8")
    return _OWN_INCLUDE.sub("", text.removeprefix("// SPDX-License-Identifier: Apache-2.0\n//\n"))
