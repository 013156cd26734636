"""What one module says that it needs, read from its text without running it."""

import ast
from collections.abc import Iterator
from typing import Any, get_args

from asicae.foundation.assets import AssetKind, asset_folder

_LISTING = "__path__"


class References(ast.NodeVisitor):
    """Names that a module gives to other modules, and the assets it asks for.

    What stands under ``if TYPE_CHECKING`` is left out: it is never run.

    Attributes:
        modules: dotted names of what it imports, at its top or in a function, and texts that could
            be such names: ``python -m`` programs, owners of templates. ``from a import b`` gives
            ``a`` and ``a.b``; what is no module may be among them.
        listed: dotted names of the packages that it lists by their ``__path__``.
        assets: kinds that it calls ``asset_folder`` with; all of them where only running tells.
    """

    def __init__(self, text: str, package: str, within: tuple[str, ...]) -> None:
        """Read ``text``, a module of ``package``; ``within`` are the names of packages around."""
        self.modules: set[str] = set()
        self.listed: set[str] = set()
        self.assets: set[AssetKind] = set()
        self._within, self._prefix = within, f"{package}."
        self._bound: dict[str, str] = {}
        # Most modules hold imports only, and these are found among the statements, which are few.
        telling = (f'"{package}.', f"'{package}.", _LISTING, asset_folder.__name__)
        self._expressions = any(word in text for word in telling)
        self.visit(ast.parse(text))

    def visit_Import(self, node: ast.Import) -> None:
        """``import a.b``."""
        self.modules.update(name.name for name in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """``from a import b``, relative ones too."""
        above = self._within[: len(self._within) - node.level + 1] if node.level else ()
        base = ".".join((*above, *([node.module] if node.module else [])))
        names = {name.asname or name.name: f"{base}.{name.name}" for name in node.names}
        self.modules |= {base, *names.values()}
        self._bound |= names

    def visit_If(self, node: ast.If) -> None:
        """``if TYPE_CHECKING: ... else: ...``."""
        if _last_name(node.test) == "TYPE_CHECKING":
            for branch in node.orelse:
                self.visit(branch)
        else:
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A text that begins like the name of a module."""
        if isinstance(node.value, str) and node.value.startswith(self._prefix):
            self.modules.add(node.value)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """``package.__path__``, of a package that was imported from another."""
        if node.attr == _LISTING and isinstance(node.value, ast.Name):
            self.listed.add(self._bound.get(node.value.id, ""))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """``asset_folder("rtl")``."""
        if _last_name(node.func) == asset_folder.__name__:
            kinds: tuple[AssetKind, ...] = get_args(AssetKind)
            asked: Any = getattr(node.args[0], "value", None) if node.args else None
            self.assets |= {kind for kind in kinds if kind == asked} or set(kinds)
        self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        """Go on within ``node``."""
        for child in ast.iter_child_nodes(node) if self._expressions else _statements(node):
            self.visit(child)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    for field in ("body", "orelse", "handlers", "finalbody", "cases"):
        yield from getattr(node, field, ())


def _last_name(node: ast.AST) -> str | None:
    """``f`` of ``f`` and of ``module.f``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None
