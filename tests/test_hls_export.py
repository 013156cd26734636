"""`asicae export-hls` and the installed emulator: what a user of the C++ meets."""

import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cpp_networks import ECON_T, events, weights_of

from asicae import cli
from asicae.concentrator import golden
from asicae.export.hls import export_hls
from asicae.network.description import Network
from asicae.network.image import crc32
from asicae.network.image_files import write_image
from asicae.network.weights import Weights

SAMPLE = Path(__file__).parent.parent / "data" / "sample.csv"
CMAKE = pytest.mark.skipif(
    not (shutil.which("cmake") and shutil.which("g++")),
    reason="no cmake or g++: apt-get install cmake g++",
)


def call(*words: object, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["asicae", "export-hls", *map(str, words)])
    try:
        cli.main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


def output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def cpu_seconds() -> float:
    """Of all commands so far; unlike the time on the clock, it is no longer when others work."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_command_writes_all_in_a_second(tmp_path: Path) -> None:
    weights = Weights.random(ECON_T, 8).save(tmp_path / "w.npz")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "asicae.cli", "export-hls", "-o", str(out)]
    command += ["--weights", str(weights), "--readouts", str(SAMPLE), "--events", "50"]
    begin = cpu_seconds()
    output(command)
    seconds = cpu_seconds() - begin
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert {
        "asicae_encoder.hpp", "asicae_parameters.hpp", "asicae_chip.hpp", "asicae_top.cpp",
        "asicae_hls/conv2d.hpp", "testbench.cpp", "vectors.bin", "build_catapult.tcl",
        "build_vitis.tcl", "Makefile", "CMakeLists.txt", "example/encode.cpp", "network.json",
    } <= written  # fmt: skip
    assert (out / "vectors.bin").read_bytes()[24:28] == (50).to_bytes(4, "little")
    assert seconds < 1.0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-n", "nope"), "preset 'nope' is unknown"),
        (("--weights", "none.npz"), "none.npz"),
        (("--readouts", "none.csv"), "none.csv"),
        (("--types", "sc"), "sc"),
    ],
)
def test_bad_input_is_named(
    words: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    assert call("-o", out, *words, monkeypatch=monkeypatch) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_nothing_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("-o", tmp_path / "out", "-n", "small", monkeypatch=monkeypatch) == 0
    assert call("-o", tmp_path / "out", monkeypatch=monkeypatch) == 2
    assert "exists already" in capsys.readouterr().err
    assert Network.load(tmp_path / "out" / "network.json").name == "small"


def test_rounding_to_odd_is_for_ac_types_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ECON_T.model_dump_json().replace('"ufixed<9,1>"', '"ufixed<9,1,RND_CONV_ODD,SAT>"')
    path = tmp_path / "odd.json"
    path.write_text(text)
    out = tmp_path / "out"
    assert call("-o", out, "-n", path, monkeypatch=monkeypatch) == 2
    assert "ap_types have no RND_CONV_ODD" in capsys.readouterr().err
    assert not out.exists()
    assert call("-o", out, "-n", path, "--types", "ac", monkeypatch=monkeypatch) == 0
    assert not (out / "build_vitis.tcl").exists()
    assert "all: check-ac\n" in (out / "Makefile").read_text()


@CMAKE
def test_the_example_builds_from_the_installed_package(tmp_path: Path) -> None:
    export_hls(ECON_T, tmp_path / "export")
    prefix, build = tmp_path / "prefix", tmp_path / "build"
    options = ["-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror"]
    package = ["cmake", "-S", str(tmp_path / "export"), "-B", str(tmp_path / "package")]
    output(package)
    output(["cmake", "--install", str(tmp_path / "package"), "--prefix", str(prefix)])
    (tmp_path / "export").rename(tmp_path / "moved")  # only what was installed may be used
    example = ["cmake", "-S", str(tmp_path / "moved" / "example"), "-B", str(build)]
    found = output([*example, f"-DCMAKE_PREFIX_PATH={prefix}", *options])
    assert f"encoder of econ-t, design hash 0x{ECON_T.design_hash:08x}" in found
    output(["cmake", "--build", str(build)])

    weights, calq = Weights.random(ECON_T, 8), events(3, 20)
    image, _, _ = write_image(tmp_path, "w", ECON_T, weights)
    charges = tmp_path / "calq.bin"
    charges.write_bytes(calq.astype("<i4").tobytes())
    crc = f"{crc32(image.read_bytes()):08x}"
    command = [str(build / "encode"), str(image), crc, str(charges)]
    rows = output(command).splitlines()
    expected = golden.run(ECON_T, weights, calq)
    words = np.column_stack([expected.sums, expected.latents])
    assert [list(map(int, row.split())) for row in rows] == words.tolist()

    for place, bad in ((1, "none.bin"), (2, "00000000"), (2, "x"), (3, str(image))):
        wrong = [*command[:place], bad, *command[place + 1 :]]
        done = subprocess.run(wrong, capture_output=True, check=False, cwd=tmp_path)
        assert done.returncode == 2 and done.stderr


def test_vectors_use_the_keep_mask(tmp_path: Path) -> None:
    weights, calq = weights_of(ECON_T, 5), events(3, 20)
    exported = export_hls(ECON_T, tmp_path, weights, calq)
    data = exported.vectors.read_bytes()
    sums = len(calq) * 2
    latents = np.frombuffer(data[: len(data) - sums], "<u2")[-len(calq) * 16 :]
    assert np.array_equal(latents.reshape(-1, 16), golden.run(ECON_T, weights, calq).latents)
