"""What lies beside a Liberty library: outlines of its cells and, perhaps, their masks.

Files are read where the user's machine has them; neither they nor anything derived from them is
part of this repository.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asicae.estimation.technology import Technology
from asicae.foundation.errors import BadInput

_FREEPDK45_METALS = 10


def _freepdk45_masks() -> dict[str, int]:
    """Numbers of the layers of FreePDK45 in GDS: metal 1 is 11, via 1 is 12, metal 2 is 13."""
    metals = {f"metal{n}": 9 + 2 * n for n in range(1, _FREEPDK45_METALS + 1)}
    return metals | {f"via{n}": 10 + 2 * n for n in range(1, _FREEPDK45_METALS)}


@dataclass(frozen=True)
class Files:
    """Names of the files of one library, beside its Liberty.

    Attributes:
        lef: technology first, then cells; one file may have both.
        gds: masks of the cells, where there are any.
        masks: number of each layer of the LEF there.
    """

    lef: tuple[str, ...]
    gds: str | None
    masks: Mapping[str, int]


LIBRARIES: Final[Mapping[str, Files]] = {
    "nangate45": Files(("rtk-tech.lef", "stdcells.lef"), "stdcells.gds", _freepdk45_masks()),
    "osu018": Files(("osu018_stdcells.lef",), None, {}),
}
"""By the short name of the library."""


@dataclass(frozen=True)
class Kit:
    """Files of one library that are there."""

    lef: tuple[Path, ...]
    gds: Path | None
    masks: Mapping[str, int]


def kit_of(technology: Technology) -> Kit:
    """The files beside the Liberty of a library.

    Raises:
        BadInput: none are known of this library, or they are not there.
    """
    files = LIBRARIES.get(technology.key)
    if files is None:
        known = ", ".join(sorted(LIBRARIES))
        raise BadInput(
            f"{technology.paths[0]}: no LEF is known for {technology.key}, allowed are {known}"
        )
    folder = technology.paths[0].parent
    for name in files.lef:
        if not (folder / name).is_file():
            raise BadInput(f"{folder / name}: not found; placement needs it beside the Liberty")
    gds = folder / files.gds if files.gds else None
    return Kit(
        tuple(folder / name for name in files.lef),
        gds if gds is not None and gds.is_file() else None,
        files.masks,
    )
