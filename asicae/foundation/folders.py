"""Folders that change whole or not at all."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from asicae.foundation.errors import AsicaeError, BadInput

DRAFTS = ".draft-"


@contextlib.contextmanager
def output_folder(path: Path, force: bool = False) -> Iterator[Path]:
    """Yield a temporary folder that becomes ``path`` when the block ends without an error.

    Raises:
        BadInput: ``path`` exists and ``force`` is false.
    """
    if path.exists() and not force:
        raise BadInput(f"{path}: exists already; choose another folder or add --force")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    temporary.chmod(0o755)
    try:
        yield temporary
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Yield a copy of the folder ``path`` whose content replaces it if the block ends well.

    Without such a folder it is made, and is gone again when the block fails. Messages of errors
    name ``path`` in either case. Files of the copy may be replaced, not written into.
    """
    if not path.exists():
        path.mkdir(parents=True)
        try:
            yield path
        except BaseException:
            shutil.rmtree(path)
            raise
        return
    # Inside, so that the folder itself stays: it may be a mount, or where the user stands.
    work = Path(tempfile.mkdtemp(prefix=DRAFTS, dir=path))
    copy = work / "new"
    try:
        shutil.copytree(path, copy, True, shutil.ignore_patterns(f"{DRAFTS}*"), _link)
        yield copy
    except BaseException as error:
        if isinstance(error, AsicaeError):
            error.args = (str(error).replace(str(copy), str(path)),)
        shutil.rmtree(work, ignore_errors=True)
        raise
    # Whatever happens here, nothing is lost: what was there goes when all else is in its place.
    _move(path, work / "old")
    _move(copy, path)
    shutil.rmtree(work, ignore_errors=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # not every file system has links
        shutil.copy2(source, target)


def _move(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for entry in list(source.iterdir()):
        if not entry.name.startswith(DRAFTS):
            entry.rename(target / entry.name)
