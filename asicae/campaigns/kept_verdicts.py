"""What became of mutants, in a file with a line each, so that a campaign goes on where it was."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from asicae.campaigns.mutant_killers import KILLERS, Death
from asicae.campaigns.mutants import Mutant
from asicae.foundation.files import read_text

SURVIVED: Final = ""
"""In place of a killer, of what all of them let live."""
Compiled = Callable[[str, str], tuple[Path, ...]]
"""The Verilog that a killer reads to judge a mistake in a file (``Court.compiled``)."""


class Kept:
    """Deaths, each valid while the Verilog that its killer read is the same; survivals, while all
    is that any killer reads.
    """

    def __init__(self, state: Path, compiled: Compiled) -> None:
        self._state, self._compiled = state, compiled
        lines = map(json.loads, read_text(state).splitlines()) if state.is_file() else ()
        self._lines: dict[str, dict[str, Any]] = {line["mutant"]: line for line in lines}
        self._digests: dict[tuple[str, str], str] = {}

    def death(self, mutant: Mutant) -> Death | None:
        """The one that is kept, None where there is none that still stands."""
        line = self._lines.get(_sha256(str(mutant).encode()))
        if line is None or line["death"] is None:
            return None
        death = Death(**line["death"])
        return death if line["verilog"] == self._verilog(death.by, mutant.file) else None

    def survived(self, mutant: Mutant) -> bool:
        """Whether nothing killed it in the same Verilog; what kills may have become better."""
        line = self._lines.get(_sha256(str(mutant).encode()))
        if line is None or line["death"] is not None:
            return False
        return bool(line["verilog"] == self._verilog(SURVIVED, mutant.file))

    def keep(self, mutant: Mutant, death: Death | None) -> None:
        """Add a line."""
        self._state.parent.mkdir(parents=True, exist_ok=True)
        key, by = _sha256(str(mutant).encode()), SURVIVED if death is None else death.by
        verilog = self._verilog(by, mutant.file)
        line = {"mutant": key, "verilog": verilog, "death": death and asdict(death)}
        self._lines[key] = line
        with self._state.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    def _verilog(self, by: str, file: str) -> str:
        if (by, file) not in self._digests:
            killers = KILLERS if by == SURVIVED else (by,)
            paths = sorted({path for name in killers for path in self._compiled(name, file)})
            read = [(path.name, _sha256(path.read_bytes())) for path in paths]
            self._digests[by, file] = _sha256(str(read).encode())
        return self._digests[by, file]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
