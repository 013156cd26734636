"""What a module is made of: the modules that it imports, wherever, and the files that these read.

Found in the sources alone, without running them. A module depends on

* every module of the package that it imports, at its top or in a function, with the packages above
  them; imports for the type checker do not count, they are never run;
* every module or package whose dotted name stands in it as a text: the program of a child process,
  the owner of a folder of templates;
* the RTL, HLS or bench sources whose ``asset_folder`` it asks for, and what these import;

and with a package come the files in its folder that are no modules: templates, presets, drivers.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from asicae.foundation.assets import PACKAGE, AssetKind, asset_folder

INIT = "__init__.py"


class Sources:
    """The sources of an installed or copied package, each read once."""

    def __init__(self, package: Path = PACKAGE) -> None:
        """``package`` is its folder, with the assets in it or beside it."""
        self._package = package
        self._needed = functools.cache(self._find_needed)
        self._file = functools.cache(self._find_file)
        self._hash = functools.cache(_hash)

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
        inside = path.is_relative_to(self._package)
        return path.relative_to(self._package.parent).as_posix() if inside else path.name

    def _find_needed(self, path: Path) -> dict[str, Path]:
        """What a module needs: packages around it, what it refers to, files beside."""
        modules, assets = self._references(path)
        files = [file for module in modules if (file := self._file(module)) is not None]
        if path.is_relative_to(self._package):
            files += _data(path.parent) if path.name == INIT else ()
            around = path.relative_to(self._package).parents
            files += [self._package / folder / INIT for folder in around]
        needed = {self._name(file): file for file in files}
        for kind in assets:
            folder = asset_folder(kind, self._package)
            for file in _files(folder):
                needed[f"{kind}/{file.relative_to(folder).as_posix()}"] = file
        return needed

    def _find_file(self, name: str) -> Path | None:
        """The file of a module or package by its dotted name; None if it is none of this one."""
        parts = name.split(".")
        if parts[0] != self._package.name:
            return None
        place = self._package.joinpath(*parts[1:])
        candidates = (place.with_name(f"{place.name}.py"), place / INIT)
        return next((path for path in candidates if path.is_file()), None)

    def _references(self, path: Path) -> tuple[set[str], set[AssetKind]]:
        """What a module names: modules and packages by dotted names, and kinds of assets."""
        modules: set[str] = set()
        assets: set[AssetKind] = set()
        prefix = f"{self._package.name}."
        text = path.read_text(encoding="utf-8")
        # Most modules hold neither a name of a module nor an asset, and statements are few.
        deep = any(word in text for word in (f'"{prefix}', f"'{prefix}", asset_folder.__name__))
        for node in _run_nodes(ast.parse(text), deep):
            if isinstance(node, ast.Import):
                modules.update(name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._imported_from(node, path)
                modules.add(base)
                modules.update(f"{base}.{name.name}" for name in node.names)
            elif isinstance(node, ast.Constant):
                if isinstance(node.value, str) and node.value.startswith(prefix):
                    modules.add(node.value)
            elif isinstance(node, ast.Call) and _called(node) == asset_folder.__name__:
                assets |= _kinds(node)
        return modules, assets

    def _imported_from(self, node: ast.ImportFrom, path: Path) -> str:
        """Dotted name of what ``from ... import`` names, relative imports resolved."""
        if not node.level or not path.is_relative_to(self._package):
            return node.module or ""
        parts = path.relative_to(self._package.parent).parts[: -node.level]
        return ".".join((*parts, *([node.module] if node.module else [])))


@functools.cache
def installed() -> Sources:
    """The sources of this package; a process reads each of them once."""
    return Sources()


def _run_nodes(tree: ast.AST, deep: bool) -> Iterator[ast.AST]:
    """All statements but for the type checker's own; ``deep``: with the expressions in them."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.If) and _called_name(node.test) == "TYPE_CHECKING":
            todo += node.orelse
        else:
            todo += ast.iter_child_nodes(node) if deep else _statements(node)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    for field in ("body", "orelse", "handlers", "finalbody", "cases"):
        yield from getattr(node, field, ())


def _called(node: ast.Call) -> str | None:
    return _called_name(node.func)


def _called_name(node: ast.AST) -> str | None:
    """``f`` of ``f`` and of ``module.f``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _kinds(node: ast.Call) -> set[AssetKind]:
    """The kind that ``asset_folder`` is called with; all of them where only running tells."""
    kinds: tuple[AssetKind, ...] = get_args(AssetKind)
    value: Any = getattr(node.args[0], "value", None) if node.args else None
    return {kind for kind in kinds if kind == value} or set(kinds)


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


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
