"""Frames of verilated encoders against those of their algorithms, bit by bit."""

import ctypes
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from asicae.chip import golden
from asicae.chip.image import keep_bytes, pack
from asicae.chip.load_sequence import EXPECT, WRITE, Transfer, load_sequence
from asicae.chip.registers import register_map
from asicae.concentrator import codec
from asicae.concentrator.algorithms.base import Charges, Send
from asicae.concentrator.algorithms.table import HYBRID_CHOICE
from asicae.concentrator.frames import Bytes, Frames
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.silicon import adaptive_choice, hybrid_choice
from asicae.concentrator.silicon.adaptive_choice import CoderDesign
from asicae.concentrator.silicon.hybrid_choice import HybridDesign
from asicae.foundation.errors import CheckFailed
from asicae.module.geometry import Integers
from asicae.network.encoder import Encoder
from asicae.simulation.builds.verilated_bench import listed_sources, rtl_sources
from asicae.simulation.coder.library import frames_library
from asicae.simulation.coder.streaming import CoderComparison, FramesOf, Rows, compared
from asicae.simulation.engines.chip_driver import HOST, constants_text

DRIVER: Final = Path(__file__).with_name("driver.cpp")
HYBRID_DRIVER: Final = Path(__file__).with_name("hybrid_driver.cpp")


def coder_library(
    rtl_folder: Path, cache: Path | None = None, quick: bool = False, coverage: bool = False
) -> Path:
    """The exported encoder of Adaptive Choice, compiled; see ``frames_library``.

    Raises:
        BadInput: ``rtl_folder`` is no export, or as ``frames_library``.
        CheckFailed, MissingTool: as ``frames_library``.
    """
    sources = listed_sources(rtl_folder)
    return frames_library(adaptive_choice.TOP, sources, DRIVER, {}, cache, quick, coverage)


def compare_coder(
    design: CoderDesign,
    rtl_folder: Path,
    calq: Integers,
    seed: int = 1,
    cache: Path | None = None,
    quick: bool = False,
    coverage: Path | None = None,
) -> CoderComparison:
    """Stream charges [n, 48] through the exported encoder of Adaptive Choice (``compared``).

    ``quick`` compiles without optimisation: right for few events. ``coverage``: file for what
    Verilator counts of the last ``CHUNK_CLOCKS`` events.

    Raises:
        CheckFailed: as ``compared`` and ``frames_library``.
        BadInput, MissingTool: as ``coder_library``.
    """
    library = coder_library(rtl_folder, cache, quick, coverage is not None)
    stream = ctypes.CDLL(str(library)).asicae_stream
    stream.restype = None
    stream.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
    counted = os.fsencode(coverage or "")

    def streamed(rows: Rows, found: Rows, clocks: int) -> None:
        stream(rows.ctypes.data, found.ctypes.data, clocks, counted)

    return compared(streamed, _frames_of(design.settings), design.latency_bx, calq, seed)


def hybrid_library(
    design: HybridDesign,
    rtl_folder: Path,
    cache: Path | None = None,
    quick: bool = False,
    coverage: bool = False,
) -> Path:
    """The exported encoder of Hybrid Choice, compiled; see ``frames_library``.

    Raises:
        BadInput, CheckFailed, MissingTool: as ``coder_library``.
    """
    headers = {
        "chip.hpp": "\n".join(["#pragma once", *constants_text(design.chip), ""]),
        HOST.name: HOST.read_text(encoding="utf-8"),
    }
    top, sources = hybrid_choice.TOP, rtl_sources(rtl_folder)
    return frames_library(top, sources, HYBRID_DRIVER, headers, cache, quick, coverage)


def compare_hybrid(
    design: HybridDesign,
    encoder: Encoder,
    rtl_folder: Path,
    calq: Integers,
    seed: int = 1,
    cache: Path | None = None,
    quick: bool = False,
    coverage: Path | None = None,
) -> CoderComparison:
    """Likewise through that of Hybrid Choice, with the weights of ``encoder`` loaded through I2C.

    Raises:
        CheckFailed: the chip does not take the weights, or as ``compare_coder``.
        BadInput, MissingTool: as ``compare_coder``.
    """
    library = hybrid_library(design, rtl_folder, cache, quick, coverage is not None)
    call = ctypes.CDLL(str(library)).asicae_load_and_stream
    call.restype = ctypes.c_int
    place, text = ctypes.c_void_p, ctypes.c_char_p
    call.argtypes = [place, ctypes.c_int, *[place] * 3, ctypes.c_size_t, text]
    counted = os.fsencode(coverage or "")
    transfers = _enabling(encoder)
    numbers = np.array(
        [(each.action == EXPECT, each.address, len(each.data)) for each in transfers], np.int32
    )
    data = np.frombuffer(b"".join(each.data for each in transfers), dtype=np.uint8)

    def streamed(rows: Rows, found: Rows, clocks: int) -> None:
        places = [array.ctypes.data for array in (data, rows, found)]
        done = call(numbers.ctypes.data, len(transfers), *places, clocks, counted)
        if done < len(transfers):
            raise CheckFailed(f"encoder: the chip does not take: {transfers[done]}")

    send = HYBRID_CHOICE.sender(design.settings, partial(golden.run, encoder))
    return compared(streamed, _frames_of(design.settings, send), design.latency_bx, calq, seed)


def _frames_of(settings: ConcentratorSettings, send: Send | None = None) -> FramesOf:
    def frames_of(calq: Charges, counter: Bytes) -> Frames:
        return codec.encode(calq, settings, counter, send=send)

    return frames_of


def _enabling(encoder: Encoder) -> Sequence[Transfer]:
    """What loads the weights, and then lets frames leave."""
    control = register_map(encoder.network)["CONTROL"]
    data = control.mask("ENABLE").to_bytes(control.size, "little")
    enable = Transfer(WRITE, "CONTROL", None, control.address, data)
    image, keep = pack(encoder), keep_bytes(encoder)
    return (*load_sequence(encoder.network, image, keep), enable)
