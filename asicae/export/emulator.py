"""The encoder of a network as one C++ header without dependencies."""

import hashlib
import re
from pathlib import Path

from asicae.assets import asset_folder
from asicae.errors import BadInput
from asicae.export.parameters import cpp_guard, cpp_namespace, largest_layer, parameters_header
from asicae.export.templates import render
from asicae.files import write_text
from asicae.network.description import Network

HEADER = "asicae_encoder.hpp"
MAX_LAYER_NUMBERS = 8192
"""The emulator keeps two layers of at most 16 events on the stack: a MiB."""
_OWN_INCLUDE = re.compile(r'^#include "asicae_\w+\.hpp"\n', re.MULTILINE)


def export_emulator(network: Network, folder: Path) -> Path:
    """Write ``folder/asicae_encoder.hpp``; its bytes depend on ``network`` and the kit only.

    Raises:
        BadInput: a layer is too large for the emulator.
    """
    return write_text(folder / HEADER, emulator_header(network))


def emulator_header(network: Network) -> str:
    """C++ text of asicae_encoder.hpp.

    Raises:
        BadInput: a layer is too large for the emulator.
    """
    largest = largest_layer(network)
    if largest > MAX_LAYER_NUMBERS:
        raise BadInput(
            f"network {network.name}: a layer has {largest} numbers, "
            f"the C++ emulator has room for {MAX_LAYER_NUMBERS}"
        )
    fixed, emulator = _hand_written("asicae_fixed.hpp"), _hand_written("asicae_emulator.hpp")
    digest = hashlib.sha256((fixed + emulator).encode()).hexdigest()
    return render(
        "asicae_encoder.hpp.j2",
        network=network,
        namespace=cpp_namespace(network),
        guard=cpp_guard(network),
        source_hash=f"0x{digest[:8]}",
        fixed=fixed,
        emulator=emulator,
        parameters=_OWN_INCLUDE.sub("", parameters_header(network)),
    )


def _hand_written(name: str) -> str:
    """A header of the kit as a part of another one: without its licence line and own includes."""
    text = (asset_folder("hls") / name).read_text(encoding="utf-8")
    return _OWN_INCLUDE.sub("", text.removeprefix("// SPDX-License-Identifier: Apache-2.0\n//\n"))
