"""The encoder of Hybrid Choice as a folder: that of a chip, and frames in place of latents."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asicae.chip.configuration import Configuration
from asicae.chip.design import TOP as CHIP
from asicae.chip.microarchitectures import NAIVE
from asicae.chip.triplication import in_latches
from asicae.concentrator.algorithms.hybrid_choice import HybridChoiceSettings
from asicae.concentrator.algorithms.table import HYBRID_CHOICE, settings_from
from asicae.concentrator.encoding import values_with_network
from asicae.concentrator.links import bits_in, mask_of
from asicae.concentrator.silicon.hybrid_choice import LATENCY, TOP, HybridDesign, hybrid_design
from asicae.export.check import check_chip, check_top, listed_files
from asicae.export.coder.export import SETTINGS
from asicae.export.data_sheet import DATA_SHEET
from asicae.export.design_record import DESIGN, FILELIST, MODEL, DesignRecord
from asicae.export.hand_off import constraints_of
from asicae.export.hybrid.data_sheet import hybrid_data_sheet
from asicae.export.hybrid.files import hybrid_files
from asicae.export.hybrid.simulation import write_hybrid_simulation
from asicae.export.pyverilog_design import parse
from asicae.export.registers import export_registers
from asicae.export.rtl import ExportedRtl
from asicae.foundation.errors import BadInput
from asicae.foundation.files import write_bytes, write_text
from asicae.foundation.folders import output_folder
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights

NETWORK, WEIGHTS = "network.json", "weights.npz"
"""In the export, beside the settings: what `asicae encode` takes to send the same frames."""
DRAWN_SEED: Final = 1
"""Of the weights of an export that is given none."""


@dataclass(frozen=True)
class Hybrid:
    """What is exported.

    Attributes:
        design: of the encoder.
        encoder: its network, with the weights that the example loads.
    """

    design: HybridDesign
    encoder: Encoder


def hybrid_of(
    values: Mapping[str, Any], encoder: Encoder, configuration: Configuration = NAIVE
) -> Hybrid:
    """The encoder with settings of these values and those that network and weights decide.

    Which bits of the latents are in a frame the keep mask says: it is wiring.

    Raises:
        BadInput: values that are no settings of Hybrid Choice, or as ``hybrid_design``.
    """
    _settings(values)
    settings = _settings(values_with_network(HYBRID_CHOICE, values, encoder))
    return Hybrid(hybrid_design(settings, encoder.network, configuration), encoder)


def drawn_encoder(values: Mapping[str, Any], network: Network) -> Encoder:
    """Weights for an export that is given none, the same every time, and a keep mask with as many
    of the most significant bits of each latent as there is room for.

    Raises:
        BadInput: as ``hybrid_of``, or not even one bit of each latent fits.
    """
    usual = _settings(values)
    keep = mask_of(bits_in(usual.latent_word.room, network, usual.links), network)
    drawn = Weights.random(network, DRAWN_SEED)
    return Encoder(network, Weights.checked(network, drawn.arrays, keep))


def export_hybrid(hybrid: Hybrid, folder: Path) -> ExportedRtl:
    """Write an encoder into ``folder`` and check it.

    Writes ``rtl/*.v``, ``rtl/filelist.f``, where the chip needs one ``rtl/model.f``,
    ``rtl/asicae_hybrid_choice.sdc``, ``datasheet.md``, ``network.json``, ``design.json``,
    ``settings.json``, ``weights.npz``, ``registers.{rdl,json,h,html}`` and ``sim/*``. The bytes
    depend on ``hybrid`` and the version of the kit.

    Raises:
        CheckFailed: the result disagrees with the design (see ``check_hybrid``).
    """
    design, network = hybrid.design, hybrid.encoder.network
    contents = hybrid_files(design)
    for name, content in contents.items():
        write_bytes(folder / "rtl" / name, content)
    files, simulated = (
        contents[name].decode().split()
        for name in (FILELIST, MODEL if MODEL in contents else FILELIST)
    )
    write_text(folder / "rtl" / f"{TOP}.sdc", _constraints(design))
    write_text(folder / DATA_SHEET, hybrid_data_sheet(design))
    network.save(folder / NETWORK)
    hybrid.encoder.weights.save(folder / WEIGHTS)
    DesignRecord(configuration=design.chip.configuration).save(folder / DESIGN)
    write_text(folder / SETTINGS, _without_decided(hybrid) + "\n")
    export_registers(network, folder, design.chip.configuration.weight_sets)
    write_hybrid_simulation(design, hybrid.encoder, folder, simulated)
    check_hybrid(design, folder)
    return ExportedRtl(folder, tuple(folder / "rtl" / name for name in files), TOP)


def check_hybrid(design: HybridDesign, folder: Path) -> None:
    """Parse the Verilog of an export and compare both tops with the design.

    Compared are ports, instances, their modules, every parameter, widths of connections, and where
    each layer finds its weights in the image.

    Raises:
        BadInput: a file of the export is missing.
        CheckFailed: something does not parse or disagrees.
    """
    modules = parse(listed_files(folder / "rtl"))
    check_top(folder, TOP, design.ports, design.blocks, modules)
    check_chip(design.chip, folder, modules)


def export_hybrid_files(
    hybrid: Hybrid, folder: Path, latency_bx: int = LATENCY, force: bool = False
) -> None:
    """``export_hybrid`` into a new folder, or nothing at all.

    Raises:
        BadInput: the folder exists and not ``force``, or another latency than there is.
        CheckFailed: as ``export_hybrid``.
    """
    if latency_bx != LATENCY:
        raise BadInput(f"latency: found {latency_bx}, allowed is {LATENCY} bunch crossings")
    with output_folder(folder, force) as temporary:
        export_hybrid(hybrid, temporary)


def _settings(values: Mapping[str, Any]) -> HybridChoiceSettings:
    settings = settings_from(values)
    if not isinstance(settings, HybridChoiceSettings):
        raise BadInput(
            f"alg_type: found {settings.alg_type}, whose frames need no chip of a network; allowed "
            f"is {HYBRID_CHOICE.name} (networks by themselves: --network, as {CHIP})"
        )
    return settings


def _constraints(design: HybridDesign) -> str:
    chip = design.chip
    return constraints_of(
        design.ports,
        f"network {chip.network.name}, design hash 0x{chip.network.design_hash:08X}, the settings "
        f"{design.settings.text()}",
        phases=chip.phases,
        falls=any(block.edge == "falling" for block in chip.data_path),
        latches=in_latches(chip.configuration.bank),
    )


def _without_decided(hybrid: Hybrid) -> str:
    """The settings, but for those that network and weights decide."""
    values = json.loads(hybrid.design.settings.text())
    decided = HYBRID_CHOICE.values_of(hybrid.encoder)
    return json.dumps({name: value for name, value in values.items() if name not in decided})
