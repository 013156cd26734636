"""What is handed over with the Verilog: a Tcl interpreter runs it, against a chip that it knows."""

import json
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from asicae.chip import constraints
from asicae.chip.blocks import CLOCK, RESET
from asicae.chip.configuration import Configuration
from asicae.chip.design import IO_DELAY_NS, PERIOD_NS, TOP, design_of
from asicae.chip.load_sequence import blank_sequence
from asicae.chip.microarchitectures import MICROARCHITECTURES, NAIVE, configuration_of
from asicae.chip.registers import register_map
from asicae.chip.triplication import holders, refresh_clocks
from asicae.export.hand_off import HAND_OFF, SCRIPTS, write_hand_off
from asicae.export.rtl import export_rtl
from asicae.network.description import Network
from asicae.simulation.builds.verilator import find
from tests.support.fusesoc import fusesoc

SMALL = Network.preset("small")
ALIGNED = MICROARCHITECTURES["aligned"].configuration
GATED = MICROARCHITECTURES["gated"].configuration
LATCHES = configuration_of("naive", {"bank": "latch"})
FILES = ("voter.v", f"{TOP}.v")
Call = tuple[str, ...]


class Tool:
    """A Tcl interpreter in which every command of a tool is one that notes its words."""

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        tkinter = pytest.importorskip("tkinter", reason="this Python has no Tcl")
        self.tcl = tkinter.Tcl()
        self.calls: list[Call] = []
        self.names = names
        self.tcl.createcommand("unknown", self.note)
        for known in ("write", "report_timing"):
            self.tcl.createcommand(known, lambda *words, known=known: self.note(known, *words))
        self.tcl.createcommand("get_ports", lambda names: names)
        self.tcl.createcommand("get_clocks", lambda name: f"clock {name}")

    def note(self, *words: str) -> str:
        self.calls.append(words)
        return "1"

    def source(self, path: Path) -> None:
        self.tcl.eval(f"source {{{path}}}")

    def all(self, command: str) -> list[Call]:
        return [call[1:] for call in self.calls if call[0] == command]

    def words(self, text: str) -> list[str]:
        return [str(word) for word in self.tcl.splitlist(text)]


def handed_over(folder: Path, configuration: Configuration = NAIVE) -> Path:
    write_hand_off(design_of(SMALL, configuration), folder, FILES)
    return folder


def constrained(folder: Path, configuration: Configuration = NAIVE) -> Tool:
    tool = Tool()
    tool.source(handed_over(folder, configuration) / "rtl" / f"{TOP}.sdc")
    return tool


def ports(tool: Tool, call: Call) -> set[str]:
    """Names of the design's ports that the last word of a command means."""
    patterns = tool.words(call[-1])
    known = [port.name for port in design_of(SMALL).ports]
    for pattern in patterns:
        assert any(fnmatchcase(name, pattern) for name in known), pattern
    return {name for name in known for pattern in patterns if fnmatchcase(name, pattern)}


def test_every_port_has_its_place_in_time(tmp_path: Path) -> None:
    """A delay to the clock, most and least, or no clock at all; nothing is left out or twice."""
    tool = constrained(tmp_path)
    for direction, command in (("input", "set_input_delay"), ("output", "set_output_delay")):
        free = tool.all("set_false_path")
        side = "-from" if direction == "input" else "-to"
        asynchronous = {name for call in free if call[0] == side for name in ports(tool, call)}
        own = {p.name for p in design_of(SMALL).ports if p.direction == direction} - {CLOCK}
        for bound, delay in (("-max", IO_DELAY_NS), ("-min", constraints.IO_DELAY_MIN_NS)):
            calls = [call for call in tool.all(command) if call[0] == bound]
            assert {float(call[1]) for call in calls} == {delay}
            assert {call[2:4] for call in calls} == {("-clock", "clk")}
            timed = [name for call in calls for name in ports(tool, call)]
            assert sorted([*timed, *asynchronous]) == sorted(own)


def test_the_end_of_reset_is_checked(tmp_path: Path) -> None:
    """Recovery and removal are of paths from the reset: none of them is called false."""
    tool = constrained(tmp_path)
    assert RESET not in {name for call in tool.all("set_false_path") for name in ports(tool, call)}
    assert RESET in {name for call in tool.all("set_input_delay") for name in ports(tool, call)}


def test_all_that_is_assumed_is_set(tmp_path: Path) -> None:
    tool = constrained(tmp_path)
    assert tool.all("create_clock") == [("-name", "clk", "-period", str(PERIOD_NS), CLOCK)]
    uncertainty = {call[0]: float(call[1]) for call in tool.all("set_clock_uncertainty")}
    assert uncertainty == {
        "-setup": constraints.SETUP_UNCERTAINTY_NS,
        "-hold": constraints.HOLD_UNCERTAINTY_NS,
    }
    for command, value, direction in (
        ("set_input_transition", constraints.INPUT_TRANSITION_NS, "input"),
        ("set_load", constraints.OUTPUT_LOAD_PF, "output"),
    ):
        (call,) = tool.all(command)
        assert float(call[0]) == value
        every = {p.name for p in design_of(SMALL).ports if p.direction == direction}
        assert ports(tool, call) == every - {CLOCK}
    ((limit, _),) = tool.all("set_max_transition")
    assert float(limit) == constraints.MAX_TRANSITION_NS


@pytest.mark.parametrize("configuration", [ALIGNED, LATCHES], ids=["barrier", "latches"])
def test_a_barrier_and_latches_have_a_falling_edge(
    tmp_path: Path, configuration: Configuration
) -> None:
    ((*_, waveform, _),) = constrained(tmp_path, configuration).all("create_clock")
    assert waveform == f"0 {PERIOD_NS / 2}"


def registers(configuration: Configuration) -> Iterator[str]:
    """Names as a synthesiser gives them, of two bits of every kind; the first not triplicated."""
    yield "u_barrier/g_word[0].g_live.data_q_reg[0]"
    for bit in (0, 31):
        for copy in "abc":
            yield f"u_rank1/u_data/u_copy_{copy}/state_q_reg[{bit}]"
            if configuration.bank == "gated":
                yield f"u_weight_bank/g_word[3].u_word/g_copy_{copy}.state_q_reg[{bit}]"
            if configuration.bank == "latch" and not bit:
                yield f"u_weight_bank/g_byte[3].u_byte/g_copy_{copy}.state_q_reg[{bit}]"


def synthesised(folder: Path, script: str, configuration: Configuration) -> Tool:
    """The script, run from another folder by a tool that has those registers."""
    tool = Tool()
    known = list(registers(configuration))

    def found(pattern: str) -> tuple[str, ...]:
        # In a pattern of a tool only * and ? are special.
        plain = pattern.replace("[", "[[]")
        return tuple(name for name in known if fnmatchcase(name, plain))

    def cells(*words: str) -> Any:
        return found(words[-1].rpartition("~")[2]) if "-filter" in words else words[-1]

    def database(*words: str) -> Any:
        if words[0] == "insts" and "-if" in words:
            return found(words[-1].rpartition("~")[2])
        return words[0] if words[-1] == ".name" else words[-1]

    tool.tcl.createcommand("get_cells", cells)
    tool.tcl.createcommand("get_object_name", lambda names: names)
    tool.tcl.createcommand("get_designs", lambda *words: words[-1])
    tool.tcl.createcommand("get_db", database)
    tool.tcl.eval(f"cd {{{folder}}}")
    tool.source(handed_over(folder / "chip", configuration) / HAND_OFF / script)
    return tool


@pytest.mark.parametrize(
    "configuration", [NAIVE, GATED, LATCHES], ids=["naive", "gated", "latches"]
)
@pytest.mark.parametrize("script", [name for name in SCRIPTS if name != "triplication.tcl"])
def test_scripts_read_all_files_and_keep_all_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, configuration: Configuration
) -> None:
    monkeypatch.chdir(tmp_path)
    tool = synthesised(tmp_path, script, configuration)
    reader = "analyze" if script == "dc.tcl" else "read_hdl"
    ((*_, files),) = tool.all(reader)
    rtl = tmp_path / "chip" / "rtl"
    assert tool.words(files) == [str(rtl / name) for name in FILES]

    copies = [name for name in registers(configuration) if "_copy_" in name]
    kept = [call for name in ("set_size_only", "set_db") for call in tool.all(name)]
    kept = [call for call in kept if call[1:] in (("true",), (".preserve", "size_ok"))]
    assert sorted(call[0] for call in kept) == sorted(copies)
    bounded = {word for call in tool.calls for word in call if "false" in call}
    for module in (*holders(configuration), "voter"):
        assert any(module in word for word in bounded), module

    spacing = (tmp_path / "spacing.csv").read_text().split("\n")[:-1]
    assert sorted(name for line in spacing for name in line.split(",")[:3]) == sorted(copies)
    for line in spacing:
        first, second, third, distance = line.split(",")
        assert float(distance) == constraints.COPY_SPACING_UM
        assert {second, third} == {first.replace("copy_a", f"copy_{c}") for c in "bc"}


def test_librelane_finds_what_its_configuration_names(tmp_path: Path) -> None:
    handed_over(tmp_path)
    for name in FILES:
        (tmp_path / "rtl" / name).touch()
    project = json.loads((tmp_path / HAND_OFF / "config.json").read_text())
    assert (project["DESIGN_NAME"], project["CLOCK_PORT"]) == (TOP, CLOCK)
    assert project["CLOCK_PERIOD"] == PERIOD_NS
    named = [*project["VERILOG_FILES"], project["PNR_SDC_FILE"], project["SIGNOFF_SDC_FILE"]]
    for place in named:
        assert (tmp_path / HAND_OFF / place.removeprefix("dir::")).is_file(), place


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_rtl(SMALL, tmp_path_factory.mktemp("exported")).folder


def lint_environment() -> tuple[str, dict[str, str]]:
    verilator = find()
    return str(verilator.executable), verilator.environment()


def test_the_file_list_works_from_any_folder(exported: Path, tmp_path: Path) -> None:
    """Its names are relative to itself: simulators take them so with -F."""
    executable, environment = lint_environment()
    command = [executable, "--lint-only", "-Wall", "--top-module", TOP]
    listing = exported / "rtl" / "filelist.f"
    for option, status in (("-F", True), ("-f", False)):
        done = subprocess.run(
            [*command, option, str(listing)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) == status, done.stderr


def test_fusesoc_lints_the_core(exported: Path, tmp_path: Path) -> None:
    done = fusesoc("lint", exported, SMALL, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    voter = exported / "rtl" / "voter.v"
    right = voter.read_text()
    voter.write_text(right.replace("a_i & b_i", "a_i & no_such_net"))
    try:
        assert fusesoc("lint", exported, SMALL, tmp_path).returncode != 0
    finally:
        voter.write_text(right)


def rows(sheet: str, title: str) -> list[list[str]]:
    """Cells of the table below a heading of the data sheet, without its own head."""
    part = sheet.split(f"\n## {title}\n")[1].split("\n## ", maxsplit=1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(
    "configuration", [NAIVE, ALIGNED, LATCHES], ids=["naive", "aligned", "latches"]
)
def test_the_data_sheet_tells_ports_timing_registers_and_load(
    tmp_path: Path, configuration: Configuration
) -> None:
    sheet = (handed_over(tmp_path, configuration) / "datasheet.md").read_text()
    design = design_of(SMALL, configuration)
    ports = rows(sheet, "Ports")
    told = [(name.strip("`"), direction, int(bits)) for name, direction, bits, *_ in ports]
    assert told == [(port.name, port.direction, port.width) for port in design.ports]
    signals = {name.strip("`"): values for name, *values in rows(sheet, "Timing")}
    first = signals["calq_i"].index("A")
    assert signals["latent_o"].index("A") - first == design.latency_bx
    assert signals["valid_o"].index("1") - first == design.latency_bx
    assert [int(row[0], 16) for row in rows(sheet, "Registers")] == [
        register.address for register in register_map(SMALL).registers
    ]
    load = [(int(row[1], 16), int(row[2])) for row in rows(sheet, "Loading weights")]
    assert load[:-1] == [(step.address, len(step.data)) for step in blank_sequence(SMALL)]
    assert load[-1][0] == register_map(SMALL)["CONTROL"].address
    barrier = design.blocks.get("u_barrier")
    assert ("none" if barrier is None else f"{barrier.register_bits} bits of u_barrier") in sheet
    refresh = refresh_clocks(SMALL, configuration)
    assert (refresh > 1) == ("Weights lie in latches" in sheet)
    assert refresh == 1 or f"within {refresh} clocks" in sheet
