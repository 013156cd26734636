"""What a module is made of: the modules that it imports, wherever, and the files that these read.

Found in the sources alone, without running them. A module depends on

* every module of the package that it imports, at its top or in a function, with the packages above
  them; imports for the type checker do not count, they are never run;
* every module or package whose dotted name stands in it as a text: the program of a child process,
  the owner of a folder of templates;
* every module of a package that it lists by its ``__path__``;
* the RTL, HLS or bench sources whose ``asset_folder`` it asks for, and what these import;

and with a package come the files in its folder that are no modules: templates, presets, drivers.
"""

import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from asicae.foundation.assets import PACKAGE, WHEEL_FOLDER, asset_folder
from asicae.foundation.files import sha256
from asicae.foundation.references import References

INIT = "__init__.py"


class Sources:
    """The sources of an installed or copied package, each read once."""

    def __init__(self, package: Path = PACKAGE) -> None:
        """``package`` is its folder, with the assets in it or beside it."""
        self._package, self._assets = package, package / WHEEL_FOLDER
        self._needed = functools.cache(self._find_needed)
        self._file = functools.cache(self._find_file)
        self._hash = functools.cache(sha256)

    def read(self) -> None:
        """Hash every file of the package now.

        A process that does so as it begins never takes what it has loaded for what was written
        over it since; what it loads later is newer than its hash, and so is made again next time.
        """
        for path in _files(self._package):
            self._hash(path)

    def closure(self, module: Path) -> dict[str, Path]:
        """Every file that the module at ``module`` is made of, itself first.

        The names are the same wherever package and assets lie: relative to the folder of the
        package for its files, ``<kind>/...`` for assets, the bare name for a module that lies
        outside.
        """
        found: dict[str, Path] = {}
        todo = [(self._name(module), module)]
        while todo:
            name, path = todo.pop()
            if name in found:
                continue
            found[name] = path
            if path.suffix == ".py":
                todo += self._needed(path).items()
        return found

    def digest(self, module: Path) -> str:
        """SHA-256 over names and contents of ``closure``."""
        digest = hashlib.sha256()
        for name, path in sorted(self.closure(module).items()):
            digest.update(f"{name}\n{self._hash(path)}\n".encode())
        return digest.hexdigest()

    def _name(self, path: Path) -> str:
        place = self._place(path)
        return "/".join(place) if place else path.name

    def _place(self, path: Path) -> tuple[str, ...]:
        """Names from that of the package to that of a file in it; none for one that is not."""
        if not path.is_relative_to(self._package) or path.is_relative_to(self._assets):
            return ()
        return path.relative_to(self._package.parent).parts

    def _find_needed(self, path: Path) -> dict[str, Path]:
        """What a module needs: packages around it, what it refers to, files beside."""
        within = self._place(path)[:-1]
        references = References(path.read_text(encoding="utf-8"), self._package.name, within)
        files = [file for name in references.modules if (file := self._file(name)) is not None]
        listed = [init for name in references.listed if (init := self._file(name)) is not None]
        files += [file for init in listed for file in sorted(init.parent.glob("*.py"))]
        files += [folder / INIT for folder in path.parents[: len(within)]]
        files += _data(path.parent) if within and path.name == INIT else ()
        needed = {self._name(file): file for file in files}
        for kind in references.assets:
            folder = asset_folder(kind, self._package)
            needed |= {f"{kind}/{f.relative_to(folder).as_posix()}": f for f in _files(folder)}
        return needed

    def _find_file(self, name: str) -> Path | None:
        """The file of a module or package by its dotted name; None if it is none of this one."""
        parts = name.split(".")
        if parts[0] != self._package.name:
            return None
        place = self._package.joinpath(*parts[1:])
        candidates = (place.with_name(f"{place.name}.py"), place / INIT)
        return next((path for path in candidates if path.is_file()), None)


@functools.cache
def installed() -> Sources:
    """The sources of this package; a process reads each of them once."""
    return Sources()


def _data(folder: Path) -> Iterator[Path]:
    """Files of a package that are no modules, not those of packages and assets within it."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if not path.name.startswith(("_", ".")) and not (path / INIT).is_file():
                yield from _data(path)
        elif path.suffix != ".py":
            yield path


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path
