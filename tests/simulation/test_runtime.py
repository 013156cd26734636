"""Verilator's runtime is compiled once, and is what each build would have compiled itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from asicae.foundation.errors import CheckFailed
from asicae.simulation.builds import runtime
from asicae.simulation.builds.toolchain import compiler
from asicae.simulation.builds.verilated_bench import build
from asicae.simulation.builds.verilator import IN_FRONT, find

pytestmark = pytest.mark.build
HEADER = "verilated_value.h"
DESIGN = "module tiny(input wire clk_i, output reg q_o); always @(posedge clk_i) q_o <= !q_o;"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A runtime of one file and one header."""
    folder = tmp_path / "include"
    folder.mkdir()
    (folder / HEADER).write_text("constexpr int kValue = 1;\n")
    path = folder / "verilated_some.cpp"
    path.write_text(f'#include "{HEADER}"\nint value() {{ return kValue + MORE; }}\n')
    return path


class TestCompileOnce:
    @pytest.fixture(autouse=True)
    def place(self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.source, self.cache = source, tmp_path / "cache"
        monkeypatch.chdir(tmp_path)

    def made(self, *options: str) -> tuple[bytes, int]:
        """The object, and how many different ones have been compiled so far."""
        words = ["-O1", f"-I{self.source.parent}", *options, "-c", "-o", "some.o"]
        command = [*compiler().command, *words, str(self.source)]
        data = runtime.compile_once(command, self.cache).read_bytes()
        return data, len(list(self.cache.glob("some-*")))

    def test_the_same_is_found(self) -> None:
        first = self.made("-DMORE=1")
        Path("some.o").unlink()
        assert self.made("-DMORE=1") == first

    def test_of_another_option_header_or_text_it_is_another(self) -> None:
        found = [self.made("-DMORE=1")[0], self.made("-DMORE=2")[0]]
        (self.source.parent / HEADER).write_text("constexpr int kValue = 5;\n")
        found.append(self.made("-DMORE=1")[0])
        self.source.write_text("int value() { return 9; }\n")
        found.append(self.made("-DMORE=1")[0])
        assert len(set(found)) == len(found) == self.made("-DMORE=1")[1]

    def test_what_the_compiler_refuses_is_not_kept(self) -> None:
        with pytest.raises(runtime.Refused):
            self.made()  # MORE is not defined
        assert list(self.cache.glob("some-*")) == []


def tiny(folder: Path, more: str = "") -> Path:
    path = folder / "tiny.v"
    path.write_text(f"{DESIGN} {more} endmodule\n")
    return path


def test_what_stands_in_front_already_is_left_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert runtime.SCRIPT.name in find().environment()["MAKEFLAGS"]
    monkeypatch.setenv(IN_FRONT, "ccache")
    assert runtime.SCRIPT.name not in find().environment()["MAKEFLAGS"]


def test_no_second_build_compiles_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is the same to the byte, another design's is another."""
    log, program = tmp_path / "log", tmp_path / "count"
    text = f'#!/bin/sh\nfor last do :; done\necho "$last" >> {log}\nexec {{}} "$@"\n'
    program.write_text(text.format(" ".join(compiler().command)))
    program.chmod(0o755)
    monkeypatch.setenv("CXX", str(program))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    compiled, programs = [], []
    for number, more in enumerate(("", "", "initial q_o = 1;")):
        log.write_text("")
        built = build([tiny(tmp_path, more)], "tiny", quick=True, cache=tmp_path / str(number))
        programs.append((built.folder / built.top).read_bytes())
        names = {Path(line).name for line in log.read_text().split()}
        compiled.append({name for name in names if name.startswith("verilated")})
        assert "Vtop__ALL.cpp" in names
    assert "verilated.cpp" in compiled[0] and compiled[1] == compiled[2] == set()
    assert programs[0] == programs[1] != programs[2]


def test_a_refusal_is_the_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "no"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && exec g++ --version\necho "error: no" >&2\nexit 3\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("CXX", str(program))
    with pytest.raises(CheckFailed, match="error: no"):
        build([tiny(tmp_path)], "tiny", quick=True, cache=tmp_path / "cache")


def test_a_cache_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(CheckFailed, match=f"error: {tmp_path}/file/asicae"):
        build([tiny(tmp_path)], "tiny", quick=True, cache=tmp_path / "cache")


def test_what_is_asked_for_each_object_starts_at_once() -> None:
    """NumPy and Pydantic take longer than finding an object does."""
    code = "import sys, asicae.simulation.builds.runtime; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"numpy", "pydantic"} & set(done.stdout.split()) == set()
