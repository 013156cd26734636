"""Verilator's runtime, compiled once per compiler, options and text, for all designs.

Its objects (``verilated.o``, ``verilated_vpi.o``...) are the same in every build with the same
options, and take three quarters of the time of a small one. Verilator's makefiles let a program
stand in front of the compiler: ``runtime.sh``, which calls this for those sources alone:
``python -m asicae.simulation.builds.runtime COMPILER ARGUMENTS... -o OBJECT SOURCE``.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asicae.foundation.assets import PACKAGE
from asicae.foundation.cache import cached
from asicae.foundation.errors import AsicaeError
from asicae.foundation.files import sha256
from asicae.simulation.builds.toolchain import compiler

SCRIPT: Final = PACKAGE / "simulation" / "builds" / "runtime.sh"
_OUTPUT: Final = "-o"


class Refused(Exception):
    """The compiler has said why, and its exit status is the argument."""


def in_front() -> list[str]:
    """Words that stand in front of the compiler."""
    return ["sh", str(SCRIPT), sys.executable]


def compile_once(command: Sequence[str], cache: Path | None = None) -> Path:
    """The object that ``command`` makes, compiled or found, where the command wants it.

    ``command``: compiler and arguments, the last one the source, with ``-o OBJECT`` among them.

    Raises:
        Refused: the compiler does not take it.
    """
    *words, source = command
    at = words.index(_OUTPUT)
    target = Path(words[at + 1])
    options = [*words[:at], *words[at + 2 :]]

    def make(work: Path) -> list[str]:
        done = subprocess.run([*options, _OUTPUT, str(work / target.name), source], check=False)
        if done.returncode != 0:
            raise Refused(done.returncode)
        return [target.name]

    parts = [compiler().version, options, sha256(Path(source)), _headers(options)]
    shutil.copyfile(cached(target.stem, parts, make, cache).folder / target.name, target)
    return target


def _headers(options: Sequence[str]) -> dict[str, str]:
    """Hashes of what the runtime may include; it includes nothing of a design's own folder."""
    folders = [Path(word[2:]) for word in options if word.startswith("-I/")]
    return {str(path): sha256(path) for folder in folders for path in sorted(folder.glob("*.h"))}


if __name__ == "__main__":
    try:
        compile_once(sys.argv[1:])
    except Refused as refused:
        sys.exit(refused.args[0])
    except AsicaeError as error:  # such as a cache that cannot be written
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
