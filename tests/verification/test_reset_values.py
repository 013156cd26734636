"""Simulated with unknown values, the chip's control knows all that it holds once reset is over.

Latches of weights begin with drawn values instead: until they are cleared their copies are
compared, and unknown is other than itself to a simulator, which no level in a chip is.
"""

import shutil
from pathlib import Path

import pytest

from tests.support.control_chip import BANKS, CLOCKS, simulated, sources

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="apt-get install iverilog"
)
BENCH = """
`timescale 1ns / 1ps
module bench;
  reg clk = 0, rst_n = 1'bx, scl = 1'bx, sda = 1'bx, valid = 1'bx;
  reg [3:0] data = 4'bx;
  wire sda_oe, valid_o, tmr_error;
  wire [3:0] data_o;
  control dut (.clk_i(clk), .rst_ni(rst_n), .scl_i(scl), .sda_i(sda), .sda_oe_o(sda_oe),
    .valid_i(valid), .data_i(data), .data_o(data_o), .valid_o(valid_o), .tmr_error_o(tmr_error));
  always #12.5 clk = !clk;
  wire [8:0] pins = {sda_oe, valid_o, data_o, tmr_error, dut.enable[0], dut.bus_write[0]};
  wire known = ^{dut.reset_n, dut.u_i2c_target.state_q, dut.u_i2c_target.sync_q,
    dut.u_register_file.state_q, dut.u_register_file.keep_q, dut.weights, dut.first, dut.second,
    dut.u_rank1.data_q, dut.u_rank2.data_q, pins} !== 1'bx;
  initial begin
POWER_UP
    #200 rst_n = 0;
    #1 $display("in reset %b", ^{sda_oe, valid_o, data_o} !== 1'bx);
    // Lines and events have levels from reset on; the charges of no event need not.
    scl = 1; sda = 1; valid = 0;
    #199 rst_n = 1;
    #(25 * CLOCKS) $display("known %b, weights %h, pins %b", known, dut.weights, pins);
    $finish;
  end
endmodule
"""
UNKNOWN = {"tmr_copy": ("state_q <= RESET;", "state_q <= state_q;")}
KNOWN = "in reset 1\nknown 1, weights 0000000000, pins 000000000"


LATCHES = "\n".join(
    f"    dut.u_weight_bank.g_byte[{index}].u_byte.g_copy_{copy}.state_q = $random;"
    for index in range(5)
    for copy in "abc"
)


def answer(bank: str, folder: Path, change: dict[str, tuple[str, str]]) -> str:
    bench = BENCH.replace("POWER_UP", LATCHES if bank == "latch" else "")
    clocks = str(40 + CLOCKS.get(bank, 6))
    return simulated(folder, sources(bank, folder, change), bench.replace("CLOCKS", clocks))


@needs_icarus
@pytest.mark.parametrize("bank", BANKS)
def test_nothing_is_unknown_behind_reset(bank: str, tmp_path: Path) -> None:
    assert answer(bank, tmp_path, {}).strip() == KNOWN


@needs_icarus
def test_a_register_that_reset_leaves_alone_is_found(tmp_path: Path) -> None:
    assert "known 0" in answer("ff", tmp_path, UNKNOWN)
