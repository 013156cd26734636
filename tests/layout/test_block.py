"""A register of two bits, placed and routed."""

import shutil
from pathlib import Path

import pytest

from asicae.estimation.libraries import load
from asicae.estimation.synthesis import synthesise
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput, CheckFailed, MissingTool
from asicae.layout import kit, routing, tools
from asicae.layout.block import Choice, lay_out
from asicae.layout.check import Faults, check_netlist, faults
from asicae.layout.def_file import Layout, Segment, read_def
from asicae.layout.geometry import Point, Rect, placed
from asicae.layout.lef import Lef, read_lef
from asicae.layout.netlist import OUTSIDE, Netlist, choose, netlist_of
from asicae.layout.record import LAYOUT_FILE, LayoutRecord

pytestmark = pytest.mark.slow
BLOCK, TOP = "tmr_register", "registers"
CHIP = """
module registers (
    input clk_i, input [2:0] rst_ni, input [8:0] d_i, output [8:0] q_o, output [1:0] error_o
);
  tmr_register u_one (.clk_i(clk_i), .rst_ni(rst_ni), .d_i(d_i[2:0]), .q_o(q_o[2:0]),
      .error_o(error_o[0]));
  tmr_register #(.WIDTH(2), .RESET(2'b01)) u_two (.clk_i(clk_i), .rst_ni(rst_ni),
      .d_i(d_i[8:3]), .q_o(q_o[8:3]), .error_o(error_o[1]));
endmodule
"""
needs_tools = pytest.mark.skipif(
    any(shutil.which(program) is None for program in (tools.PLACER, tools.ROUTER)),
    reason="Debian's graywolf and qrouter are not installed",
)


@pytest.fixture(scope="module")
def rtl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rtl")
    names = ["voter.v", "tmr_copy.v", "tmr_register.v"]
    for name in names:
        shutil.copy(asset_folder("rtl") / name, folder / name)
    (folder / "registers.v").write_text(CHIP)
    (folder / "filelist.f").write_text("\n".join([*names, "registers.v"]))
    return folder


@pytest.fixture(scope="module")
def netlist(rtl: Path) -> Netlist:
    technology = load()
    design = synthesise(rtl, technology, TOP)
    return netlist_of(design, technology, choose(design, technology, BLOCK, None))


@pytest.fixture(scope="module")
def block(rtl: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("layout") / BLOCK
    lay_out(rtl, out, Choice(BLOCK), top=TOP)
    return out


@pytest.fixture(scope="module")
def lef() -> Lef:
    return read_lef(*kit.kit_of(load()).lef)


def test_the_largest_of_a_name_is_taken_or_an_instance(rtl: Path) -> None:
    technology = load()
    design = synthesise(rtl, technology, TOP)
    largest = choose(design, technology, BLOCK, None)
    assert largest == choose(design, technology, BLOCK, "u_two")
    assert largest != choose(design, technology, BLOCK, "u_one")
    assert choose(design, technology, "voter", "u_two.u_voter_b") in design.modules
    with pytest.raises(BadInput, match="--instance: no 'u_five' in registers, there are u_one"):
        choose(design, technology, BLOCK, "u_five")
    with pytest.raises(BadInput, match=r"'u_two\.u_voter_b' is a voter, allowed is a"):
        choose(design, technology, BLOCK, "u_two.u_voter_b")
    with pytest.raises(BadInput, match="--block: found 'mac', allowed are registers, tmr_copy"):
        choose(design, technology, "mac", None)


@needs_tools
def test_a_block_comes_with_its_files_and_figures(block: Path, netlist: Netlist) -> None:
    record = LayoutRecord.load(block / LAYOUT_FILE)
    assert {path.name for path in block.iterdir()} == {*record.files, LAYOUT_FILE}
    assert (record.cells, record.flip_flops) == (len(netlist.cells), 6)
    assert record.tied_pins == netlist.tied_pins == 0  # NanGate45 has cells for constants
    assert record.die_um > record.core_um
    assert record.cell_um2 <= record.core_um[0] * record.core_um[1]
    assert record.pins == sum(net.pins for net in record.nets.values())
    assert record.vias == sum(net.vias for net in record.nets.values())
    lengths = sum(net.wire_um for net in record.nets.values())
    assert record.wire_um == pytest.approx(lengths, abs=1e-3 * len(record.nets))
    assert record.wire_um == pytest.approx(sum(record.wire_um_by_layer.values()))
    assert record.tools[tools.ROUTER].startswith("1.4")
    # Nothing of a net that it joins can be shorter than from its first pin to its last.
    assert record.wire_um_per_pin > 0.3


@needs_tools
def test_the_metal_of_a_routed_block_is_its_netlist(
    block: Path, netlist: Netlist, lef: Lef
) -> None:
    routed = read_def(block / f"{BLOCK}.def")
    check_netlist(routed, netlist)
    assert faults(routed, lef) == Faults((), ())


@needs_tools
def test_a_missing_via_and_a_stray_wire_are_noticed(block: Path, lef: Lef) -> None:
    for name in read_def(block / f"{BLOCK}.def").nets:
        routed = read_def(block / f"{BLOCK}.def")
        net = routed.nets[name]
        if net.vias:
            gone = net.vias[0]
            net.vias = [via for via in net.vias if via.place != gone.place]
        else:
            net.segments.clear()
        assert name in faults(routed, lef).open_nets
    routed = read_def(block / f"{BLOCK}.def")
    die = routed.die
    across = Segment("metal2", Point(0, die.top // 2), Point(die.right, die.top // 2))
    routed.nets["clk_i"].segments.append(across)
    assert any("clk_i" in pair for pair in faults(routed, lef).shorts)


@needs_tools
def test_the_masks_join_what_the_netlist_joins(block: Path, netlist: Netlist, lef: Lef) -> None:
    """An extraction of the GDS by KLayout knows nothing of the DEF and of our own check."""
    pytest.importorskip("klayout")
    from tests.judges.extraction import joined

    routed = read_def(block / f"{BLOCK}.def")
    places = {
        f"{cell}/{pin}": metal_of(routed, lef, cell, pin)
        for terminals in netlist.nets.values()
        for cell, pin in terminals
    }
    expected = {frozenset(f"{c}/{p}" for c, p in t) for t in netlist.nets.values()}
    assert joined(block / f"{BLOCK}.gds", places) == expected


def metal_of(routed: Layout, lef: Lef, cell: str, pin: str) -> tuple[str, float, float]:
    """Layer and place, um, in the middle of a pin."""
    if cell == OUTSIDE:
        layer, rect = routed.ports[pin].layer, routed.ports[pin].rect
    else:
        component = routed.components[cell]
        macro = lef.macros[component.cell]
        layer, inner = max(macro.pins[pin].shapes, key=lambda shape: shape[1].area)
        rect = placed(inner, macro.width, macro.height, component.orientation)
        rect = rect.moved(*component.place)
    return layer, *middle(rect, routed.units)


def middle(rect: Rect, units: int) -> tuple[float, float]:
    return (rect.left + rect.right) / 2 / units, (rect.bottom + rect.top) / 2 / units


@needs_tools
def test_what_the_router_leaves_open_fails_and_leaves_nothing(
    rtl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = routing.read_def

    def without_a_net(path: Path) -> Layout:
        routed = whole(path)
        routed.nets["clk_i"].segments.clear()
        return routed

    monkeypatch.setattr(routing, "read_def", without_a_net)
    with pytest.raises(CheckFailed, match=r"tmr_register: 1 of \d+ nets are open: clk_i"):
        lay_out(rtl, tmp_path / "out", Choice(BLOCK, "u_one"), top=TOP)
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_is_absent_is_named(
    rtl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(MissingTool, match="apt-get install graywolf"):
        lay_out(rtl, tmp_path / "out", Choice(BLOCK), top=TOP)
    assert list(tmp_path.iterdir()) == []


@needs_tools
def test_a_program_that_fails_ends_the_layout(rtl: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / tools.PLACER
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho core dumped\nexit 0\n")
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        with pytest.raises(CheckFailed, match="graywolf stopped: core dumped"):
            lay_out(rtl, tmp_path / "out", Choice(BLOCK), top=TOP)
    assert not (tmp_path / "out").exists()
