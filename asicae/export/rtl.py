"""Network to a folder of Verilog, constraints and register maps."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asicae.chip.configuration import Bank, Configuration, Mac
from asicae.chip.design import TOP, Design, design_of
from asicae.chip.microarchitectures import MICROARCHITECTURES, NAIVE
from asicae.export.check import check_export
from asicae.export.design_record import DESIGN, FILELIST, MODEL, DesignRecord
from asicae.export.fusesoc import write_core
from asicae.export.hand_off import write_hand_off
from asicae.export.layers import rows
from asicae.export.registers import export_registers
from asicae.export.simulation import write_simulation
from asicae.export.top import top_verilog
from asicae.foundation.assets import asset_folder
from asicae.foundation.files import write_bytes
from asicae.foundation.folders import output_folder
from asicae.network.description import Network

ADDERS = ("full_adder", "bit_heap")
MACS: dict[Mac, tuple[str, ...]] = {
    "behavioural": ("mac", "requantise", "neuron"),
    "radix4": (*ADDERS, "radix4_digit", "radix4_sum", "requantise", "radix4/neuron"),
}
STILL = ("still_neuron",)
STILL_IN_PHASES = ("phased/still_units",)
PHASES = ("phase_chain", "window_select", "unit_select", "phase_stages", "layer_rank")
BANKS: dict[Bank, tuple[str, ...]] = {
    "ff": ("byte_merge", "weight_bank"),
    "gated": ("clock_gate", "tmr_gated_word", "gated_weight_bank"),
    "latch": (
        *("clock_gate", "latch/tmr_latch_byte", "latch/latch_bank_logic"),
        "latch/latch_weight_bank",
    ),
}
"""Files of hand-written Verilog, in compile order, that a choice brings in."""
CONTROL = (
    *("delay_inverter", "glitch_filter", "reset_stage", "reset_control"),
    *("i2c_target_logic", "i2c_target", "crc32", "register_file_logic"),
)
"""Those of slow control, which every chip has."""
GATED_REGISTERS = ("tmr_gated_register", "gated/register_file")
REGISTER_FILES: dict[Bank, tuple[str, ...]] = {
    "ff": ("register_file",),
    "gated": GATED_REGISTERS,
    "latch": GATED_REGISTERS,
}
"""Files of the registers: where the clock of the bank stands still, so does theirs."""
TWO_SETS = (
    *("tmr_gated_register", "double/register_sets_logic", "double/register_sets"),
    "double/weight_select",
)
"""Files of the registers, whatever the bank, and of what selects, where there are two sets."""
ADAPTIVE_CHOICE: Final = "adaptive_choice"
HYBRID_CHOICE: Final = "hybrid_choice"
"""Folders of files that no chip of a network has by itself: those of encoders that send frames."""
HIDING: Final = f"{HYBRID_CHOICE}/hidden_cells"
"""File of a chip with a port that hides cells."""


@dataclass(frozen=True)
class ExportedRtl:
    """What an export wrote.

    Attributes:
        folder: the export; Verilog lies in ``folder/rtl``.
        sources: Verilog files in compile order, asicae_top last.
        top: name of the top module.
    """

    folder: Path
    sources: tuple[Path, ...]
    top: str = TOP


def hand_written(
    configuration: Configuration,
    mac: Mac | None = None,
    kinds: Collection[str] = (),
    hides: bool = False,
) -> list[Path]:
    """Verilog files that every chip built so has, with those of layers of ``kinds``.

    ``mac``: what sums the products in place of the choice of ``configuration``; ``hides``: it hides
    cells. Layers of the first schema of descriptions are in every chip.

    Leaves first, so that tools that read a file list in order know every module before its use.
    """
    barrier = ("barrier",) if configuration.barrier else ()
    reuses = configuration.reuse > 1
    phased = tuple(f"phased/{n}" for n in PHASES) if reuses else ()
    registers = ("tmr_copy", "voter", "tmr_register", "pipeline_rank", *barrier, *phased)
    still = (*STILL, *(STILL_IN_PHASES if reuses else ())) if configuration.folds else ()
    neurons = (*MACS[mac or configuration.mac], *still)
    bank = BANKS[configuration.bank]
    double = configuration.weight_sets == 2
    registers_of_bank = TWO_SETS if double else REGISTER_FILES[configuration.bank]
    front = ("normaliser_cell", "normaliser", *([HIDING] * hides))
    others = (*front, "latent_packer", *bank, *CONTROL, *registers_of_bank)
    leaves, rest = ([Path(f"{n}.v") for n in names] for names in ((*registers, *neurons), others))
    layers = [
        row.folded if configuration.folds and row.folded else row.module for row in rows(kinds)
    ]
    of_kinds = dict.fromkeys(leaf for row in rows(kinds) for leaf in row.leaves)
    names = [*leaves, *of_kinds, *(module for module in layers if module is not None), *rest]
    return [asset_folder("rtl") / name for name in names]


def all_files() -> tuple[str, ...]:
    """All hand-written Verilog in ``rtl/``, with slashes: of chips, however they are built and
    whatever their layers are, and of the encoders of frames.
    """
    folder = asset_folder("rtl")
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.v")))


def named_files() -> tuple[Path, ...]:
    """Hand-written Verilog of all named microarchitectures, in the order of its names.

    Records are of these files; a choice that no name has is in none of them.
    """
    rows = MICROARCHITECTURES.values()
    return tuple(sorted({path for row in rows for path in hand_written(row.configuration)}))


def export_rtl(network: Network, folder: Path, configuration: Configuration = NAIVE) -> ExportedRtl:
    """Write the chip of ``network`` into ``folder`` and check it.

    Writes ``rtl/*.v``, ``rtl/filelist.f``, where it needs one ``rtl/model.f`` (``MODEL``),
    ``rtl/asicae_top.sdc``, ``asicae_top.core``, ``handoff/*``, ``sim/*``, ``datasheet.md``,
    ``network.json``, ``design.json`` and ``registers.{rdl,json,h,html}``. The bytes depend on
    ``network``, ``configuration`` and the version of the kit only.

    Raises:
        BadInput: ``configuration`` cannot hold the network (see ``design_of``).
        CheckFailed: the result disagrees with the description (see ``check_export``).
    """
    rtl, design = folder / "rtl", design_of(network, configuration)
    contents = rtl_files(design)
    for name, content in contents.items():
        write_bytes(rtl / name, content)
    files, simulated = (
        contents[name].decode().split()
        for name in (FILELIST, MODEL if MODEL in contents else FILELIST)
    )
    write_hand_off(design, folder, files)
    case = write_simulation(design, folder, simulated)
    write_core(design, folder, files, simulated, case)
    network.save(folder / "network.json")
    DesignRecord(configuration=configuration).save(folder / DESIGN)
    export_registers(network, folder, configuration.weight_sets)
    check_export(network, folder, configuration)
    return ExportedRtl(folder, tuple(rtl / file for file in files))


def rtl_files(design: Design) -> dict[str, bytes]:
    """The Verilog of a chip and the lists of it, by file name."""
    blocks = hand_written(design.configuration, kinds=design.network.kinds, hides=design.hides)
    found = {block.name: block.read_bytes() for block in blocks}
    found[f"{TOP}.v"] = top_verilog(design).encode()
    found[FILELIST] = _list(found)
    return found if design.configuration.mac == "behavioural" else found | _model(design, blocks)


def _model(design: Design, built: list[Path]) -> dict[str, bytes]:
    """The chip with plain multipliers and adders for simulators, to which adder trees are slow."""
    files: dict[str, bytes] = {}
    behavioural = hand_written(
        design.configuration, "behavioural", design.network.kinds, design.hides
    )
    for block in behavioural:
        other = block not in built and block.name in {own.name for own in built}
        files[f"{block.stem}_model.v" if other else block.name] = block.read_bytes()
    return files | {MODEL: _list([*files, f"{TOP}.v"])}


def _list(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def export_files(
    network: Network, folder: Path, configuration: Configuration = NAIVE, force: bool = False
) -> None:
    """``export_rtl`` into a new folder, or nothing at all.

    Raises:
        BadInput: the folder exists and not ``force``, or as ``export_rtl``.
        CheckFailed: as ``export_rtl``.
    """
    with output_folder(folder, force) as temporary:
        export_rtl(network, temporary, configuration)
