"""A network for high-level synthesis: parameters, top function, test bench, scripts."""

import contextlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from asicae import __version__
from asicae.assets import asset_folder
from asicae.concentrator import golden
from asicae.errors import BadInput
from asicae.export.emulator import export_emulator
from asicae.export.parameters import cpp_guard, cpp_namespace, parameters_header
from asicae.export.rtl import PERIOD_NS
from asicae.export.templates import render
from asicae.files import output_folder, write_bytes, write_text
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint, Rounding
from asicae.network.image import crc32, keep_bytes, pack
from asicae.network.image_files import read_weights
from asicae.network.plan import LayerPlan
from asicae.network.weights import Weights
from asicae.readout import dataset
from asicae.readout.codes import CALQ_BITS
from asicae.readout.dataset import checked_calq
from asicae.readout.geometry import N_CELLS

HlsTypes = Literal["ac", "ap"]
ALL_TYPES: tuple[HlsTypes, ...] = ("ac", "ap")
"""ac_types (Catapult) and ap_types (Vitis HLS)."""
PARAMETERS = "asicae_parameters.hpp"
CHIP = "asicae_chip.hpp"
VECTORS = "vectors.bin"
DRAWN_EVENTS = 1_000
_MAGIC = b"ASAEVEC1"


@dataclass(frozen=True)
class ExportedHls:
    """What an export wrote: ``sources`` are the C++ files of the test bench."""

    folder: Path
    sources: tuple[Path, ...]
    vectors: Path


def export_hls(
    network: Network,
    folder: Path,
    weights: Weights | None = None,
    calq: npt.ArrayLike | None = None,
    types: tuple[HlsTypes, ...] = ALL_TYPES,
) -> ExportedHls:
    """Write the C++ of ``network`` with everything that builds and checks it into ``folder``.

    The vectors of the test bench are ``calq`` (events, 48) through golden with ``weights``; where
    not given, both are drawn, the same every time. ``types`` are the libraries that it is for.

    Raises:
        BadInput: the network cannot be written for one of ``types`` (see ``check_types``), a layer
            is too large for the emulator, or CALQ is out of range.
    """
    for kind in types:
        check_types(network, kind)
    chosen = Weights.random(network, 1) if weights is None else weights
    charges = drawn_calq() if calq is None else checked_calq(calq)
    export_emulator(network, folder)
    for name, text in chip_files(network).items():
        write_text(folder / name, text)
    values = _values(network)
    write_text(folder / "asicae_top.hpp", render("asicae_top.hpp.j2", **values))
    sources = tuple(
        write_text(folder / name, render(f"{name}.j2", **values))
        for name in ("asicae_top.cpp", "testbench.cpp")
    )
    write_text(folder / "Makefile", render("hls_makefile.j2", types=types, **values))
    for kind, script in (("ac", "build_catapult.tcl"), ("ap", "build_vitis.tcl")):
        if kind in types:
            write_text(folder / script, render(f"{script}.j2", period_ns=PERIOD_NS, **values))
    _write_package(folder, values)
    network.save(folder / "network.json")
    vectors = write_bytes(folder / VECTORS, vector_bytes(network, chosen, charges))
    return ExportedHls(folder, sources, vectors)


def export_files(
    network: Network,
    folder: Path,
    *,
    weights: Path | None = None,
    readouts: Path | None = None,
    events: int = DRAWN_EVENTS,
    types: Literal["both", "ac", "ap"] = "both",
    force: bool = False,
) -> None:
    """``export_hls`` into a new folder, with vectors from files, or nothing at all.

    ``weights`` is a weight set (.npz, .bin, .yaml or .csv), ``readouts`` any file of readouts, of
    which the first ``events`` are used.

    Raises:
        BadInput: the folder exists and not ``force``, a file cannot be used, or as `export_hls`.
    """
    chosen = None if weights is None else read_weights(weights, network)
    calq = None if readouts is None else dataset.load(readouts).calq[:events]
    libraries = ALL_TYPES if types == "both" else (types,)
    with output_folder(folder, force) as temporary:
        export_hls(network, temporary, chosen, calq, libraries)


def _write_package(folder: Path, values: dict[str, Any]) -> None:
    """What makes the emulator a CMake package, and an example that uses it."""
    for name in ("CMakeLists.txt", "asicae_encoder-config.cmake.in"):
        write_text(folder / name, render(f"{name}.j2", version=__version__, **values))
    for path in sorted((asset_folder("hls") / "example").iterdir()):
        write_bytes(folder / "example" / path.name, path.read_bytes())


def expressible_types(network: Network) -> tuple[HlsTypes, ...]:
    """The libraries that have everything ``network`` needs; see ``check_types``."""
    found: list[HlsTypes] = []
    for types in ALL_TYPES:
        with contextlib.suppress(BadInput):
            check_types(network, types)
            found.append(types)
    return tuple(found)


def check_types(network: Network, types: HlsTypes) -> None:
    """Make sure that a library has what ``network`` needs.

    Raises:
        BadInput: a layer, or the input, rounds to odd, which ap_types cannot.
    """
    if types != "ap":
        return
    kinds: list[tuple[str, FixedPoint]] = [("input", network.input)]
    kinds += [(f"layer {plan.name!r}", plan.output_type) for plan in network.plans]
    for where, kind in kinds:
        if kind.rounding is Rounding.RND_CONV_ODD:
            raise BadInput(
                f"network {network.name}: {where} has {kind}, ap_types have no "
                f"{kind.rounding}; allowed is every other rounding, or ac_types alone"
            )


def chip_files(network: Network) -> dict[str, str]:
    """Texts of the headers of the chip, by path in the export: generated and hand-written ones."""
    folder = asset_folder("hls")
    names = ["asicae_fixed.hpp", "asicae_emulator.hpp"]
    names += sorted(f"asicae_hls/{path.name}" for path in (folder / "asicae_hls").glob("*.hpp"))
    files = {name: (folder / name).read_text(encoding="utf-8") for name in names}
    return files | {PARAMETERS: parameters_header(network), CHIP: chip_header(network)}


def chip_header(network: Network, parameters_file: str = PARAMETERS) -> str:
    """C++ text of asicae_chip.hpp."""
    return render("asicae_chip.hpp.j2", parameters_file=parameters_file, **_values(network))


def vector_bytes(network: Network, weights: Weights, calq: npt.ArrayLike) -> bytes:
    """File of vectors as hls/asicae_hls/vectors.hpp reads it: ``calq`` and what golden gives."""
    charges = checked_calq(calq)
    expected = golden.run(network, weights, charges)
    image, keep = pack(network, weights), keep_bytes(network, weights)
    sizes = (len(image), len(keep), len(charges))
    header = struct.pack("<8s5I", _MAGIC, network.design_hash, crc32(image), *sizes)
    arrays = (charges.astype("<i4"), expected.latents.astype("<u2"), expected.sums.astype("<u2"))
    return b"".join([header, image, keep, *(array.tobytes() for array in arrays)])


def drawn_calq() -> npt.NDArray[np.int32]:
    """Charges of every size in few and in many cells, int32 (events, 48); always the same."""
    generator = np.random.default_rng(1)
    shape = (DRAWN_EVENTS, N_CELLS)
    bits = generator.uniform(0, CALQ_BITS, (DRAWN_EVENTS, 1)) * generator.uniform(0.2, 1, shape)
    occupied = generator.random(shape) < generator.random((DRAWN_EVENTS, 1))
    return np.asarray((2**bits).astype(np.int32) * occupied - occupied, dtype=np.int32)


def _values(network: Network) -> dict[str, Any]:
    layers, source = [], "image"
    for plan in network.plans:
        layers.append(_layer(plan, source))
        source = f"{plan.name}_outputs"
    return {
        "network": network,
        "namespace": cpp_namespace(network),
        "guard": cpp_guard(network),
        "layers": layers,
        "cells": N_CELLS,
    }


def _layer(plan: LayerPlan, source: str) -> dict[str, Any]:
    return {
        "name": plan.name,
        "struct": f"layer_{plan.name}",
        "kind": plan.kind,
        "source": source,
        "kernel_count": plan.kernel.count,
        "bias_count": plan.bias.count,
        "outputs": int(np.prod(plan.output_shape)),
    }
