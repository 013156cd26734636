"""The masks of a routed block: wires and the masks of its cells as one GDS file.

KLayout reads DEF and LEF, takes the masks of the cells and writes GDS. It works in a process of its
own: it says things on the terminal as it likes.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from asicae.foundation.errors import CheckFailed, MissingTool
from asicae.foundation.extras import install_command, installed_version
from asicae.layout.kit import Kit

PACKAGE = "klayout"
TIMEOUT_S = 1800
_OF_OTHERS = 2
"""``macro_resolution_mode``: cells are those of other layouts, not drawn after the LEF."""


def absence(kit: Kit) -> str | None:
    """Why there will be no GDS; None where there will be one."""
    if kit.gds is None:
        return "the library has no GDS of its cells"
    if installed_version(PACKAGE) is None:
        return str(MissingTool(PACKAGE, install_command("layout")))
    return None


def write_gds(routed: Path, kit: Kit, path: Path) -> None:
    """Merge a routed DEF with the masks of its cells.

    Raises:
        CheckFailed: KLayout wrote none, or a cell of the block has no masks in the library.
    """
    job = {
        "def": str(routed),
        "lef": [str(file) for file in kit.lef],
        "cells": str(kit.gds),
        "masks": dict(kit.masks),
        "gds": str(path),
    }
    command = [sys.executable, "-m", "asicae.layout.gds", json.dumps(job)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise CheckFailed(f"{PACKAGE} took over {TIMEOUT_S} s") from None
    if done.returncode != 0 or not path.is_file():
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise CheckFailed(f"{PACKAGE} stopped: {last:.200}")


def _merge(job: dict[str, Any]) -> str | None:
    """Write the GDS; what is wrong, if anything."""
    from klayout import db

    cells = db.Layout()
    cells.read(job["cells"])
    options = db.LoadLayoutOptions()
    config = options.lefdef_config
    config.dbu = cells.dbu
    config.lef_files, config.read_lef_with_def = job["lef"], False
    config.macro_resolution_mode, config.macro_layouts = _OF_OTHERS, [cells]
    for part in ("cell_outlines", "labels", "lef_labels", "placement_blockages"):
        setattr(config, f"produce_{part}", False)
    config.produce_obstructions = config.produce_regions = False
    for part in ("routing", "special_routing", "via_geometry", "pins"):
        setattr(config, f"{part}_suffix", "")
        setattr(config, f"{part}_datatype", 0)
    config.layer_map = db.LayerMap()
    for layer, number in job["masks"].items():
        config.layer_map.map(f"{layer} : {number}/0")
    config.create_other_layers = False
    merged = db.Layout()
    merged.read(job["def"], options)
    for number in merged.top_cell().each_child_cell():
        if merged.cell(number).bbox().empty():
            return f"{job['cells']}: has no masks of {merged.cell(number).name}"
    how = db.SaveLayoutOptions()
    how.gds2_write_timestamps = False
    merged.write(job["gds"], how)
    return None


if __name__ == "__main__":
    sys.exit(_merge(json.loads(sys.argv[1])))
