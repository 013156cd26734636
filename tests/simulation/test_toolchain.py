"""One C++ compiler for every build: $CXX in all its forms, and what is no compiler."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asicae.cli.doctor import findings
from asicae.foundation.errors import BadInput, CheckFailed, MissingTool
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.builds import cpp, verilator
from asicae.simulation.builds.toolchain import compiler as chosen
from asicae.simulation.engines import chip_library
from asicae.simulation.engines import table as engines
from asicae.simulation.engines.hls import type_options

NETWORK = Network.preset("small")
WEIGHTS = Weights.random(NETWORK, 1)
SOURCE = {"main.cpp": "int main() { return 0; }"}
CLANG = """#!/bin/sh
case " $* " in
  *" --version "*) echo "Some clang version 17.0.6"; exit 0;;
  *" -fno-gnu-unique "*|*" -Wno-maybe-uninitialized "*) echo "unknown argument" >&2; exit 1;;
esac
exec g++ "$@"
"""


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.build
@pytest.mark.parametrize("form", ["unset", "empty", "path", "two words", "relative", "odd name"])
def test_every_build_takes_the_compiler_of_cxx(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd $name").mkdir()
    wrapper = script(tmp_path / "wrapper", '#!/bin/sh\nexec "$@"\n')
    odd = script(tmp_path / "odd $name" / "cxx", '#!/bin/sh\nexec g++ "$@"\n')
    monkeypatch.chdir(tmp_path)
    text = {
        "unset": None,
        "empty": " ",
        "path": shutil.which("g++"),
        "two words": f"{wrapper} g++",
        "relative": "./wrapper g++",
        "odd name": shlex.quote(str(odd)),
    }[form]
    if text is None:
        monkeypatch.delenv("CXX", raising=False)
    else:
        monkeypatch.setenv("CXX", text)
    assert cpp.compile_cpp(SOURCE, "program", ("-O0",), cache=tmp_path / "cache").is_file()
    # What Verilator's makefile runs, in another folder.
    (tmp_path / "Makefile").write_text("CXX = none\nLINK = none\nall:\n\t$(CXX) -dumpversion\n")
    environment = verilator.find().environment()
    make = ["make", "-s", "-f", str(tmp_path / "Makefile")]
    done = subprocess.run(
        make, cwd="/", env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, _output("g++", "-dumpversion")), done.stderr


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("engine", ["emulator", "ac", "ap", "verilated"])
@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("no-such-compiler", MissingTool, "compiler no-such-compiler is needed"),
        ("no-such-compiler -m64", MissingTool, "compiler no-such-compiler is needed"),
        ("g++ 'x", BadInput, r"CXX: found \"g\+\+ 'x\", allowed is a command"),
        ("false", BadInput, "false: answers .* to --version"),
        ("env no-such-compiler", BadInput, "no-such-compiler.* to --version"),
    ],
)
def test_what_is_no_compiler_is_bad_input(
    engine: str, text: str, kind: type[BadInput], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", text)
    with pytest.raises(kind, match=message):
        engines.open_engine(Encoder(NETWORK, WEIGHTS), engine)


@pytest.mark.build
def test_clang_alone_is_taken_and_gets_no_options_of_gcc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    assert "-Wno-maybe-uninitialized" in type_options("ap")
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("make", "perl", "sh", "ar"):
        (tools / tool).symlink_to(shutil.which(tool) or "absent")
    gcc = shutil.which("g++") or "absent"
    script(tools / "clang++", CLANG.replace("exec g++", f"PATH={os.environ['PATH']} exec {gcc}"))
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert chosen().command == (str(tools / "clang++"),)
    assert chosen().is_clang
    assert cpp.compile_cpp(SOURCE, "program", type_options("ap"), cache=tmp_path).is_file()
    commands: list[list[str]] = []

    def refuses(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 1, "", "refused")

    monkeypatch.setattr(chip_library.subprocess, "run", refuses)
    with pytest.raises(CheckFailed, match="refused"):
        engines.open_engine(Encoder(NETWORK, WEIGHTS), "verilated")
    assert "-shared" in commands[0] and "-fno-gnu-unique" not in commands[0]


def test_the_doctor_looks_for_what_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dict(findings())
    assert found["C++ compiler"] == chosen().version.splitlines()[0]
    assert found["make"] == shutil.which("make") and found["perl"] == shutil.which("perl")
    for variable in ("CXX", "ASICAE_AC_TYPES", "ASICAE_AP_TYPES"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    found = dict(findings())
    assert "apt-get install g++" in found["C++ compiler"]
    assert found["make"] == "absent; install it with: apt-get install make"
    assert f"{tmp_path}/none: no ac_fixed.h there" in found["ac_types"]
    assert f"{tmp_path}/none: no ap_fixed.h there" in found["ap_types"]


@pytest.mark.build
def test_a_warning_stops_no_engine(tmp_path: Path) -> None:
    """In a process of its own: in this one the tests make errors of warnings."""
    code = (
        "import sys; from pathlib import Path\n"
        "from asicae.simulation.builds.cpp import compile_cpp\n"
        "compile_cpp({'main.cpp': 'int main() { int unused; }'}, 'x', cache=Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "compiling x\n")
