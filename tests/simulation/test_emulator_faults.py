"""No input makes the C++ emulator misbehave, and what is wrong is named."""

import random
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asicae.chip.image import crc32, keep_bytes, pack
from asicae.export.emulator import HEADER, emulator_header, export_emulator
from asicae.export.parameters import cpp_namespace
from asicae.foundation.errors import BadInput, CheckFailed, MissingTool
from asicae.module.codes import CALQ_MAX
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.builds.cpp import compile_cpp
from asicae.simulation.engines.emulator import EmulatorModel
from tests.support.cpp_harness import (
    CRC,
    NOT_LOADED,
    NULL,
    OK,
    RANGE,
    SANITIZED,
    SIZE,
    SPARE,
    Program,
    Record,
)
from tests.support.cpp_networks import ECON_T, NETWORKS, events

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(shutil.which("g++") is None, reason="no g++: install a C++ compiler"),
]


@pytest.fixture(scope="module")
def program() -> Program:
    return Program(NETWORKS)


def test_any_bytes_are_refused_or_taken(program: Program) -> None:
    """Images and masks of any size and content, charges out of range: a status, no misbehaviour."""
    generator = random.Random(7)  # noqa: S311 - bytes of a test
    records, expected = [], []
    loaded: set[int] = set()
    for _ in range(4000):
        place = generator.randrange(len(NETWORKS))
        network = NETWORKS[place]
        size = network.image_bytes + generator.choice((0, 0, 0, 0, -1, 1, 700, -10_000))
        image = bytearray(generator.randbytes(max(size, 0)))
        if image and generator.random() < 0.6:
            image[-1] &= (1 << (network.weight_bits % 8 or 8)) - 1
        crc = crc32(bytes(image)) ^ (1 << generator.randrange(32)) * (generator.random() < 0.2)
        keep_size = len(keep_bytes(Encoder(network, Weights.random(network, 1))))
        keep = generator.randbytes(max(keep_size + generator.choice((0, 0, 0, -1, 3)), 0))
        calq = events(generator.randrange(99), 3)[: generator.randrange(40)]
        if calq.size and generator.random() < 0.2:
            row = generator.randrange(len(calq)), generator.randrange(N_CELLS)
            calq[row] = generator.choice((-1, CALQ_MAX + 1, -(2**31), 2**31 - 1))
        records.append(Record(place, bytes(image), crc, keep, calq))
        used = network.weight_bits % 8
        load = (
            SIZE if len(image) != network.image_bytes
            else CRC if crc != crc32(bytes(image))
            else SPARE if used and image[-1] >> used
            else OK
        )  # fmt: skip
        loaded |= {place} if load == OK else set()
        outside = bool(((calq < 0) | (calq > CALQ_MAX)).any())
        encode = NOT_LOADED if place not in loaded else RANGE if outside else OK
        expected.append((load, OK if len(keep) == keep_size else SIZE, encode))
    assert [answer.status for answer in program.run(records)] == expected
    assert {load for load, _, _ in expected} == {OK, SIZE, CRC, SPARE}
    assert {encode for _, _, encode in expected} == {OK, NOT_LOADED, RANGE}


def test_a_refused_image_changes_nothing(program: Program) -> None:
    network, calq = NETWORKS[0], events(1)
    good = Record.of(0, network, Weights.random(network, 1), calq)
    other = Record.of(0, network, Weights.random(network, 2), calq)
    bad = replace(other, crc=other.crc ^ 1, keep=other.keep[:-1])
    first, second = program.run([good, bad])
    assert second.status == (CRC, SIZE, OK)
    assert np.array_equal(first.latents, second.latents)


def test_the_wrapper_names_what_is_wrong() -> None:
    engine = EmulatorModel(ECON_T)
    calq = events(1)
    with pytest.raises(BadInput, match="no weight image is loaded"):
        engine.encode(calq)
    weights = Weights.random(ECON_T, 1)
    image = pack(Encoder(ECON_T, weights))
    with pytest.raises(BadInput, match="wrong number of bytes"):
        engine.load_image(image[:-1], crc32(image))
    with pytest.raises(BadInput, match="CRC of the weight image"):
        engine.load_image(image, crc32(image) ^ 1)
    engine.load(weights)
    assert engine.encode(np.zeros((0, N_CELLS), dtype=np.int32)).latents.shape == (0, 16)
    outside = calq.copy()
    outside[2, 5] = -3
    with pytest.raises(BadInput, match="CALQ of row 2, cell 5 is -3"):
        engine.encode(outside)
    with pytest.raises(BadInput, match="shape"):
        engine.encode(calq[:, :-1])
    wide = engine.encode(calq.astype(np.int64))
    assert np.array_equal(wide.latents, engine.encode(calq).latents)


def test_calls_without_an_encoder_are_refused() -> None:
    library = EmulatorModel(ECON_T)._library
    assert library.asicae_load(None, b"", 0, 0) == NULL
    assert library.asicae_set_keep(None, b"", 0) == NULL
    assert library.asicae_encode(None, None, 0, None, None) == NULL
    library.asicae_destroy(None)


def test_missing_and_failing_compilers_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CheckFailed, match=r"error: .*nonsense"):
        compile_cpp({"main.cpp": "int main() { return nonsense; }"}, "x", cache=tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    with pytest.raises(BadInput, match="no such folder"):
        compile_cpp({"main.cpp": ""}, "x", system=[tmp_path / "none"], cache=tmp_path)
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(MissingTool, match="no-such-compiler"):
        EmulatorModel(ECON_T)


def test_equal_networks_give_equal_bytes(tmp_path: Path) -> None:
    first, second = (export_emulator(ECON_T, tmp_path / name) for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert first.name == HEADER
    assert emulator_header(Network.preset("small")) != emulator_header(ECON_T)


BARE = """
#include "{header}"
extern "C" int entry(const std::uint8_t* image, const std::int32_t* calq, std::uint16_t* out) {{
  static asicae::{namespace}::Encoder encoder;
  if (encoder.load(image, 1608, 0) != asicae::Status::ok) return 1;
  return static_cast<int>(encoder.encode(calq, 99, out, out + 16 * 99));
}}
"""


def test_no_heap_no_exceptions(tmp_path: Path) -> None:
    text = BARE.format(header=HEADER, namespace=cpp_namespace(ECON_T))
    options = ("-O2", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-Wpedantic", "-c")
    files = {"bare.cpp": text, HEADER: emulator_header(ECON_T)}
    built = compile_cpp(files, "bare.o", options, cache=tmp_path)
    command = ["nm", "-uC", str(built)]
    undefined = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert set(undefined) - {"U"} <= {
        "memset",
        "memcpy",
        "memmove",
        "_GLOBAL_OFFSET_TABLE_",
        "__stack_chk_fail",
    }


THREADED = """
#include <cstdio>
#include <thread>
#include <vector>
#include "{header}"
int main() {{
  using Encoder = asicae::{namespace}::Encoder;
  std::vector<std::uint8_t> image(Encoder::image_bytes, 0x35);
  static Encoder encoder;
  if (encoder.encode(nullptr, 1, nullptr, nullptr) != asicae::Status::not_loaded) return 2;
  if (encoder.load(nullptr, image.size(), 0) != asicae::Status::null_pointer) return 3;
  if (encoder.set_keep(nullptr, 0) != asicae::Status::null_pointer) return 4;
  const std::uint32_t crc = asicae::crc32(image.data(), image.size());
  if (encoder.load(image.data(), image.size(), crc) != asicae::Status::ok) return 5;
  if (encoder.encode(nullptr, 1, nullptr, nullptr) != asicae::Status::null_pointer) return 6;
  std::vector<std::int32_t> calq(48 * 500);
  std::uint16_t one[16] = {{}};
  if (encoder.encode(calq.data(), 1, nullptr, one) != asicae::Status::null_pointer) return 8;
  if (encoder.encode(calq.data(), 1, one, nullptr) != asicae::Status::null_pointer) return 9;
  for (std::size_t i = 0; i < calq.size(); ++i) calq[i] = static_cast<int>(i * 2654435761u >> 12);
  for (auto& charge : calq) charge &= 0x3fffff;
  std::vector<std::uint16_t> latents[4], sums[4];
  std::vector<std::thread> threads;
  for (int k = 0; k < 4; ++k) {{
    latents[k].resize(16 * 500);
    sums[k].resize(500);
    threads.emplace_back([&, k] {{
      encoder.encode(calq.data(), 500, latents[k].data(), sums[k].data());
    }});
  }}
  for (auto& thread : threads) thread.join();
  for (int k = 1; k < 4; ++k) if (latents[k] != latents[0] || sums[k] != sums[0]) return 7;
  return 0;
}}
"""


def test_threads_share_an_encoder(tmp_path: Path) -> None:
    text = THREADED.format(header=HEADER, namespace=cpp_namespace(ECON_T))
    files = {"main.cpp": text, HEADER: emulator_header(ECON_T)}
    options = ("-O1", "-g", "-fsanitize=thread", "-pthread")
    built = compile_cpp(files, "threaded", options, cache=tmp_path)
    done = subprocess.run([str(built)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_sanitizers_are_awake(tmp_path: Path) -> None:
    """A header that reads beyond the image does not get through."""
    weights = Weights.random(ECON_T, 4)
    faulty = Program([ECON_T], tmp_path, SANITIZED, ("place < size ?", "place < size + 9 ?"))
    with pytest.raises(AssertionError, match=r"runtime error|AddressSanitizer"):
        faulty.run([Record.of(0, ECON_T, weights, events(4, 5))])
