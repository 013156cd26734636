"""Functions of the user, named ``module:function`` on their own command line or in their settings.

A module is a file of the current folder, else one that is installed. It is run only where a
training needs it; to know which file it is, nothing of it is run.
"""

import functools
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Final

from pydantic import AfterValidator

from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256
from asicae.foundation.validation import one_line

FORM: Final = "module:function"
_PART: Final = r"[A-Za-z_]\w*"
_NAME: Final = re.compile(rf"{_PART}(\.{_PART})*:{_PART}", re.ASCII)
_MAX_NAME: Final = 200


def is_own(name: str) -> bool:
    """Whether a text has the form of ``FORM``."""
    return len(name) <= _MAX_NAME and _NAME.fullmatch(name) is not None


def _checked(name: str) -> str:
    if not is_own(name):
        raise ValueError(f"allowed is {FORM}, as in my_folder.my_file:my_function")
    return name


OwnName = Annotated[str, AfterValidator(_checked)]
"""A setting that names a function of the user."""


@dataclass(frozen=True)
class Own:
    """A function that was named and found.

    Attributes:
        name: ``module:function``.
        path: the file of the module.
        sha256: of that file.
        function: itself.
    """

    name: str
    path: Path
    sha256: str
    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        """What it returns.

        Raises:
            BadInput: whatever it raises, in one line with the line of its file.
        """
        try:
            return self.function(*arguments)
        except (Exception, SystemExit) as error:
            raise BadInput(f"{self.name}: {_raised(error, self.path)}") from error


def files_of(names: Iterable[str | None]) -> dict[str, Path]:
    """The files of those that name a function of the user, by name; see ``file_of``."""
    return {name: file_of(name) for name in names if name and is_own(name)}


def file_of(name: str) -> Path:
    """The file of the module of ``name``; where there is none, that which is missing.

    A file of the current folder is given by its place in it.
    """
    module = name.partition(":")[0]
    here = _here(module)
    if here.is_file():
        return here
    spec = _installed(module)
    return Path(spec.origin) if spec is not None and spec.origin else here


def own_function(name: str, arguments: Sequence[str]) -> Own:
    """The function of that name, which can be called with so many arguments by position.

    Raises:
        BadInput: no such module or function, one that cannot be imported, is no Python, or takes
            other arguments.
    """
    module, _, attribute = name.partition(":")
    path = file_of(name)
    if not path.is_file():
        raise BadInput(f"{name}: no module {module!r}, neither {path} in this folder nor installed")
    if path.suffix != ".py":
        raise BadInput(f"{name}: {path} is no Python source, allowed is a file .py")
    content = sha256(path)
    function = getattr(_loaded(module, path, str(path.resolve()), content), attribute, None)
    if not callable(function):
        what = "has no" if function is None else f"holds a {type(function).__name__} as"
        raise BadInput(f"{name}: {path} {what} {attribute!r}, allowed is a function")
    _check_arguments(name, function, arguments)
    return Own(name, path, content, function)


def _check_arguments(name: str, function: Callable[..., Any], arguments: Sequence[str]) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # some that are no Python do not say
    try:
        signature.bind(*arguments)
    except TypeError:
        wanted = ", ".join(arguments)
        raise BadInput(f"{name}: takes {signature}, allowed is ({wanted})") from None


def _here(module: str) -> Path:
    """The file that a module would be in the current folder."""
    place = Path(*module.split("."))
    package = place / "__init__.py"
    return package if package.is_file() else place.with_suffix(".py")


def _installed(module: str) -> ModuleSpec | None:
    """Where a module is found, by the finders of Python; packages above it are not run."""
    parts, places, spec = module.split("."), None, None
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        found = (finder.find_spec(name, places) for finder in sys.meta_path)
        spec = next((each for each in found if each is not None), None)
        places = None if spec is None else spec.submodule_search_locations
        if spec is None or (places is None and end < len(parts)):
            return None
    return spec


@functools.lru_cache(maxsize=8)
def _loaded(module: str, path: Path, place: str, content: str) -> ModuleType:
    """The module; it is run again only in another place or with another content."""
    del content
    known = sys.modules.get(module)
    if known is not None and str(Path(getattr(known, "__file__", None) or "").resolve()) != place:
        taken = getattr(known, "__file__", None) or "a part of Python"
        raise BadInput(f"{path}: {module!r} is {taken} already, give the file another name")
    if not path.is_absolute() and str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))  # what it imports may lie beside it
    try:
        return importlib.import_module(module) if path.is_absolute() else _run(module, place)
    except (Exception, SystemExit) as error:
        raise BadInput(f"{path}: cannot be imported, {_raised(error, path)}") from error


def _run(module: str, place: str) -> ModuleType:
    """A module from its file, whatever its folder holds for the rest of the process."""
    spec = importlib.util.spec_from_file_location(module, place)
    if spec is None or spec.loader is None:
        raise ImportError(place)
    loaded = sys.modules[module] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(loaded)
    except BaseException:
        del sys.modules[module]
        raise
    return loaded


def _raised(error: BaseException, path: Path) -> str:
    """What was raised, and the last line of the file on the way there."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == path.resolve():
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return told(error, f" (line {lines[-1]})" if lines else "")


def told(error: BaseException, where: str = "") -> str:
    """An error of code that is not the kit's, in one line."""
    said = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    # TensorFlow tells first where it was, and at the end what was wrong.
    text = said[-1 if said[0].startswith("in user code") else 0]
    return one_line(f"raised {type(error).__name__}{where}: {text}", 300)
