"""A module of the user, loaded from bytes whose SHA-256 is known, and from no others.

Neither an edit of its file nor what Python keeps of an earlier one comes between the two. It goes
by the name of a file that is not there, so that TensorFlow, which reads the source of a function
once more to compile it, gets that of the module, too.
"""

import hashlib
import importlib
import importlib.util
import sys
from dataclasses import dataclass
from importlib.abc import SourceLoader
from pathlib import Path
from types import ModuleType
from typing import Final

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_bytes
from asicae.foundation.validation import one_line

MAX_BYTES: Final = 16 << 20
_DIGITS: Final = 12
"""Of the SHA-256, in the name that Python has for the file."""


@dataclass(frozen=True)
class OwnModule:
    """A module of the user.

    Attributes:
        module: itself.
        path: its file.
        code_file: what Python takes for its file.
        sha256: of what was run.
    """

    module: ModuleType
    path: Path
    code_file: Path
    sha256: str


class _Content(SourceLoader):
    """Loads from bytes; nothing of it is kept for another time."""

    def __init__(self, path: Path, code_file: Path, content: bytes) -> None:
        self.path, self._code_file, self._content = path, str(code_file), content

    def get_filename(self, fullname: str) -> str:
        del fullname
        return self._code_file

    def get_data(self, path: str) -> bytes:
        if path != self._code_file:
            raise FileNotFoundError(path)
        return self._content


_LOADED: Final[dict[str, OwnModule]] = {}
"""The latest of each name."""


def loaded(name: str, path: Path, content: str | None = None) -> OwnModule:
    """The module of a function, run if it has not been in this place with this content.

    Args:
        name: ``module:function``.
        path: its file; one of the current folder by its place in it.
        content: SHA-256 that it has to have; where it had, its file may be gone.

    Raises:
        BadInput: there is none, it is no Python source, has another content or cannot be imported;
            its name is taken.
    """
    module = name.partition(":")[0]
    kept = _LOADED.get(module)
    if kept and kept.sha256 == content and (not path.exists() or _same(kept, path)):
        return kept
    if not path.is_file():
        where = f"neither {path} in this folder nor installed"
        raise BadInput(f"{name}: no module {module!r}, {where}")
    if path.suffix != ".py":
        raise BadInput(f"{name}: {path} is no Python source, allowed is a file .py")
    source = read_bytes(path, MAX_BYTES)
    found = hashlib.sha256(source).hexdigest()
    if content not in (None, found):
        raise BadInput(f"{name}: {path} has changed meanwhile; call the command once more")
    if kept and kept.sha256 == found and _same(kept, path):
        return kept
    known = _known(module, path)
    place = path.resolve()
    code_file = place if known else place.with_name(f"{place.name}@{found[:_DIGITS]}")
    _LOADED[module] = OwnModule(
        known or _run(module, path, code_file, source), path, code_file, found
    )
    return _LOADED[module]


def _same(kept: OwnModule, path: Path) -> bool:
    """Whether it is the module of that file, and still the one of its name."""
    in_place = kept.code_file.name.partition("@")[0] == path.resolve().name
    return (
        in_place
        and kept.code_file.parent == path.resolve().parent
        and sys.modules.get(kept.module.__name__) is kept.module
    )


def _known(name: str, path: Path) -> ModuleType | None:
    """An installed module that something else has imported, which stays as it is.

    Raises:
        BadInput: the name is that of another file.
    """
    known = sys.modules.get(name)
    if known is None:
        return None
    loader = getattr(known, "__loader__", None)
    own = isinstance(loader, _Content)
    file = loader.path if isinstance(loader, _Content) else getattr(known, "__file__", None)
    if Path(file or "").resolve() != path.resolve():
        taken = file or "a part of Python"
        raise BadInput(f"{path}: {name!r} is {taken} already, give the file another name")
    return known if path.is_absolute() and not own else None


def _run(name: str, path: Path, code_file: Path, source: bytes) -> ModuleType:
    """Run a module of the current folder by itself, an installed one within its package."""
    if not path.is_absolute() and str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))  # what it imports may lie beside it
    loader = _Content(path.resolve(), code_file, source)
    package = [str(code_file.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(
        name, code_file, loader=loader, submodule_search_locations=package
    )
    try:
        if path.is_absolute() and "." in name:
            importlib.import_module(name.rpartition(".")[0])
        if spec is None:
            raise ImportError(name)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        loader.exec_module(sys.modules[name])
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        raise BadInput(f"{path}: cannot be imported, {raised(error, code_file)}") from error
    return sys.modules[name]


def raised(error: BaseException, code_file: Path) -> str:
    """What was raised, and the last line of the file on the way there."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == code_file:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return told(error, f" (line {lines[-1]})" if lines else "")


def told(error: BaseException, where: str = "") -> str:
    """An error of code that is not the kit's, in one line."""
    said = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    # TensorFlow tells first where it was, and at the end what was wrong.
    text = said[-1 if said[0].startswith("in user code") else 0]
    return one_line(f"raised {type(error).__name__}{where}: {text}", 300)
