"""Libraries of cells that this machine has: in packages, and in a process design kit."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from asicae.estimation.libraries import locate
from asicae.foundation.errors import BadInput, MissingTool

QFLOW = Path("/usr/share/qflow/tech")
"""Of Debian's ``qflow-tech-*`` packages."""
PDK_ROOT = "PDK_ROOT"
# As open_pdks lays kits out: KIT/libs.ref/LIBRARY/lib/LIBRARY__CORNER.lib, packed or not.
_OF_KIT = ("*/libs.ref/*/lib/*.lib", "*/libs.ref/*/lib/*.lib.gz")


@dataclass(frozen=True)
class Place:
    """Files of one library, one a corner or one for each kind of cell."""

    name: str
    files: tuple[Path, ...]

    def __str__(self) -> str:
        if len(self.files) == 1:
            return str(self.files[0])
        return f"{len(self.files)} files in {self.files[0].parent}"


def found_libraries() -> Iterator[Place]:
    """All that are found, the default first."""
    with contextlib.suppress(MissingTool, BadInput):
        yield Place("nangate45", (locate(),))
    for path in sorted(QFLOW.glob("*/*.lib")):
        yield Place(path.stem, (path,))
    for folder, files in groupby(_of_kits(), lambda path: path.parent):
        yield Place(folder.parent.name, tuple(files))


def empty_kit() -> str | None:
    """The value of ``$PDK_ROOT`` where it is set and no library is there."""
    root = os.environ.get(PDK_ROOT)
    return root if root and not _of_kits() else None


def _of_kits() -> list[Path]:
    root = os.environ.get(PDK_ROOT)
    if not root:
        return []
    return sorted(path for glob in _OF_KIT for path in Path(root).glob(glob))
