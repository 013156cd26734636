"""An encoder as a folder: Verilog, list of files, constraints, data sheet, settings, simulation."""

from pathlib import Path
from typing import Final

from asicae.chip.design import TOP as CHIP
from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoiceSettings
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.silicon.adaptive_choice import LATENCIES, TOP, CoderDesign, coder_design
from asicae.export.check import check_top, listed_files
from asicae.export.coder.data_sheet import coder_data_sheet
from asicae.export.coder.files import coder_sources
from asicae.export.coder.simulation import write_coder_simulation
from asicae.export.coder.top import coder_verilog
from asicae.export.data_sheet import DATA_SHEET
from asicae.export.design_record import FILELIST
from asicae.export.hand_off import constraints_of
from asicae.export.pyverilog_design import parse
from asicae.export.rtl import ExportedRtl
from asicae.foundation.errors import BadInput
from asicae.foundation.files import write_bytes, write_text
from asicae.foundation.folders import output_folder

SETTINGS: Final = "settings.json"
"""In the export: what `asicae encode --settings` takes to send the same frames."""


def export_coder(
    settings: ConcentratorSettings, folder: Path, latency_bx: int = LATENCIES[0]
) -> ExportedRtl:
    """Write the encoder of an algorithm with these settings into ``folder`` and check it.

    Writes ``rtl/*.v``, ``rtl/filelist.f``, ``rtl/asicae_adaptive_choice.sdc``, ``datasheet.md``,
    ``settings.json`` and ``sim/*``. The bytes depend on settings, latency and the version of the
    kit.

    Raises:
        BadInput: an algorithm that has no Verilog, or another latency (see ``coder_design``).
        CheckFailed: the result disagrees with the design (see ``check_coder``).
    """
    design = coder_design(_able(settings), latency_bx)
    sources = coder_sources(design)
    for source in sources:
        write_bytes(folder / "rtl" / source.name, source.read_bytes())
    write_text(folder / "rtl" / f"{TOP}.v", coder_verilog(design))
    names = [*(source.name for source in sources), f"{TOP}.v"]
    write_text(folder / "rtl" / FILELIST, "".join(f"{name}\n" for name in names))
    made_of = f"the settings {design.settings.text()}"
    write_text(folder / "rtl" / f"{TOP}.sdc", constraints_of(design.ports, made_of))
    write_text(folder / DATA_SHEET, coder_data_sheet(design))
    write_text(folder / SETTINGS, design.settings.text() + "\n")
    write_coder_simulation(design, folder, names)
    check_coder(design, folder)
    return ExportedRtl(folder, tuple(folder / "rtl" / name for name in names), TOP)


def check_coder(design: CoderDesign, folder: Path) -> None:
    """Parse the Verilog of an export and compare its top with the design.

    Compared are ports, instances, their modules, every parameter, and widths of connections.

    Raises:
        BadInput: a file of the export is missing.
        CheckFailed: something does not parse or disagrees.
    """
    modules = parse(listed_files(folder / "rtl"))
    check_top(folder, TOP, design.ports, design.blocks, modules)


def export_coder_files(
    settings: ConcentratorSettings, folder: Path, latency_bx: int, force: bool = False
) -> None:
    """``export_coder`` into a new folder, or nothing at all.

    Raises:
        BadInput: the folder exists and not ``force``, or as ``export_coder``.
        CheckFailed: as ``export_coder``.
    """
    with output_folder(folder, force) as temporary:
        export_coder(settings, temporary, latency_bx)


def _able(settings: ConcentratorSettings) -> AdaptiveChoiceSettings:
    if type(settings) is not AdaptiveChoiceSettings:
        raise BadInput(
            f"alg_type: found {settings.alg_type}, which has no Verilog by itself; allowed is "
            f"adaptive_choice (networks: --network, as {CHIP})"
        )
    return settings
