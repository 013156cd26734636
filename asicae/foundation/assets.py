"""Where the hand-written sources lie, in a checkout and in an installed wheel alike."""

from pathlib import Path
from typing import Literal

from asicae.foundation.errors import BadInput

AssetKind = Literal["rtl", "hls", "verification"]
PACKAGE = Path(__file__).resolve().parents[1]
WHEEL_FOLDER = "_assets"
"""Where the kinds lie in an installed package."""


def asset_folder(kind: AssetKind, package: Path = PACKAGE) -> Path:
    """Folder of the RTL, HLS or bench sources that belong to the package in this folder.

    Raises:
        BadInput: neither the installed package nor the checkout has it.
    """
    for candidate in (package / WHEEL_FOLDER / kind, package.parent / kind):
        if candidate.is_dir():
            return candidate
    raise BadInput(f"{package}: the installation lacks its {kind} sources; reinstall asicae")
