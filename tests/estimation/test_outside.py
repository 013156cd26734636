"""Netlists of other synthesisers: a sound one is proven, every planted fault is found and named."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.chip.microarchitectures import NAIVE, configuration_of
from asicae.estimation.libraries import load
from asicae.estimation.mapping import base_name
from asicae.estimation.outside.check import NetlistReport, prove
from asicae.estimation.outside.matching import spelled
from asicae.estimation.outside.reading import outside_of, read_netlist
from asicae.estimation.outside.registers import Registers, registers_of
from asicae.estimation.synthesis import synthesise
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.module.drawn import drawn_calq
from asicae.network.encoder import Encoder
from asicae.simulation.directed_events import stress_weights
from tests.support.command_line import call
from tests.support.edited_netlists import (
    FILE,
    TINY,
    WORD,
    Modules,
    held_in,
    merged_copies,
    merged_logic,
    merged_voters,
    no_report,
    no_voter,
)

EVENTS = 200


@pytest.fixture(scope="module")
def rtl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_rtl(TINY, tmp_path_factory.mktemp("tiny")).folder


@pytest.fixture(scope="module")
def registers(rtl: Path) -> Registers:
    return registers_of(design_of(TINY), rtl)


@pytest.fixture(scope="module")
def modules(rtl: Path) -> Modules:
    return mapped(rtl)


def mapped(rtl: Path) -> Modules:
    """The estimate's netlist; nets have the names of ports, and of what a gated word keeps."""
    found = {}
    for name, body in synthesise(rtl, load()).modules.items():
        names = dict(body["ports"])
        if base_name(name) == "tmr_gated_word":
            pins = body["cells"]["u_voter_a"]["connections"]
            names |= {f"g_copy_{copy}.state_q": {"bits": pins[f"{copy}_i"]} for copy in "abc"}
        found[name] = body | {"netnames": names}
    return found


def proven(
    modules: Modules, registers: Registers, configuration: Configuration = NAIVE
) -> NetlistReport:
    encoder = Encoder(TINY, stress_weights(TINY, 1))
    netlist = outside_of(modules, load())
    design = design_of(TINY, configuration)
    return prove(design, registers, netlist, encoder, drawn_calq(EVENTS))


@pytest.mark.slow
def test_a_sound_netlist_is_proven(modules: Modules, registers: Registers) -> None:
    report = proven(modules, registers)
    bits = [bit for bit in registers.bits if bit.triplicated]
    assert (report.triplicated, report.flip_flops) == (len(bits), 3 * len(bits))
    assert report.words == (EVENTS - design_of(TINY).latency_bx) * (TINY.latents + 1)
    assert report.upsets == 3 * len({bit.register for bit in bits})
    assert report.voter_nets > 3 * len(bits)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "fault", "told"),
    [
        (WORD, merged_copies, r"u_weight_bank\.g_word\[0\]\.u_word \(c: 32 bits\)"),
        (
            WORD,
            no_voter,
            r"upset of copy b of u_weight_bank\.\S+ stays in bit \d+: its voter is missing",
        ),
        (WORD, merged_voters, r"several copies of bit \d+ of u_weight_bank\.\S+: its voters"),
        (FILE, merged_logic, r"several copies of bit \d+ of u_register_file\.\S+: its voters"),
        (FILE, no_report, r"upset of copy a of u_register_file\.u_state is not reported"),
    ],
)
def test_lost_redundancy_is_named(
    modules: Modules,
    registers: Registers,
    module: tuple[str, str],
    fault: Callable[[Modules], None],
    told: str,
) -> None:
    faulty = copy.deepcopy(modules)
    fault(held_in(faulty, module))
    with pytest.raises(CheckFailed, match=told):
        proven(faulty, registers)


def test_weights_in_latches_are_refused(tmp_path: Path) -> None:
    latch = configuration_of("naive", {"bank": "latch"})
    with pytest.raises(BadInput, match="bank latch keeps weights in latches, allowed are ff, ga"):
        registers_of(design_of(TINY, latch), tmp_path)


@pytest.mark.slow
def test_voters_behind_gated_clocks_are_looked_at(tmp_path: Path) -> None:
    gated = configuration_of("gated")
    rtl = export_rtl(TINY, tmp_path, gated).folder
    kept = registers_of(design_of(TINY, gated), rtl)
    found = mapped(rtl)
    state = [bit for bit in kept.bits if bit.register == "u_register_file.u_state"]
    assert proven(found, kept, gated).voter_nets > 3 * len(state)
    file = next(body for name, body in found.items() if base_name(name) == "register_file")
    merged_logic(file)
    told = r"several copies of bit \d+ of u_register_file\.\S+: its voters"
    with pytest.raises(CheckFailed, match=told):
        proven(found, kept, gated)


@pytest.mark.slow
def test_a_swapped_gate_shows_in_a_word(modules: Modules, registers: Registers) -> None:
    faulty = copy.deepcopy(modules)
    cells = [
        cell
        for name, body in faulty.items()
        if base_name(name) == "mac"
        for cell in body["cells"].values()
        if cell["type"] == "NAND2_X1"
    ]
    cells[0]["type"] = "NOR2_X1"
    with pytest.raises(CheckFailed, match="words of latent_o differ from golden; first: event"):
        proven(faulty, registers)


def test_names_of_synthesisers_are_one(registers: Registers) -> None:
    """Those of the RTL, of hierarchies with slashes, and after names were made plain Verilog."""
    wanted = spelled("u_rank1.u_data.u_copy_a.state_q[3]")
    for name in (
        "u_rank1/u_data/u_copy_a/state_q_reg[3]",
        "u_rank1_u_data_u_copy_a_state_q_reg_3_",
        "u_rank1.u_data.u_copy_a.state_q_reg[3]",
    ):
        assert spelled(name) == wanted
    spellings = [{spelled(n) for n in names} for bit in registers.bits for names in bit.copies]
    assert sum(map(len, spellings)) == len(set().union(*spellings))


TOY = """
module held (input clk_i, d_i, output q_o);
  wire state_n;
  DFF_X1 state_q_reg (.D(d_i), .CK(clk_i), .QN(state_n));
  INV_X1 g0 (.A(state_n), .ZN(q_o));
endmodule
module asicae_top (input clk_i, d_i, output q_o);
  held \\u_a[0].u_b (.clk_i(clk_i), .d_i(d_i), .q_o(q_o));
endmodule
"""


def test_storage_has_its_own_names_and_those_behind_inverters(tmp_path: Path) -> None:
    path = tmp_path / "toy.v"
    path.write_text(TOY)
    ((names,),) = read_netlist(path, load()).names.values()
    found = {name.text: name.inverted for name in names}
    assert found == {
        "u_a[0].u_b.state_n": True,
        "u_a[0].u_b.q_o": False,
        "u_a[0].u_b.state_q_reg": False,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("// module asicae_top\n", "holds no module"),
        ("module other (); endmodule", "no module asicae_top, found other"),
        ('`include "x.v"\nmodule asicae_top (); endmodule', "has `include"),
        (TOY.replace("INV_X1", "INV_X99"), "no cell 'INV_X99'"),
        ("module asicae_top (input a, output b); assign b = !a; endmodule", "is an expression"),
    ],
)
def test_what_is_no_netlist_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "chip.v"
    path.write_text(text)
    with pytest.raises(BadInput, match=told):
        read_netlist(path, load())


def test_the_command_refuses_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "chip.v"
    path.write_text("nothing")
    assert call("check-netlist", path, "-n", "small", "--liberty", tmp_path / "no.lib") == 2
    assert call("check-netlist", path) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if "no such Liberty file" in line]
    assert [line for line in told if "either a folder or --network" in line]
