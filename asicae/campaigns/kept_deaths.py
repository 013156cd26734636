"""Mutants that were killed once, in a file with a line each, so that a campaign goes on."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from asicae.campaigns.mutant_killers import Death
from asicae.campaigns.mutants import Mutant
from asicae.foundation.files import read_text

Compiled = Callable[[str, str], tuple[Path, ...]]
"""The Verilog that a killer reads to judge a mistake in a file (``Court.compiled``)."""


class Kept:
    """Deaths, each valid as long as the Verilog that its killer read."""

    def __init__(self, state: Path, compiled: Compiled) -> None:
        self._state, self._compiled = state, compiled
        lines = map(json.loads, read_text(state).splitlines()) if state.is_file() else ()
        self._lines: dict[str, dict[str, Any]] = {line["mutant"]: line for line in lines}
        self._digests: dict[tuple[str, str], str] = {}

    def death(self, mutant: Mutant) -> Death | None:
        """The one that is kept, None where there is none that still stands."""
        line = self._lines.get(_sha256(str(mutant).encode()))
        if line is None:
            return None
        death = Death(**line["death"])
        return death if line["verilog"] == self._verilog(death.by, mutant.file) else None

    def keep(self, mutant: Mutant, death: Death) -> None:
        """Add a line."""
        self._state.parent.mkdir(parents=True, exist_ok=True)
        key, verilog = _sha256(str(mutant).encode()), self._verilog(death.by, mutant.file)
        line = {"mutant": key, "verilog": verilog, "death": asdict(death)}
        self._lines[key] = line
        with self._state.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    def _verilog(self, by: str, file: str) -> str:
        if (by, file) not in self._digests:
            read = [(path.name, _sha256(path.read_bytes())) for path in self._compiled(by, file)]
            self._digests[by, file] = _sha256(str(read).encode())
        return self._digests[by, file]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
