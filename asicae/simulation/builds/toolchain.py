"""The C++ compiler that every build of the kit uses."""

import functools
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asicae.foundation.errors import BadInput, MissingTool

VARIABLE = "CXX"
USUAL = ("g++", "clang++", "c++")
"""Looked for in this order when ``$CXX`` says nothing."""
_TIMEOUT_S = 60


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler: the words that call it, and its answer to ``--version``."""

    command: tuple[str, ...]
    version: str

    @property
    def is_clang(self) -> bool:
        """Whether it takes clang's options instead of g++'s; Apple's and others' clang too."""
        return "clang" in self.version.lower()

    def gcc_only(self, *options: str) -> tuple[str, ...]:
        """``options`` for g++, nothing for clang, which does not know them and needs none."""
        return () if self.is_clang else options


def compiler() -> Compiler:
    """The compiler of ``$CXX``, which may be several words (``ccache g++``), else a usual one.

    Raises:
        MissingTool: it is not installed.
        BadInput: ``$CXX`` is no command, or does not answer ``--version``.
    """
    text = os.environ.get(VARIABLE, "")
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadInput(f"{VARIABLE}: found {text!r}, allowed is a command ({error})") from None
    if not words:
        words = [next((name for name in USUAL if shutil.which(name)), USUAL[0])]
    found = shutil.which(words[0])
    if found is None:
        raise MissingTool(
            f"the C++ compiler {words[0]}", f"apt-get install g++ (or set {VARIABLE})"
        )
    # A name in the working folder must hold in the folders of builds; links stay as they are,
    # since some programs (ccache) look at the name that they are called by.
    command = (str(Path(found).absolute()), *words[1:])
    return Compiler(command, _version(command))


COMPILER: Final[Mapping[str, Callable[[], str]]] = {"C++ compiler": lambda: compiler().version}
"""What an engine needs that is compiled."""


@functools.cache
def _version(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(
            [*command, "--version"],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadInput(f"{shlex.join(command)}: cannot be run ({error})") from None
    if done.returncode != 0 or not done.stdout.strip():
        said = (done.stderr or done.stdout).strip().splitlines()
        raise BadInput(
            f"{shlex.join(command)}: answers {(said or ['nothing'])[0][:80]!r} to --version, "
            f"allowed in {VARIABLE} is a C++ compiler"
        )
    return done.stdout
