"""Functions of the user, named ``module:function`` on their own command line or in their settings.

A module is a file of the current folder, else one that is installed. It is run only where a
training needs it; to know which file it is, nothing of it is run. A stage has one content of it,
whatever becomes of the file meanwhile (``only``).
"""

import contextlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator

from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256
from asicae.training.own_module import OwnModule, loaded, raised

FORM: Final = "module:function"
_PART: Final = r"[A-Za-z_]\w*"
_NAME: Final = re.compile(rf"{_PART}(\.{_PART})*:{_PART}", re.ASCII)
_MAX_NAME: Final = 200
_ONLY: ContextVar[Mapping[str, str] | None] = ContextVar("only", default=None)


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
        module: the module.
        function: itself.
    """

    name: str
    module: OwnModule
    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        """What it returns.

        Raises:
            BadInput: whatever it raises, in one line with the line of its file.
        """
        try:
            return self.function(*arguments)
        except (Exception, SystemExit) as error:
            raise BadInput(f"{self.name}: {raised(error, self.module.code_file)}") from error


@contextlib.contextmanager
def only(contents: Mapping[str, str]) -> Iterator[None]:
    """Functions that can be had while the block lasts: SHA-256 of their file by name.

    A module is loaded from that content once, and stays what it was when its file is edited.
    """
    token = _ONLY.set(contents)
    try:
        yield
    finally:
        _ONLY.reset(token)


def content_of(name: str) -> str:
    """SHA-256 of the file of ``name``, or what ``only`` says that it is."""
    contents = _ONLY.get()
    return sha256(file_of(name)) if contents is None else contents[name]


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
            other arguments; one that ``only`` leaves out or that has another content.
    """
    attribute = name.partition(":")[2]
    contents = _ONLY.get()
    if contents is not None and name not in contents:
        raise BadInput(f"{name}: is not run here, allowed are {sorted(contents)}")
    path = file_of(name)
    found = loaded(name, path, None if contents is None else contents[name])
    function = getattr(found.module, attribute, None)
    if not callable(function):
        what = "has no" if function is None else f"holds a {type(function).__name__} as"
        raise BadInput(f"{name}: {path} {what} {attribute!r}, allowed is a function")
    _check_arguments(name, function, arguments)
    return Own(name, found, function)


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
