"""The register map for the tools of others: IP-XACT (IEEE 1685-2014) and pages of HTML.

PeakRDL makes both of ``registers.rdl``. It works in a process of its own: its licences are not the
kit's (GPL-3.0, LGPL-3.0), and it says things on the terminal as it likes.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asicae.export.identity import identity_of
from asicae.export.registers import DESCRIPTION, export_registers
from asicae.foundation.errors import CheckFailed
from asicae.foundation.extras import require
from asicae.foundation.folders import output_folder
from asicae.network.description import Network

EXTRA: Final = "registers"
IP_XACT: Final = "registers.xml"
PAGES: Final = "pages"
"""Folder of the HTML; begins at ``index.html``, and works from a disk."""
TIMEOUT_S: Final = 600
# In place of a user's own, which may send the pages anywhere. A link to the source would be one
# into whatever repository the folder happens to lie in.
_CONFIGURATION: Final = "[html]\ngenerate_source_links = false\n"


def export_documents(
    network: Network, folder: Path, force: bool = False, weight_sets: int = 1
) -> None:
    """Write ``registers.{rdl,json,h,html,xml}`` and ``pages/`` into a new folder, or nothing.

    ``weight_sets``: how many the chip keeps.

    Raises:
        MissingTool: PeakRDL is not installed.
        BadInput: the folder exists and not ``force``.
        CheckFailed: as ``export_registers``, or PeakRDL refuses the register map.
    """
    require(EXTRA)
    with output_folder(folder, force) as temporary:
        export_registers(network, temporary, weight_sets)
        write_ip_xact(network, temporary / DESCRIPTION, temporary / IP_XACT)
        write_pages(temporary / DESCRIPTION, temporary / PAGES)


def write_ip_xact(network: Network, description: Path, path: Path) -> None:
    """Write the component of a chip, of which its SystemRDL is given, as IP-XACT.

    Raises:
        CheckFailed: PeakRDL refuses it.
    """
    identity = identity_of(network)
    words = ["ip-xact", str(description), "-o", str(path), "--standard", "2014"]
    words += ["--vendor", identity.vendor, "--library", identity.library]
    _peakrdl([*words, "--name", identity.name, "--version", identity.version], path)


def write_pages(description: Path, folder: Path) -> None:
    """Write pages of HTML, with a search, of SystemRDL.

    Raises:
        CheckFailed: PeakRDL refuses it.
    """
    _peakrdl(["html", str(description), "-o", str(folder)], folder / "index.html")


def _peakrdl(words: Sequence[str], made: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="asicae-peakrdl-") as work:
        configuration = Path(work) / "peakrdl.toml"
        configuration.write_text(_CONFIGURATION, encoding="utf-8")
        command = [sys.executable, "-P", "-m", "peakrdl", *words]
        try:
            done = subprocess.run(
                [*command, "--peakrdl-cfg", str(configuration)],
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CheckFailed(f"peakrdl {words[0]} took over {TIMEOUT_S} s") from None
    if done.returncode != 0 or not made.is_file():
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise CheckFailed(f"peakrdl {words[0]} stopped: {last:.200}")
