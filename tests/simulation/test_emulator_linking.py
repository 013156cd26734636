"""Several encoders in one program: of equal names, or compiled for different processors."""

import ctypes
import platform
import shutil
import subprocess
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.image import crc32, keep_bytes, pack
from asicae.export.emulator import HEADER, emulator_header
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.simulation.builds.cpp import SHARED, compile_cpp
from asicae.simulation.engines.emulator import emulator
from tests.support.cpp_harness import cpp_class
from tests.support.cpp_networks import ECON_T, changed, events, weights_of

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(shutil.which("g++") is None, reason="no g++: install a C++ compiler"),
]
# One with masked cells, so with other live inputs; one with its cells elsewhere in the image.
SAME_NAME = (
    ECON_T,
    changed(ECON_T, masked_cells=(0, 7, 40)),
    changed(Network.preset("econ-t-4x4x3"), name=ECON_T.name),
)
ENTRY = """
extern "C" int {entry}(const std::uint8_t* image, std::uint32_t crc, const std::uint8_t* keep,
                       const std::int32_t* calq, std::size_t events, std::uint16_t* latents,
                       std::uint16_t* sums) {{
  static {encoder} encoder;
  if (encoder.load(image, encoder.image_bytes, crc) != asicae::Status::ok) return 1;
  if (encoder.set_keep(keep, encoder.keep_bytes) != asicae::Status::ok) return 2;
  return encoder.encode(calq, events, latents, sums) == asicae::Status::ok ? 0 : 3;
}}
"""


@pytest.mark.parametrize("units", [1, len(SAME_NAME)])
def test_networks_of_one_name_in_one_program(tmp_path: Path, units: int) -> None:
    files, sources = {}, [""] * units
    for place, network in enumerate(SAME_NAME):
        files[f"network_{place}.hpp"] = emulator_header(network)
        text = ENTRY.format(entry=f"encode_{place}", encoder=cpp_class(network))
        sources[place % units] += f'#include "network_{place}.hpp"\n{text}'
    files |= {f"unit_{place}.cpp": text for place, text in enumerate(sources)}
    # Without optimisation no function is inlined: the linker has every chance to mix them up.
    library = ctypes.CDLL(str(compile_cpp(files, "all.so", (*SHARED, "-O0"), cache=tmp_path)))
    calq = events(3, 200)
    for place, network in enumerate(SAME_NAME):
        weights = weights_of(network, place)
        expected = golden.run(Encoder(network, weights), calq)
        image, keep = pack(Encoder(network, weights)), keep_bytes(Encoder(network, weights))
        latents, sums = np.zeros_like(expected.latents), np.zeros_like(expected.sums)
        arrays = [ctypes.c_void_p(array.ctypes.data) for array in (calq, latents, sums)]
        call = getattr(library, f"encode_{place}")
        size = ctypes.c_size_t(len(calq))
        assert call(image, ctypes.c_uint32(crc32(image)), keep, arrays[0], size, *arrays[1:]) == 0
        assert np.array_equal(latents, expected.latents)
        assert np.array_equal(sums, expected.sums)


def test_networks_of_one_name_in_one_process() -> None:
    """Libraries share what g++ calls unique, also those that Python loads one by one."""
    calq = events(3, 200)
    sets = [weights_of(network, 5) for network in SAME_NAME]
    engines = [emulator(Encoder(n, w), ("-O0",)) for n, w in zip(SAME_NAME, sets, strict=True)]
    for network, weights, engine in zip(SAME_NAME, sets, engines, strict=True):
        expected = golden.run(Encoder(network, weights), calq)
        assert np.array_equal(engine.encode(calq).latents, expected.latents)


USE = """
#include "{header}"
asicae::Status use(const std::uint8_t* image, const std::int32_t* calq, std::uint16_t* out) {{
  static {encoder} encoder;
  encoder.set_keep(image, 18);
  const asicae::Status status = encoder.load(image, 1608, 0);
  return *asicae::message(status) == 'o' ? encoder.encode(calq, 99, out, out) : status;
}}
"""
PROCESSORS = (
    "", "-msse4.2", "-mavx", "-mavx2", "-mavx512f", "-mavx512vl", "-mbmi2", "-DASICAE_NO_VECTORS",
)  # fmt: skip


def shared_functions(network: Network, folder: Path, option: str, source: str = "") -> set[str]:
    """Functions of an object file of which a linker keeps one copy of all files'."""
    text = emulator_header(network)
    if source:
        text = text.replace(f"#define ASICAE_EMULATOR_SOURCE {source_hash(text)}", source)
    use = USE.format(header=HEADER, encoder=cpp_class(network))
    options = ("-O0", "-c", *([option] if option else []))
    built = compile_cpp({"use.cpp": use, HEADER: text}, "use.o", options, cache=folder)
    lines = subprocess.run(["nm", str(built)], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in lines.splitlines() if " W " in line}


def source_hash(text: str) -> str:
    return text.split("#define ASICAE_EMULATOR_SOURCE ")[1].split(maxsplit=1)[0]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the options are those of x86")
def test_units_for_different_processors_share_no_function(tmp_path: Path) -> None:
    """Else a program for every processor may run what was compiled for the newest one."""
    found = {option: shared_functions(ECON_T, tmp_path, option) for option in PROCESSORS}
    other = "#define ASICAE_EMULATOR_SOURCE 0x12345678"
    found["another version"] = shared_functions(ECON_T, tmp_path, "", other)
    assert all(len(functions) > 15 for functions in found.values())
    for one, two in combinations(found, 2):
        assert not found[one] & found[two], (one, two)
