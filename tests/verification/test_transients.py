"""A transient on any one net of control changes nothing that is stored, nor does one on reset."""

import shutil
from pathlib import Path

import pytest

from tests.support.control_chip import BANKS, CLOCKS, disturbed, simulated, sources

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="apt-get install iverilog"
)
TRIALS, FEWER = 800, 200


@needs_icarus
@pytest.mark.parametrize("bank", BANKS)
def test_a_transient_of_a_clock_on_any_net_is_outvoted(bank: str, tmp_path: Path) -> None:
    clocks = CLOCKS.get(bank, 6)
    trials = TRIALS if clocks == 6 else FEWER
    found = disturbed(tmp_path, sources(bank, tmp_path), trials, seed=1, clocks=clocks)
    assert found.silent == ()
    assert found.trials == trials
    assert found.writes > 5


ONE_VOTER = {"tmr_register": ("{voted_c, voted_b, voted_a}", "{voted_a, voted_a, voted_a}")}


@needs_icarus
def test_one_voter_for_all_copies_is_found(tmp_path: Path) -> None:
    found = disturbed(tmp_path, sources("ff", tmp_path, ONE_VOTER), TRIALS, seed=1)
    assert any("voted_a" in name for name in found.silent)


RESET_BENCH = """
`timescale 1ns / 1ps
module bench;
  reg clk = 0, rst_n = 0;
  reg [7:0] written = 8'hA5;
  wire [2:0] reset_n;
  wire [23:0] votes;
  integer turn, resets = 0;
  reset_control dut (.clk_i(clk), .rst_ni(rst_n), .rst_no(reset_n));
  tmr_register #(.WIDTH(8)) held (.clk_i(clk), .rst_ni(reset_n), .d_i(votes | {3{written}}),
    .q_o(votes));
  always #12.5 clk = !clk;
  always @(reset_n) resets = resets + 1;
  task pulse(input real width);
    begin rst_n = 0; #(width) rst_n = 1; end
  endtask
  initial begin
    #100 pulse(100);
    // Released in step, three edges later.
    @(posedge clk) @(posedge clk) #1 $display("early %b", reset_n);
    @(posedge clk) #1 $display("released %b", reset_n);
    @(posedge clk) #1 written = 0;
    resets = 0;
    for (turn = 0; turn < 150; turn = turn + 1) begin
      #(31 + 0.17 * turn) pulse(turn % 3 == 0 ? 0.05 : turn % 3 == 1 ? 0.2 : 0.5);
    end
    #1 $display("resets %0d, held %h", resets, votes);
    #30 pulse(3);
    #0.9 $display("reset %b, held %h", reset_n, votes);
    $finish;
  end
endmodule
"""
INVERTER_NS = 0.011
"""Of 64 that are to take 0.7 ns; more in any library that is at hand."""
NO_FILTER = {"glitch_filter": ("now_i || then_i", "now_i")}
DELAYED = ("assign q_o = !a_i", f"assign #{INVERTER_NS} q_o = !a_i")


@needs_icarus
@pytest.mark.parametrize(
    ("change", "told"),
    [({}, "resets 0, held a5a5a5"), (NO_FILTER, "held 000000\nreset")],
    ids=["as it is", "without its filter"],
)
def test_a_pulse_on_reset_that_is_too_short_is_none(
    tmp_path: Path, change: dict[str, tuple[str, str]], told: str
) -> None:
    files = sources("ff", tmp_path, {"delay_inverter": DELAYED} | change)
    answer = simulated(tmp_path, files, RESET_BENCH)
    assert answer.startswith("early 000\nreleased 111\nresets ")
    assert told in answer
    assert answer.endswith("reset 000, held 000000\n")
