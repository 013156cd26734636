"""Layers in phases of a crossing: the phases in step with it, through resets and upsets."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from asicae.chip.configuration import choices
from asicae.chip.design import design_of
from asicae.chip.microarchitectures import configuration_of
from asicae.export.hand_off import constraints_text
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from tests.support.rtl_harness import RTL

SMALL = Network.preset("small")
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="apt-get install iverilog"
)
Words = npt.NDArray[np.integer[Any]]
PHASES = 4
REUSED = [reuse for reuse in choices("reuse") if reuse > 1]
# A model beside it counts the halves of the fast clock. After a single upset nothing but the report
# may differ, and one edge of the slow clock sees that, once; after state that is wrong in all
# copies, phases are right a crossing later; in reset there are none, and the edge that follows it
# begins the first.
BENCH = """
`timescale 1ns / 1ps
module bench;
  parameter integer N = 4;
  reg clk = 1, fast = 1, rst_n = 1;
  wire [N-1:0] phase;
  wire error;
  integer half = 0, wanted = 0, upset = 0, reports = 0, bad = 0, copy, place, seed = 1, trial;
  reg looks = 0, rests = 0;
  phase_chain #(.PHASES(N)) dut (
    .clk_i(clk), .clk_fast_i(fast), .rst_ni({3{rst_n}}), .phase_o(phase), .error_o(error));
  always begin
    #3 half = (half + 1) % (2 * N);
    {clk, fast} = {half < N, half % 2 == 0};
  end
  // Before the edges that end a fast clock.
  always @(negedge fast) #1 begin
    if (looks && phase !== (1 << half / 2)) bad = bad + 1;
    if (rests && {error, phase} !== 0) bad = bad + 1;
  end
  always @(posedge clk) reports = reports + error;
  task flip(input integer which, input integer bits);
    case (which)
      0: dut.u_state.u_copy_a.state_q = dut.u_state.u_copy_a.state_q ^ bits;
      1: dut.u_state.u_copy_b.state_q = dut.u_state.u_copy_b.state_q ^ bits;
      2: dut.u_state.u_copy_c.state_q = dut.u_state.u_copy_c.state_q ^ bits;
      3: dut.u_crossing.u_copy_a.state_q = !dut.u_crossing.u_copy_a.state_q;
      4: dut.u_crossing.u_copy_b.state_q = !dut.u_crossing.u_copy_b.state_q;
      default: dut.u_crossing.u_copy_c.state_q = !dut.u_crossing.u_copy_c.state_q;
    endcase
  endtask
  // In a fast clock, or between its edges; out of it behind an edge of the slow clock.
  task reset(input integer moment, input integer crossings);
    begin
      #moment rst_n = 0;
      #1 rests = 1;
      repeat (crossings) @(posedge clk);
      #1 reports = 0;
      repeat (2) @(posedge clk);
      #1 rests = 0;
      rst_n = 1;
      @(posedge clk) #1 looks = 1;
      repeat (3) @(posedge clk);
      #1 if (reports !== 0) bad = bad + 1000;
      looks = 0;
    end
  endtask
  initial begin
    for (trial = 0; trial < 30; trial = trial + 1)
      reset(1 + 3 * ({$random(seed)} % (2 * N)), {$random(seed)} % 3);
    looks = 1;
    for (copy = 0; copy < 6; copy = copy + 1)
      for (place = 0; place < ((copy < 3) ? N + 1 : 1); place = place + 1)
        for (wanted = 0; wanted < N; wanted = wanted + 1) begin
          reports = 0;
          @(posedge clk) repeat (wanted) @(posedge fast);
          #1 flip(copy, 1 << place);
          repeat (3) @(posedge clk);
          #1 if (reports !== 1) bad = bad + 1000;
        end
    for (trial = 0; trial < 200; trial = trial + 1) begin
      looks = 0;
      upset = $random(seed);
      // Behind the edge, which would write over it.
      repeat ({$random(seed)} % N) @(posedge fast);
      #1 for (copy = 0; copy < 3; copy = copy + 1) flip(copy, upset);
      if (upset[31]) for (copy = 3; copy < 6; copy = copy + 1) flip(copy, 0);
      #(6 * N) looks = 1;
      repeat (2) @(posedge clk);
    end
    $display("bad %0d", bad);
    $finish;
  end
endmodule
"""


def run(
    folder: Path, module: str, bench: str, spoilt: tuple[str, str], numbers: Sequence[str] = ()
) -> int:
    """What a bench has to find fault with, where ``module`` has another text in one place.

    ``numbers`` are parameters of the bench, as in ``N=4``.
    """
    own = folder / f"{module}.v"
    text = (RTL / "phased" / own.name).read_text()
    assert not spoilt[0] or text.count(spoilt[0]) == 1
    own.write_text(text.replace(*spoilt) if spoilt[0] else text)
    (folder / "bench.v").write_text(bench)
    files = [str(own), *(str(RTL / f"{name}.v") for name in ("tmr_register", "tmr_copy", "voter"))]
    command = ["iverilog", "-g2005", "-s", "bench", "-o", str(folder / "bench")]
    command += [f"-Pbench.{number}" for number in numbers]
    subprocess.run([*command, str(folder / "bench.v"), *files], check=True)
    done = subprocess.run(
        [str(folder / "bench")], check=True, capture_output=True, text=True, cwd=folder
    )
    return int(done.stdout.split("bad")[1])


def bits(fields: Sequence[tuple[npt.NDArray[Any], int]]) -> str:
    """Words of some widths side by side, the first in the lowest bits, as hexadecimal."""
    value, place = 0, 0
    for words, width in fields:
        for word in words.ravel().tolist():
            value |= int(word) << place
            place += width
    return f"{value:x}"


def windows(words: Words, phase: int) -> Words:
    """3 x 3 in steps of 2 over 6 x 6 with a row of zeros on top: two of the four windows that see
    more than DEAD, and one that sees nothing.
    """
    image = words.copy()
    image[DEAD] = 0
    image = np.pad(image.reshape(6, 6), ((1, 0), (0, 0)))
    corners = [(2 * row, 2 * column) for row in (1, 2) for column in (0, 1)]
    seen = [image[y : y + 3, x : x + 3].ravel() for y, x in corners[2 * phase : 2 * phase + 2]]
    return np.concatenate([*seen, np.zeros(9, np.int64)])


def units(words: Words, phase: int) -> Words:
    """Weights and biases of two of six units with five inputs, of the phase that follows."""
    following = (phase + 1) % 3
    part = slice(2 * following, 2 * following + 2)
    return np.concatenate([words[:30].reshape(5, 6)[:, part].ravel(), words[30:][part]])


@dataclass(frozen=True)
class Selection:
    """A module that selects: its instance in the bench, and what it has to select."""

    phases: int
    instance: str
    wanted: Callable[[Words, int], Words]
    idle: Callable[[Words], Words]


DEAD = [6 * row + column for row in range(2) for column in range(5)]
LIVE = (1 << 36) - 1 - sum(1 << place for place in DEAD)
SELECTIONS = {
    "window_select": Selection(
        2,
        f""".SLOTS(2), .WINDOWS(3), .IN_ROWS(6), .IN_COLS(6), .STRIDE_ROWS(2), .STRIDE_COLS(2),
    .PAD_TOP(1), .PAD_LEFT(0), .OUT_ROWS(3), .OUT_COLS(2), .WIDTH(4), .LIVE(36'd{LIVE})) dut (
    .data_i(words), .data_o(found),""",
        windows,
        lambda words: 0 * windows(words, 0),
    ),
    "unit_select": Selection(
        3,
        """.INPUTS(5), .UNITS(6), .WEIGHT_WIDTH(4), .BIAS_WIDTH(4)) dut (.kernel_i(words[119:0]),
    .bias_i(words[143:120]), .kernel_o(found[39:0]), .bias_o(found[47:40]),""",
        units,
        lambda words: units(words, -1),
    ),
}


def chosen(folder: Path, module: str, spoilt: tuple[str, str] = ("", "")) -> int:
    """Rows of random data in which a module selects something else than arrays say."""
    case, rows, dice = SELECTIONS[module], 60, np.random.default_rng(4)
    entering, wanted = [], []
    for row in range(rows):
        words, phase, valid = dice.integers(0, 16, 36), row % case.phases, np.array([row % 7 != 0])
        told = np.arange(case.phases) == phase
        answer = case.wanted(words, phase) if valid else case.idle(words)
        entering.append(bits([(words, 4), (told, 1), (valid, 1)]))
        wanted.append(bits([(answer, 4)]))
    (folder / "in.hex").write_text("\n".join(entering))
    (folder / "out.hex").write_text("\n".join(wanted))
    bench = f"""
module bench;
  reg [{144 + case.phases}:0] entering [0:{rows - 1}];
  reg [{4 * answer.size - 1}:0] wanted [0:{rows - 1}];
  wire [{4 * answer.size - 1}:0] found;
  reg [143:0] words;
  reg [{case.phases - 1}:0] phase;
  reg valid;
  integer row, bad = 0;
  {module} #(.PHASES({case.phases}), {case.instance} .phase_i(phase), .valid_i(valid));
  initial begin
    $readmemh("in.hex", entering);
    $readmemh("out.hex", wanted);
    for (row = 0; row < {rows}; row = row + 1) begin
      {{valid, phase, words}} = entering[row];
      #1 if (found !== wanted[row]) bad = bad + 1;
    end
    $display("bad %0d", bad);
  end
endmodule
"""
    return run(folder, module, bench, spoilt)


def simulated(folder: Path, phases: int, spoilt: tuple[str, str] = ("", "")) -> int:
    """What the bench of the chain has to find fault with."""
    return run(folder, "phase_chain", BENCH, spoilt, [f"N={phases}"])


@needs_icarus
@pytest.mark.parametrize("phases", REUSED)
def test_phases_keep_step_through_resets_and_upsets_and_are_told_of_them(
    phases: int, tmp_path: Path
) -> None:
    assert simulated(tmp_path, phases) == 0


@needs_icarus
@pytest.mark.parametrize("phases", REUSED)
@pytest.mark.parametrize(
    "spoilt",
    [
        ("crossing_q[copy] ^ seen_q", "crossing_q[copy]"),
        ("told_q || state_error", "state_error"),
        ("told[copy] && !now[PHASES-1]", "told[copy]"),
        ("{told_q, later_q, seen_q}", "{told_q, seen_q, later_q}"),
        ("{later_q, crossing_q[copy] ^ seen_q}", "{later_q, rst_ni[copy] && ~|later_q}"),
        ("now[PHASES-2:0], crossing", "now[PHASES-2:0] | {(PHASES - 1) {&later_q}}, crossing"),
        (".RESET({STATE{1'b0}})", ".RESET({STATE{1'b1}})"),
        ("= crossing_error || told[0]", "= 1'bx"),
    ],
    ids=[
        "a phase for half of the crossings",
        "forgets",
        "tells for ever",
        "order",
        "out of step for ever",
        "stuck where all of it is on",
        "reset to phases",
        "unknown",
    ],
)
def test_a_chain_that_is_another_is_found(
    spoilt: tuple[str, str], phases: int, tmp_path: Path
) -> None:
    assert simulated(tmp_path, phases, spoilt) > 0


@needs_icarus
def test_a_phase_selects_its_part(tmp_path: Path) -> None:
    assert [chosen(tmp_path, module) for module in SELECTIONS] == [0, 0]


@needs_icarus
@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("window_select", "(phase*SLOTS+slot)", "(slot*PHASES+phase)"),
        ("window_select", "place = place + 1", "place = place + 0"),
        ("window_select", "phase_i & {PHASES{valid_i}}", "phase_i"),
        ("unit_select", "kernel_i[(index*PHASES+phase)*ROW", "kernel_i[(phase*INPUTS+index)*ROW"),
        ("unit_select", "bias_i[phase*BIASES", "bias_i[0*BIASES"),
        ("unit_select", "phase_i[PHASES-1] || !valid_i", "phase_i[PHASES-1]"),
        ("unit_select", " & {(PHASES - 1) {valid_i}}", ""),
    ],
)
def test_another_selection_is_found(tmp_path: Path, module: str, old: str, new: str) -> None:
    assert chosen(tmp_path, module, (old, new)) > 0


@pytest.mark.parametrize(
    ("name", "choices", "said"),
    [
        ("naive", {"reuse": 8}, "the 12 positions that an event can change of layer conv"),
        ("naive", {"reuse": 8}, "nearest that works is 4"),
        ("naive", {"reuse": 3}, "found 3, input should be 1, 2, 4 or 8"),
        ("aligned", {"reuse": 2, "barrier": True}, "barrier: found true with reuse 2"),
        ("gated", {"reuse": 2, "weight_sets": 2}, "weight_sets: found 2 with reuse 2"),
        ("naive", {"pipeline": "phased"}, "reuse: found 1 with pipeline 'phased'"),
        ("naive", {"reuse": 2, "pipeline": "parallel"}, "reuse: found 2 with pipeline 'parallel'"),
    ],
)
def test_a_reuse_that_cannot_be_is_refused(name: str, choices: dict, said: str) -> None:
    with pytest.raises(BadInput) as told:
        design_of(SMALL, configuration_of(name, choices))
    assert said in str(told.value)


def test_each_layer_takes_a_crossing_and_a_part_of_it_a_clock() -> None:
    lean = design_of(SMALL, configuration_of("lean", {"reuse": PHASES}))
    assert (lean.latency_bx, lean.interval_bx) == (3, 1)
    allowed = {path.name: path.allowed_ns for path in lean.paths}
    assert allowed == {
        "calq_to_rank1": 23,
        "rank1_to_rank_conv": 6.25,
        "phase_chain_to_rank_conv": 6.25,
        "phase_chain_to_rank_weights_dense": 6.25,
        "phase_chain_to_rank_biases_dense": 6.25,
        "rank_conv_to_rank3": 6.25,
        "rank_weights_dense_to_rank3": 6.25,
        "rank_biases_dense_to_rank3": 6.25,
    }
    text = constraints_text(lean)
    clock = "create_clock -name clk_fast -period [expr {$period / 4.0}] [get_ports clk_fast_i]"
    assert clock in text
    assert "false_path -from [get_ports {scl_i sda_i}]" in text
