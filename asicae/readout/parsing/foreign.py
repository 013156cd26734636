"""Other people's parsers on files that nobody vouches for."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from asicae.foundation.errors import BadInput, MissingTool
from asicae.foundation.extras import install_command
from asicae.foundation.files import open_regular

Item = TypeVar("Item")
_END = object()


def imported(name: str) -> Any:
    """A package of the extra ``[data]``.

    Raises:
        MissingTool: it is not installed.
    """
    import importlib

    package = name.partition(".")[0]
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        raise MissingTool(package, install_command("data")) from None


def first_bytes(path: Path, count: int) -> bytes:
    """The first bytes of a file, fewer if there are no more.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        with open_regular(path) as stream:
            return stream.read(count)
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> BadInput:
    """The error of a file that the system does not hand out."""
    return BadInput(f"{path}: cannot be read ({error.strerror or error})")


def guarded(path: Path, what: str, call: Callable[..., Item], *arguments: Any) -> Item:
    """The result of ``call(*arguments)``.

    A damaged file can raise nearly anything out of a parser, hence every exception is bad input.

    Raises:
        BadInput: the call failed.
    """
    try:
        return call(*arguments)
    except BadInput:
        raise
    except Exception as error:
        text = error.strerror if isinstance(error, OSError) else None
        text = text or str(error) or type(error).__name__
        reason = " ".join(text.split())[:200]
        raise BadInput(f"{path}: cannot be read as {what} ({reason})") from None


def guarded_items(path: Path, what: str, items: Iterator[Item]) -> Iterator[Item]:
    """``items``, of which each step is guarded; what the consumer raises passes through."""
    while (item := guarded(path, what, next, items, _END)) is not _END:
        yield item
