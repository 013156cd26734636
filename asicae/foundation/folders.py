"""Folders that change whole or not at all."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from asicae.foundation.errors import AsicaeError, BadInput
from asicae.foundation.exchange import finish, put, stands_in
from asicae.foundation.temporaries import is_temporary, remove_dead, temporary_folder


@contextlib.contextmanager
def output_folder(path: Path, force: bool = False) -> Iterator[Path]:
    """Yield a temporary folder that becomes ``path`` when the block ends without an error.

    Raises:
        BadInput: ``path`` exists and ``force`` is false.
    """
    if os.path.lexists(path) and not force:
        raise BadInput(f"{path}: exists already; choose another folder or add --force")
    with _beside(path) as temporary:
        yield temporary
        put(temporary, path)


@contextlib.contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Yield a copy of the folder ``path``, empty without one, that replaces it in the end.

    If the block fails, nothing has happened. Messages of errors name ``path``. Files of the copy
    may be replaced, not written into: they are links where the file system has them. A symbolic
    link in the folder is refused.
    """
    with _beside(path) as copy:
        try:
            if path.is_dir():
                refuse_links(path)
                shutil.copytree(path, copy, True, _temporaries, _link, dirs_exist_ok=True)
            yield copy
        except AsicaeError as error:
            error.args = (str(error).replace(str(copy), str(path)),)
            raise
        put(copy, path)


def refuse_links(folder: Path) -> None:
    """Make sure that whatever is written or removed below ``folder`` stays there.

    Raises:
        BadInput: something in it is a symbolic link.
    """
    for inner, folders, names in os.walk(folder):
        for name in (*folders, *names):
            if (entry := Path(inner) / name).is_symlink():
                raise BadInput(f"{entry}: is a link, allowed there are files and folders")


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A new folder for the next content of ``path``, when earlier changes of it have ended."""
    # "." and ".." have no name beside which anything could lie.
    place = Path(os.path.realpath(path)) if path.name in ("", "..") else path
    remove_dead(place)
    if path.is_dir():
        finish(path)
        remove_dead(place / place.name)  # where it was made within
    place.parent.mkdir(parents=True, exist_ok=True)
    # Where nothing can be made beside it, the folder stays, and what is in it changes.
    stays = path.is_dir() and (stands_in(path) or not os.access(place.parent, os.W_OK))
    with temporary_folder(place, within=stays) as temporary:
        yield temporary


def _temporaries(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if is_temporary(name)]


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # not every file system has links
        shutil.copy2(source, target)
