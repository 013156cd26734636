"""Which Verilog files a module is made of, so that it can be read, and kept, without the others."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

_COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_MODULE = re.compile(r"\bmodule\s+\\?(\w+)")
_ACROSS_FILES = re.compile(r"`(?:include|define|undef|if|ifdef|ifndef)\b")


class VerilogSources:
    """Files in compile order.

    A file needs all those that declare a module which it names anywhere, which may be more than
    it instantiates, and never less. Where directives carry from file to file, each needs all.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = tuple(files)
        texts = {file: _code(file) for file in self.files}
        self._declared = {file: set(_MODULE.findall(text)) for file, text in texts.items()}
        self._named = {file: set(re.findall(r"\w+", text)) for file, text in texts.items()}
        self._one = any(_ACROSS_FILES.search(text) for text in texts.values())

    def of(self, module: str) -> tuple[Path, ...]:
        """The files that declare a module: one, or none, or a mistake."""
        return tuple(file for file in self.files if module in self._declared[file])

    def declared(self, files: Iterable[Path]) -> set[str]:
        """The modules that files declare."""
        return set().union(*(self._declared[file] for file in files))

    def named(self, files: Iterable[Path]) -> tuple[Path, ...]:
        """The other files that ``files`` need at once."""
        known = set(files)
        if self._one:
            return tuple(file for file in self.files if file not in known)
        words = set().union(*(self._named[file] for file in known))
        return tuple(f for f in self.files if f not in known and words & self._declared[f])

    def below(self, module: str) -> tuple[Path, ...]:
        """All files that a module needs, its own among them, in compile order."""
        found = set(self.of(module))
        while more := self.named(found):
            found |= set(more)
        return tuple(file for file in self.files if file in found)


def _code(file: Path) -> str:
    return _COMMENT.sub(lambda match: match[1] or " ", file.read_text(errors="replace"))
