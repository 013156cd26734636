"""A network for high-level synthesis: parameters, top function, test bench, scripts."""

import contextlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from asicae import __version__
from asicae.chip import golden
from asicae.chip.design import PERIOD_NS
from asicae.chip.image import crc32, keep_bytes, pack
from asicae.chip.weight_files.files import read_weights
from asicae.export.emulator import export_emulator
from asicae.export.layers import rows
from asicae.export.parameters import (
    cpp_design,
    cpp_guard,
    cpp_namespace,
    largest_layer,
    operand_parts,
    parameters_header,
)
from asicae.export.templates import render
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput, NotExpressible
from asicae.foundation.files import write_bytes, write_text
from asicae.foundation.folders import output_folder
from asicae.module.calq import checked_calq
from asicae.module.drawn import drawn_calq
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint, Rounding
from asicae.network.graph import INPUT
from asicae.network.plan import LayerPlan, WeightedPlan
from asicae.network.weights import Weights
from asicae.readout.reading import stream

HlsTypes = Literal["ac", "ap"]
ALL_TYPES: tuple[HlsTypes, ...] = ("ac", "ap")
"""ac_types (Catapult) and ap_types (Vitis HLS)."""


@dataclass(frozen=True)
class TypeLibrary:
    """How a library of HLS types is found and compiled: for the Makefile and the engines alike.

    ``header`` is its main one, ``in_hls4ml`` the folder of headers inside an installed hls4ml,
    ``option`` chooses it in the templates, and ``gcc_options`` are for g++ alone.
    """

    header: str
    in_hls4ml: str
    option: str
    gcc_options: tuple[str, ...]


LIBRARIES: dict[HlsTypes, TypeLibrary] = {
    "ac": TypeLibrary("ac_fixed.h", "templates/catapult/ac_types/include", "-DASICAE_AC", ()),
    # g++ takes the inner variables of ap_types for ours once they are inlined.
    "ap": TypeLibrary(
        "ap_fixed.h",
        "templates/vivado/ap_types",
        "-DASICAE_AP",
        ("-Wno-uninitialized", "-Wno-maybe-uninitialized"),
    ),
}
JOIN: Final = Path("asicae_hls/graph/join.hpp")
"""In hls/, of several inputs of a layer."""
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

    The emulator and ac_types hold every network. Nothing is written where an error is raised.

    Raises:
        NotExpressible: one of ``types`` lacks a rounding of ``network`` (see ``check_types``).
        BadInput: CALQ is out of range, or there are no events.
    """
    for kind in types:
        check_types(network, kind)
    chosen = Weights.random(network, 1) if weights is None else weights
    charges = drawn_calq(DRAWN_EVENTS) if calq is None else calq
    vectors = vector_bytes(Encoder(network, chosen), charges)
    export_emulator(network, folder)
    for name, text in chip_files(network).items():
        write_text(folder / name, text)
    values, libraries = _values(network), {kind: LIBRARIES[kind] for kind in types}
    write_text(folder / "asicae_top.hpp", render("asicae_top.hpp.j2", **values))
    sources = tuple(
        write_text(folder / name, render(f"{name}.j2", **values))
        for name in ("asicae_top.cpp", "testbench.cpp")
    )
    write_text(folder / "Makefile", render("hls_makefile.j2", libraries=libraries, **values))
    for kind, script in (("ac", "build_catapult.tcl"), ("ap", "build_vitis.tcl")):
        if kind in types:
            write_text(folder / script, render(f"{script}.j2", period_ns=PERIOD_NS, **values))
    _write_package(folder, values)
    network.save(folder / "network.json")
    return ExportedHls(folder, sources, write_bytes(folder / VECTORS, vectors))


def export_files(
    network: Network,
    folder: Path,
    *,
    weights: Path | None = None,
    readouts: Path | None = None,
    events: int | None = None,
    types: Literal["both", "ac", "ap"] = "both",
    force: bool = False,
) -> None:
    """``export_hls`` into a new folder, with vectors from files, or nothing at all.

    ``weights`` is a weight set (.npz, .bin, .yaml or .csv), ``readouts`` any file of readouts, of
    which the first ``events`` are used, and no more are read; without ``events`` the first
    ``DRAWN_EVENTS``, or all where there are fewer. Without ``readouts`` as many are drawn.

    Raises:
        BadInput: the folder exists and not ``force``, a file cannot be used, ``readouts`` has fewer
            than ``events``, or as `export_hls`.
    """
    chosen = None if weights is None else read_weights(weights, network)
    calq = drawn_calq(events or DRAWN_EVENTS) if readouts is None else _first(readouts, events)
    libraries = ALL_TYPES if types == "both" else (types,)
    with output_folder(folder, force) as temporary:
        export_hls(network, temporary, chosen, calq, libraries)


def _first(readouts: Path, events: int | None) -> npt.NDArray[np.int32]:
    wanted = events or DRAWN_EVENTS
    calq = next(stream(readouts, chunk=wanted)).calq
    if events is not None and len(calq) < events:
        raise BadInput(f"{readouts}: has {len(calq)} readouts, {events} are wanted")
    return calq


def _write_package(folder: Path, values: dict[str, Any]) -> None:
    """What makes the emulator a CMake package, and an example that uses it."""
    for name in ("CMakeLists.txt", "asicae_encoder-config.cmake.in"):
        write_text(folder / name, render(f"{name}.j2", version=__version__, **values))
    for name in ("CMakeLists.txt", "encode.cpp"):
        write_text(folder / "example" / name, render(f"example_{name}.j2", **values))


def expressible_types(network: Network) -> tuple[HlsTypes, ...]:
    """The libraries that have everything ``network`` needs; see ``check_types``."""
    found: list[HlsTypes] = []
    for types in ALL_TYPES:
        with contextlib.suppress(NotExpressible):
            check_types(network, types)
            found.append(types)
    return tuple(found)


def check_types(network: Network, types: HlsTypes) -> None:
    """Make sure that a library has what ``network`` needs.

    Raises:
        NotExpressible: a layer, or the input, rounds to odd, which ap_types cannot.
    """
    if types != "ap":
        return
    kinds: list[tuple[str, FixedPoint]] = [("input", network.input)]
    kinds += [(f"layer {plan.name!r}", plan.output_type) for plan in network.plans]
    for where, kind in kinds:
        if kind.rounding is Rounding.RND_CONV_ODD:
            raise NotExpressible(
                f"network {network.name}: {where} has {kind}, ap_types have no "
                f"{kind.rounding}; allowed is every other rounding, or ac_types alone"
            )


def chip_files(network: Network) -> dict[str, str]:
    """Texts of the headers of the chip, by path in the export: generated and hand-written ones."""
    folder = asset_folder("hls")
    names = ["asicae_processor.hpp", "asicae_fixed.hpp", "asicae_status.hpp"]
    names += sorted(f"asicae_hls/{path.name}" for path in (folder / "asicae_hls").glob("*.hpp"))
    paths = {name: folder / name for name in names}
    if not network.is_chain:
        paths["asicae_hls/join.hpp"] = folder / JOIN
    kinds = rows(network.kinds)
    paths |= {f"asicae_hls/{row.function.name}": folder / row.function for row in kinds}
    files = {name: path.read_text(encoding="utf-8") for name, path in paths.items()}
    return files | {PARAMETERS: parameters_header(network), CHIP: chip_header(network)}


def chip_header(network: Network, parameters_file: str = PARAMETERS) -> str:
    """C++ text of asicae_chip.hpp."""
    return render("asicae_chip.hpp.j2", parameters_file=parameters_file, **_values(network))


def vector_bytes(encoder: Encoder, calq: npt.ArrayLike) -> bytes:
    """File of vectors as hls/asicae_hls/vectors.hpp reads it: ``calq`` and what golden gives.

    Raises:
        BadInput: CALQ is out of range, or there are no events.
    """
    network = encoder.network
    charges = checked_calq(calq)
    if len(charges) == 0:
        raise BadInput("CALQ of the vectors: 0 events, allowed is 1 or more")
    expected = golden.run(encoder, charges)
    image, keep = pack(encoder), keep_bytes(encoder)
    sizes = (len(image), len(keep), len(charges))
    header = struct.pack("<8s5I", _MAGIC, network.design_hash, crc32(image), *sizes)
    arrays = (charges.astype("<i4"), expected.latents.astype("<u2"), expected.sums.astype("<u2"))
    return b"".join([header, image, keep, *(array.tobytes() for array in arrays)])


def _values(network: Network) -> dict[str, Any]:
    layers, known = [], {INPUT: "image"}
    for plan in network.plans:
        layers.append(_layer(plan, known))
        known[plan.name] = f"{plan.name}_outputs"
    members = [f"{layer['name']}_{array}" for layer in layers for array in layer["arrays"]]
    functions = [row.function.name for row in rows(network.kinds)]
    return {
        "network": network,
        "name": network.identifier,
        "namespace": cpp_namespace(network),
        "design": cpp_design(network),
        "guard": cpp_guard(network),
        "layers": layers,
        "functions": functions if network.is_chain else [*functions, JOIN.name],
        "members": [*members, "keep"],
        "largest_array": _largest_array(network),
        "cells": N_CELLS,
    }


def _largest_array(network: Network) -> int:
    """Elements of the largest array of the design."""
    kernels = max(plan.kernel.count for plan in network.weighted)
    return max(N_CELLS, kernels, largest_layer(network))


def _layer(plan: LayerPlan, known: Mapping[str, str]) -> dict[str, Any]:
    arrays = {}
    if isinstance(plan, WeightedPlan):
        arrays = {"kernel": plan.kernel.count, "bias": plan.bias.count}
    several = len(plan.operands) > 1
    return {
        "name": plan.name,
        "struct": f"layer_{plan.name}",
        "kind": plan.kind,
        "source": f"{plan.name}_inputs" if several else known[plan.operands[0].name],
        "parts": operand_parts(plan, known) if several else [],
        "arrays": arrays,
        "inputs": plan.inputs,
        "outputs": plan.outputs,
    }
