"""C++ programs and libraries, compiled once per content of sources, headers and options."""

import functools
import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from asicae.foundation.cache import cached
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.progress import beating, step
from asicae.simulation.builds.toolchain import compiler

STANDARD = ("-std=c++17",)
WARNINGS = ("-Wall", "-Wextra")
"""Shown, and no reason to fail: compilers to come warn of more. The tests make them errors."""
FAST = ("-O3", "-march=native")
SHARED = ("-shared", "-fPIC", "-fvisibility=default")
_HEADERS = ("*.h", "*.hpp")


def compile_cpp(
    files: Mapping[str, str],
    name: str,
    options: Sequence[str] = FAST,
    *,
    system: Sequence[Path] = (),
    cache: Path | None = None,
    title: str = "",
) -> Path:
    """Compile the sources (``*.cpp``) among ``files`` into one program or library, or find it.

    ``files`` holds texts by relative path: sources and the headers that they include. ``options``
    are the compiler's (``SHARED`` makes a library); ``system`` are folders of foreign headers,
    whose warnings are not the caller's. ``title`` says on the progress line what is compiled.
    Returns the path of the result, called ``name``.

    Raises:
        MissingTool: no C++ compiler.
        BadInput: a folder of ``system`` is missing, or ``$CXX`` is no compiler.
        CheckFailed: the compiler refuses the sources; names its first error.
    """
    program = compiler()
    own = (*STANDARD, *WARNINGS, *options)
    for folder in system:
        if not folder.is_dir():
            raise BadInput(f"{folder}: no such folder of C++ headers")
    includes = [part for folder in system for part in ("-isystem", str(folder.resolve()))]

    def make(work: Path) -> list[str]:
        step(f"compiling {title or name}")
        with beating(f"compiling {title or name}"):
            _compile([*program.command, *own, *includes], files, name, work)
        return [name]

    machine = _machine() if "-march=native" in options else ""
    foreign = [folder_hash(folder) for folder in system]
    parts = [program.version, machine, own, foreign, dict(files)]
    return cached(name, parts, make, cache).folder / name


def _compile(command: list[str], files: Mapping[str, str], name: str, work: Path) -> None:
    for file, text in files.items():
        (work / file).parent.mkdir(parents=True, exist_ok=True)
        (work / file).write_text(text, encoding="utf-8")
    sources = [file for file in files if file.endswith(".cpp")]
    done = subprocess.run(
        [*command, "-I.", *sources, "-o", name],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CheckFailed(f"{name}: C++ does not compile: {_first_error(done.stderr)}")


def _first_error(text: str) -> str:
    lines = text.splitlines() or ["no message"]
    return next((line for line in lines if "error" in line), lines[-1]).strip()


@functools.cache
def _machine() -> str:
    """What "native" stands for: a cache may be shared between machines."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return " ".join(os.uname()[3:])
    wanted = ("model name", "flags", "Features", "CPU part")
    return "\n".join(sorted({line for line in text.splitlines() if line.startswith(wanted)}))


def folder_hash(folder: Path) -> str:
    """Hash of the C++ headers in ``folder``, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _HEADERS for path in folder.rglob(pattern)):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
