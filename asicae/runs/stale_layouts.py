"""Whether blocks that were laid out are still those of the chip of their run."""

import hashlib
import json

from asicae.foundation.files import sha256
from asicae.foundation.progress import step
from asicae.runs.folder import RunFolder
from asicae.runs.record import matching
from asicae.runs.seal import LAYOUT

RTL = ("rtl/*.v", "rtl/*.f")


def layout_key(folder: RunFolder) -> str:
    """Names the RTL that blocks are laid out from."""
    found = {name: sha256(folder.path / name) for name in matching(folder.path, RTL)}
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def drop_stale_layouts(folder: RunFolder) -> None:
    """Remove the blocks of another RTL than the run has now, and say so."""
    record = folder.records().get(LAYOUT)
    if record is not None and record.key != layout_key(folder):
        folder.drop(LAYOUT)
        folder.write_metrics()
        step(f"{folder.path / LAYOUT}: was of another RTL, dropped; asicae layout makes it again")
