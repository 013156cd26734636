"""Triple redundancy: an upset heals in one clock, and synthesis keeps every copy."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.rtl_harness import RTL, verilate

# Every bit of every copy is flipped once while the register holds, then a double upset in
# different bits of different copies, then a write while a copy is wrong.
BENCH = """
`timescale 1ns / 1ps
module bench;
  reg clk = 0, rst_n = 0, en = 0;
  reg [7:0] d = 0;
  wire [23:0] votes;
  wire [23:0] next = en ? {3{d}} : votes;
  wire error;
  integer copy, place;
  tmr_register #(.WIDTH(8), .RESET(8'hA5)) dut (
    .clk_i(clk), .rst_ni({3{rst_n}}), .d_i(next), .q_o(votes), .error_o(error));
  always #5 clk = !clk;
  task flip(input integer which, input [7:0] mask);
    case (which)
      0: dut.u_copy_a.state_q = dut.u_copy_a.state_q ^ mask;
      1: dut.u_copy_b.state_q = dut.u_copy_b.state_q ^ mask;
      default: dut.u_copy_c.state_q = dut.u_copy_c.state_q ^ mask;
    endcase
  endtask
  task check(input [7:0] value, input flag, input integer what);
    if (votes !== {3{value}} || error !== flag) begin
      $display("FAILED %0d: q %h wanted %h, error %b wanted %b", what, votes, value, error, flag);
      $finish;
      $fatal;
    end
  endtask
  initial begin
    repeat (2) @(negedge clk);
    check(8'hA5, 0, 1);
    rst_n = 1;
    @(negedge clk) check(8'hA5, 0, 2);
    for (copy = 0; copy < 3; copy = copy + 1)
      for (place = 0; place < 8; place = place + 1) begin
        flip(copy, 8'd1 << place);
        #1 check(8'hA5, 1, 3);
        @(negedge clk) check(8'hA5, 0, 4);
      end
    flip(0, 8'h0F); flip(1, 8'hF0);
    #1 check(8'hA5, 1, 5);
    @(negedge clk) check(8'hA5, 0, 6);
    flip(2, 8'hFF); en = 1; d = 8'h3C;
    @(negedge clk) check(8'h3C, 0, 7);
    en = 0; d = 0;
    @(negedge clk) check(8'h3C, 0, 8);
    $display("PASSED");
    $finish;
  end
endmodule
"""


# The wheel leaves out the flag that g++ needs for coroutines.
FLAGS = "-O0 -std=gnu++20 -fcoroutines"


def _simulated(folder: Path, rtl: Path = RTL) -> str:
    executable = verilate(folder, BENCH, "--binary", "--timing", "-CFLAGS", FLAGS, rtl=rtl)
    done = subprocess.run([str(executable)], capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.build
def test_every_upset_heals_in_one_clock(tmp_path: Path) -> None:
    assert "PASSED" in _simulated(tmp_path)


@pytest.mark.build
def test_without_votes_nothing_heals(tmp_path: Path) -> None:
    rtl = tmp_path / "rtl"
    rtl.mkdir()
    for name in ("tmr_copy", "voter", "tmr_register"):
        text = (RTL / f"{name}.v").read_text()
        (rtl / f"{name}.v").write_text(
            text.replace("{voted_c, voted_b, voted_a}", "{copy_c, copy_b, copy_a}")
        )
    answer = _simulated(tmp_path, rtl)
    assert "FAILED 3" in answer
    assert "PASSED" not in answer


SYNTHESIS = """
import sys
from pyosys import libyosys as ys
sources, commands, report = sys.argv[1:]
design = ys.Design()
ys.run_pass("read_verilog " + sources, design)
for command in commands.split(";"):
    ys.run_pass(command.strip(), design)
ys.run_pass("tee -q -o " + report + " stat -json", design)
"""


def _flip_flops(folder: Path, sources: list[Path], commands: str) -> int:
    report = folder / "stat.json"
    paths = " ".join(str(path) for path in sources)
    subprocess.run(
        [sys.executable, "-c", SYNTHESIS, paths, commands, str(report)],
        capture_output=True,
        check=True,
    )
    cells = json.loads(report.read_text())["design"]["num_cells_by_type"]
    return sum(count for name, count in cells.items() if "DFF" in name)


TMR = [RTL / f"{name}.v" for name in ("tmr_copy", "voter", "tmr_register")]
# With one input for all copies, only their boundaries keep them apart.
ONE_INPUT = """
module one_input (input clk_i, input rst_ni, input [7:0] d_i, output [23:0] q_o, output error_o);
  tmr_register #(.WIDTH(8)) u_register (
    .clk_i(clk_i), .rst_ni({3{rst_ni}}), .d_i({3{d_i}}), .q_o(q_o), .error_o(error_o));
endmodule
"""
TOP = "hierarchy -top one_input"


def _with_one_input(folder: Path, boundaries: bool = True) -> list[Path]:
    """The files in ``folder``, without what keeps the boundaries of modules where that is asked."""
    sources = [folder / "one_input.v"]
    sources[0].write_text(ONE_INPUT)
    for path in TMR:
        text = path.read_text()
        sources.append(folder / path.name)
        sources[-1].write_text(text if boundaries else re.sub(r"\(\*.*\*\)", "", text))
    return sources


def test_synthesis_keeps_all_three_copies(tmp_path: Path) -> None:
    pytest.importorskip("pyosys", reason="pip install 'asicae[asic]'")
    sources = _with_one_input(tmp_path)
    merging = f"{TOP}; synth; opt -full; opt_merge -share_all"
    assert _flip_flops(tmp_path, sources, merging) == 24
    mapped = f"{TOP}; synth -flatten; opt -full; opt_clean -purge"
    assert _flip_flops(tmp_path, sources, mapped) == 24


def test_without_kept_boundaries_the_copies_merge(tmp_path: Path) -> None:
    pytest.importorskip("pyosys", reason="pip install 'asicae[asic]'")
    sources = _with_one_input(tmp_path, boundaries=False)
    assert _flip_flops(tmp_path, sources, f"{TOP}; synth -flatten; opt -full") == 8
