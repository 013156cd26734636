"""The gated weight bank beside the free-running one: the same at every edge, in two simulators.

Both get the same writes, resets and upsets, in either half of the clock. A race between the gated
clock and the data behind it would show as a difference. The one difference that is meant: reset
clears the gated bank at the next edge, and as long as one more, the other one at once.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.rtl_harness import RTL, verilate

# Two words, the second of five bits; 20,000 clocks.
BENCH = (
    """
`timescale 1ns / 1ps
module bench;
  reg clk = 0, rst_n = 0, write = 0;
  reg [14:0] address = 0, read_address = 0;
  reg [7:0] data = 0;
  wire [36:0] image, image_gated;
  wire [7:0] read, read_gated;
  wire error, error_gated;
  integer clocks, upsets, writes;
  reg [31:0] dice;
  reg cleared, began;
  weight_bank #(.BITS(37)) free (
    .clk_i(clk), .rst_ni({3{rst_n}}), .write_i({3{write}}), .write_byte_i({3{address}}),
    .write_data_i({3{data}}),
    .read_byte_i(read_address), .read_data_o(read), .image_o(image), .error_o(error));
  gated_weight_bank #(.BITS(37), .VOTERS(`VOTERS)) gated (
    .clk_i(clk), .rst_ni({3{rst_n}}), .write_i({3{write}}), .write_byte_i({3{address}}),
    .write_data_i({3{data}}),
    .read_byte_i(read_address), .read_data_o(read_gated), .image_o(image_gated),
    .error_o(error_gated));
  task compare(input integer what);
    if (cleared && (image !== image_gated || error !== error_gated || read !== read_gated)) begin
      $display("FAILED %0d at %0d: %h %b %h, gated %h %b %h", what, clocks, image, error, read,
               image_gated, error_gated, read_gated);
      $fatal;
    end
  endtask
  task flip(input [31:0] which);
    begin
      upsets = upsets + 1;
      case (which[11:8] % 6)
        0: flip_0a(32'd1 << which[4:0]);
        1: flip_0b(32'd1 << which[4:0]);
        2: flip_0c(32'd1 << which[4:0]);
        3: flip_1a(5'd1 << which[4:0] % 5);
        4: flip_1b(5'd1 << which[4:0] % 5);
        default: flip_1c(5'd1 << which[4:0] % 5);
      endcase
      #1 compare(1);
    end
  endtask
"""
    + "".join(
        f"""
  task flip_{word}{copy}(input [{width - 1}:0] mask);
    begin
      free.g_word[{word}].u_word.u_copy_{copy}.state_q =
        free.g_word[{word}].u_word.u_copy_{copy}.state_q ^ mask;
      gated.g_word[{word}].u_word.g_copy_{copy}.state_q =
        gated.g_word[{word}].u_word.g_copy_{copy}.state_q ^ mask;
    end
  endtask
"""
        for word, width in ((0, 32), (1, 5))
        for copy in "abc"
    )
    + """
  initial begin
    upsets = 0;
    writes = 0;
    cleared = 0;
    began = 0;
    for (clocks = 0; clocks < 20000; clocks = clocks + 1) begin
      dice = $random;
      rst_n = clocks != 0 && dice[9:0] != 0;
      cleared = rst_n;
      write = dice[12:10] == 0 && began;
      began = rst_n;
      address = dice[15:13];
      read_address = dice[18:16] % 5;
      data = dice[31:24];
      writes = writes + write;
      #2 compare(2);
      if (dice[21:19] == 0) flip($random);
      #2 clk = 1;
      #1 cleared = 1;
      compare(3);
      if (dice[23:22] == 0) flip($random);
      #2 compare(4);
      clk = 0;
      #1 compare(5);
    end
    if (upsets < 5000 || writes < 2000) $fatal;
    $display("PASSED %0d upsets", upsets);
    $finish;
  end
endmodule
"""
)
FILES = (
    *("tmr_copy", "voter", "tmr_register", "byte_merge", "weight_bank"),
    *("clock_gate", "tmr_gated_word", "gated_weight_bank"),
)
FLAGS = "-O0 -std=gnu++20 -fcoroutines"  # the wheel leaves out what g++ needs for coroutines


def _verilated(folder: Path, bench: str, rtl: Path) -> str:
    executable = verilate(folder, bench, "--binary", "--timing", "-CFLAGS", FLAGS, rtl=rtl)
    done = subprocess.run([str(executable)], capture_output=True, text=True, check=False)
    return done.stdout


def _icarus(folder: Path, bench: str, rtl: Path) -> str:
    if shutil.which("iverilog") is None:
        pytest.skip("apt-get install iverilog")
    (folder / "bench.v").write_text(bench)
    files = [str(rtl / f"{name}.v") for name in FILES]
    command = ["iverilog", "-g2005", "-o", str(folder / "bench"), str(folder / "bench.v"), *files]
    subprocess.run(command, check=True)
    done = subprocess.run([str(folder / "bench")], capture_output=True, text=True, check=False)
    return done.stdout


Simulator = Callable[[Path, str, Path], str]
SIMULATORS = pytest.mark.parametrize("simulated", [_verilated, _icarus])


@pytest.mark.build
@SIMULATORS
@pytest.mark.parametrize("voters", [1, 3])
def test_gated_and_free_banks_are_the_same(
    simulated: Simulator, voters: int, tmp_path: Path
) -> None:
    assert "PASSED" in simulated(tmp_path, BENCH.replace("`VOTERS", str(voters)), RTL)


MUTATIONS = {
    "no healing at rest": ("gated_weight_bank", "write_i | {3{image_error}};", "write_i;"),
    "the clock runs late": ("clock_gate", "if (!clk_i)", "if (clk_i)"),
    "no clear": ("tmr_gated_word", "voted_a, clear_i[0]", "voted_a, 1'b0"),
    "a voter outside the loop": ("tmr_gated_word", "loaded(voted_a", "loaded(copy_a"),
    "nothing is written": ("gated_weight_bank", " | write_i", ""),
}


@pytest.mark.build
@pytest.mark.parametrize("name", MUTATIONS)
def test_what_a_gated_bank_does_otherwise_is_seen(name: str, tmp_path: Path) -> None:
    module, old, new = MUTATIONS[name]
    rtl = tmp_path / "rtl"
    rtl.mkdir()
    for file in FILES:
        text = (RTL / f"{file}.v").read_text()
        assert file != module or old in text
        (rtl / f"{file}.v").write_text(text.replace(old, new) if file == module else text)
    answer = _icarus(tmp_path, BENCH.replace("`VOTERS", "1"), rtl)
    assert "FAILED" in answer
    assert "PASSED" not in answer


# Bytes written, then each vote of clear wrong from before an edge until behind the next.
CLEARING = """
`timescale 1ns / 1ps
module bench;
  reg clk = 0, write = 0;
  reg [2:0] rst_n = 0;
  reg [14:0] address = 0;
  wire [36:0] image;
  integer wrong = 0;
  gated_weight_bank #(.BITS(37), .VOTERS(`VOTERS)) dut (
    .clk_i(clk), .rst_ni(rst_n), .write_i({3{write}}), .write_byte_i({3{address}}),
    .write_data_i({3{8'hA5}}), .read_byte_i(15'd0), .image_o(image));
  always #5 clk = !clk;
  task check(input [36:0] wanted);
    #1 if (image !== wanted) wrong = wrong + 1;
  endtask
  initial begin
    repeat (3) @(negedge clk);
    rst_n = 3'b111;
    repeat (3) @(negedge clk);
    check(37'd0);
    for (address = 0; address < 5; address = address + 1) begin
      write = 1;
      @(negedge clk);
    end
    write = 0;
    check(37'h05A5A5A5A5);
    force dut.u_clear.voted_a = 1'b1;
    repeat (2) @(negedge clk);
    release dut.u_clear.voted_a;
    repeat (3) @(negedge clk) check(37'h05A5A5A5A5);
    force dut.u_clear.voted_b = 1'b1;
    repeat (2) @(negedge clk);
    release dut.u_clear.voted_b;
    repeat (3) @(negedge clk) check(37'h05A5A5A5A5);
    force dut.u_clear.voted_c = 1'b1;
    repeat (2) @(negedge clk);
    release dut.u_clear.voted_c;
    repeat (3) @(negedge clk) check(37'h05A5A5A5A5);
    $display("wrong %0d", wrong);
    $finish;
  end
endmodule
"""


def test_no_vote_alone_clears_the_image(tmp_path: Path) -> None:
    """With one voter a bit what clears it clears all copies, whatever they say."""
    answers = {}
    for name, clearing in (("two", "clear[0] && clear[1]"), ("one", "clear[0]")):
        rtl = tmp_path / name
        rtl.mkdir()
        for file in FILES:
            text = (RTL / f"{file}.v").read_text()
            (rtl / f"{file}.v").write_text(text.replace("clear[0] && clear[1]", clearing))
        answers[name] = _icarus(rtl, CLEARING.replace("`VOTERS", "1"), rtl).strip()
    assert answers["two"] == "wrong 0"
    assert answers["one"] not in ("wrong 0", "")
