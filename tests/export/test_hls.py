"""`asicae export-hls` and the installed emulator: what a user of the C++ meets."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.image import crc32
from asicae.chip.weight_files.files import write_image
from asicae.export.hls import export_hls
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from tests.support.command_line import call
from tests.support.cpp_networks import ECON_T, events, weights_of
from tests.support.places import SAMPLE

PLACES = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
CMAKE_PROGRAM = shutil.which("cmake", path=PLACES) or "cmake"
CMAKE = pytest.mark.skipif(
    not (shutil.which(CMAKE_PROGRAM) and shutil.which("g++")),
    reason="no cmake or g++: apt-get install cmake g++",
)


def output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


HEAVY = {"tensorflow", "keras", "qkeras", "scipy", "matplotlib", "onnx", "hls4ml", "pyosys"}
WATCHED = """
import sys
from asicae.cli.main import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def test_the_command_writes_all_and_loads_nothing_heavy(tmp_path: Path) -> None:
    weights = Weights.random(ECON_T, 8).save(tmp_path / "w.npz")
    out = tmp_path / "out"
    command = [sys.executable, "-c", WATCHED, "export-hls", "-o", str(out)]
    command += ["--weights", str(weights), "--readouts", str(SAMPLE), "--events", "50"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert not HEAVY & set(done.stderr.split())
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert {
        "asicae_encoder.hpp", "asicae_parameters.hpp", "asicae_chip.hpp", "asicae_top.cpp",
        "asicae_hls/conv2d.hpp", "testbench.cpp", "vectors.bin", "build_catapult.tcl",
        "build_vitis.tcl", "Makefile", "CMakeLists.txt", "example/encode.cpp", "network.json",
    } <= written  # fmt: skip
    assert (out / "vectors.bin").read_bytes()[24:28] == (50).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-n", "nope"), "preset 'nope' is unknown"),
        (("--weights", "none.npz"), "none.npz"),
        (("--readouts", "none.csv"), "none.csv"),
        (("--types", "sc"), "sc"),
        (
            ("--readouts", SAMPLE, "--events", "1501"),
            "sample.csv: has 1500 readouts, 1501 are wanted",
        ),
    ],
)
def test_bad_input_is_named(
    words: tuple[str, ...],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    assert call("export-hls", "-o", out, *words) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("export-hls", "-o", tmp_path / "out", "-n", "small") == 0
    assert call("export-hls", "-o", tmp_path / "out") == 2
    assert "exists already" in capsys.readouterr().err
    assert Network.load(tmp_path / "out" / "network.json").name == "small"


def test_rounding_to_odd_is_for_ac_types_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ECON_T.model_dump_json().replace('"ufixed<9,1>"', '"ufixed<9,1,RND_CONV_ODD,SAT>"')
    path = tmp_path / "odd.json"
    path.write_text(text)
    out = tmp_path / "out"
    assert call("export-hls", "-o", out, "-n", path) == 2
    assert "ap_types have no RND_CONV_ODD" in capsys.readouterr().err
    assert not out.exists()
    assert call("export-hls", "-o", out, "-n", path, "--types", "ac") == 0
    assert not (out / "build_vitis.tcl").exists()
    assert "all: check-ac\n" in (out / "Makefile").read_text()


@pytest.mark.parametrize("words", [("--events", "50"), ("--events", "50", "--readouts", "r.csv")])
def test_as_many_vectors_as_wanted_and_no_more_is_read(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = SAMPLE.read_text().splitlines()
    Path("r.csv").write_text("\n".join([*lines[:400], "not a readout"]))
    assert call("export-hls", "-o", "out", *words) == 0
    assert Path("out/vectors.bin").read_bytes()[24:28] == (50).to_bytes(4, "little")


def test_vectors_of_no_events_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="0 events, allowed is 1 or more"):
        export_hls(ECON_T, tmp_path / "out", calq=np.zeros((0, 48), dtype=np.int32))
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prefix with the packages of two networks; in ``example`` beside it, that of econ-t."""
    folder = tmp_path_factory.mktemp("packages")
    for network in (ECON_T, Network.preset("small")):
        export, build = folder / network.identifier, folder / f"build_{network.identifier}"
        export_hls(network, export, types=())
        output([CMAKE_PROGRAM, "-S", str(export), "-B", str(build)])
        output([CMAKE_PROGRAM, "--install", str(build), "--prefix", str(folder / "prefix")])
    (folder / ECON_T.identifier / "example").rename(folder / "example")
    # Only what was installed may be used.
    shutil.rmtree(folder / ECON_T.identifier)
    shutil.rmtree(folder / "small")
    return folder / "prefix"


def built(source: Path, build: Path, prefix: Path, options: str) -> str:
    """What cmake says of a program that finds its packages in ``prefix``."""
    flags = [f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_FLAGS={options} -Wall -Wextra -Werror"]
    said = output([CMAKE_PROGRAM, "-S", str(source), "-B", str(build), *flags])
    output([CMAKE_PROGRAM, "--build", str(build)])
    return said


@pytest.mark.build
@CMAKE
def test_the_example_builds_from_the_installed_package(tmp_path: Path, installed: Path) -> None:
    said = built(installed.parent / "example", tmp_path / "build", installed, "-O1")
    assert f"encoder of econ-t, design hash 0x{ECON_T.design_hash:08x}" in said
    weights, calq = Weights.random(ECON_T, 8), events(3, 20)
    image, _, _ = write_image(tmp_path, "w", Encoder(ECON_T, weights))
    charges = tmp_path / "calq.bin"
    good = calq.astype("<i4").tobytes()
    charges.write_bytes(good)
    crc = f"{crc32(image.read_bytes()):08x}"
    command = [str(tmp_path / "build" / "encode"), str(image), crc, str(charges)]
    rows = output(command).splitlines()
    expected = golden.run(Encoder(ECON_T, weights), calq)
    words = np.column_stack([expected.sums, expected.latents])
    assert [list(map(int, row.split())) for row in rows] == words.tolist()

    for name, data in (("cut", good[:-2]), ("empty", b""), ("negative", b"\xff" * 192)):
        (tmp_path / name).write_bytes(data)
    for place, bad, message in (
        (1, "none.bin", "none.bin: No such file"),
        (1, ".", ".: Is a directory"),
        (1, "cut", "cut: wrong number of bytes"),
        (2, "00000000", f"{image}: the CRC of the weight image is another"),
        *(
            (2, text, f"{text}: allowed are 1 to 8 hexa")
            for text in ("x", "-1", "1" + crc, "", " 1")
        ),
        (3, "none.bin", "none.bin: No such file"),
        (3, "cut", "cut: not a whole number of events, at least one"),
        (3, "empty", "empty: not a whole number of events, at least one"),
        (3, "negative", "negative: a charge is outside 0 to 4194303"),
    ):
        wrong = [*command[:place], bad, *command[place + 1 :]]
        done = subprocess.run(wrong, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"encode: {message}") and done.stderr.count("\n") == 1


TWO = """
#include <asicae/econ_t/asicae_encoder.hpp>
#include <asicae/small/asicae_encoder.hpp>
int main() {
  static asicae::network_econ_t::Encoder one;
  static asicae::network_small::Encoder other;
  const std::uint8_t byte = 0;
  const bool loaded = one.load(&byte, 1, 0) == asicae::Status::ok;
  return loaded || other.load(&byte, 1, 0) == asicae::Status::ok ? 1 : 0;
}
"""
TWO_PACKAGES = """
cmake_minimum_required(VERSION 3.16)
project(two LANGUAGES CXX)
find_package(asicae_econ_t REQUIRED)
find_package(asicae_small REQUIRED)
add_executable(two two.cpp)
target_link_libraries(two PRIVATE asicae::econ_t asicae::small)
"""


@pytest.mark.build
@CMAKE
def test_two_networks_in_one_prefix_and_one_program(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "two.cpp").write_text(TWO)
    (tmp_path / "CMakeLists.txt").write_text(TWO_PACKAGES)
    built(tmp_path, tmp_path / "build", installed, "-O0")
    assert output([str(tmp_path / "build" / "two")]) == ""


def test_vectors_use_the_keep_mask(tmp_path: Path) -> None:
    weights, calq = weights_of(ECON_T, 5), events(3, 20)
    exported = export_hls(ECON_T, tmp_path, weights, calq)
    data = exported.vectors.read_bytes()
    sums = len(calq) * 2
    latents = np.frombuffer(data[: len(data) - sums], "<u2")[-len(calq) * 16 :]
    assert np.array_equal(
        latents.reshape(-1, 16), golden.run(Encoder(ECON_T, weights), calq).latents
    )
