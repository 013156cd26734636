"""The registers behind gated clocks beside the free-running ones: the same at every edge.

Both get the same bus, reports of other blocks, resets, and upsets of single copies in either half
of the clock; whatever leaves them must be equal then, what they store as well.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.rtl_harness import RTL

PORTS = """
    .clk_i(clk), .rst_ni({3{rst_n}}), .address_i({3{address}}), .write_i({3{write}}),
    .write_data_i({3{data}}), .read_i({3{read}}), .bank_read_data_i(weights), .errors_i(errors),
"""
OUTPUTS = {
    "read_data": 24,
    "readable": 3,
    "writable": 3,
    "bank_write": 3,
    "bank_write_byte": 45,
    "bank_read_byte": 15,
    "enable": 3,
    "keep": 16,
}
SIZES = "#(.KEEP_BITS(16), .WEIGHT_BYTES(5))"
PLACES = (("u_state", 96), ("u_report", 6), ("g_keep[0].u_keep", 8), ("g_keep[1].u_keep", 8))


def _instance(module: str, name: str) -> str:
    outputs = ", ".join(f".{port}_o({name}_{port})" for port in OUTPUTS)
    wires = "".join(f"  wire [{bits - 1}:0] {name}_{port};\n" for port, bits in OUTPUTS.items())
    return (
        f"{wires}  wire {name}_tmr;\n"
        f"  {module} {SIZES} {name} ({PORTS}    {outputs}, .tmr_error_o({name}_tmr));\n"
    )


def _all(name: str) -> str:
    ports = ", ".join(f"{name}_{port}" for port in OUTPUTS)
    copies = [f"{name}.{place}.u_copy_{copy}.state_q" for place, _ in PLACES for copy in "abc"]
    return f"{{{ports}, {name}_tmr, {', '.join(copies)}}}"


def _flips() -> str:
    turns = []
    for place, bits in PLACES:
        for copy in "abc":
            state = f"{place}.u_copy_{copy}.state_q"
            flipped = "".join(
                f" {name}.{state} = {name}.{state} ^ ({bits}'d1 << which[14:8] % {bits});"
                for name in ("free", "gated")
            )
            turns.append(f"        {len(turns)}: begin{flipped} end\n")
    return f"      case (which[7:0] % {len(turns)})\n{''.join(turns)}      endcase\n"


# Addresses: KEEP, weights, TMR_ERRORS, CONTROL to TMR_SOURCES, CRC, EXPECTED_CRC, and none.
BENCH = f"""
`timescale 1ns / 1ps
module bench;
  reg clk = 0, rst_n = 0, write = 0, read = 0;
  reg [15:0] address = 0;
  reg [7:0] data = 0, weights = 0;
  reg [3:0] errors = 0;
  integer clocks, upsets = 0, busy = 0, enabled = 0, rested = 0;
  reg [31:0] dice;
{_instance("register_file", "free")}{_instance("gated_register_file", "gated")}
  wire [1023:0] free_all = {_all("free")};
  wire [1023:0] gated_all = {_all("gated")};
  task compare(input integer what);
    if (free_all !== gated_all) begin
      $display("FAILED %0d at %0d: %h, gated %h", what, clocks, free_all, gated_all);
      $fatal;
    end
  endtask
  task flip(input [31:0] which);
    begin
      upsets = upsets + 1;
{_flips()}      #1 compare(1);
    end
  endtask
  initial begin
    for (clocks = 0; clocks < 8000; clocks = clocks + 1) begin
      dice = $random;
      rst_n = clocks != 0 && dice[11:0] != 0;
      write = dice[13:12] == 0;
      read = dice[15:14] == 0 && !write;
      errors = dice[18:16] == 0 ? dice[22:19] : 4'd0;
      dice = $random;
      case (dice[3:0])
        0, 1: address = 16'h0549 + dice[4];
        2: address = 16'h0600 + dice[6:4] % 5;
        3: address = 16'h0C48;
        4, 5: address = 16'h800C + dice[5:4];
        6, 7: address = 16'h8010 + dice[5:4];
        8: address = dice[31:16];
        default: address = 16'h8008 + dice[5:4];
      endcase
      data = dice[15:8];
      weights = dice[23:16];
      #2 compare(2);
      if (dice[26:24] == 0) flip($random);
      #2 clk = 1;
      #1 compare(3);
      busy = busy + free.state_q[80];
      enabled = enabled + free_enable[0];
      rested = rested + (gated.run === 3'b000);
      if (dice[29:27] == 0) flip($random);
      #2 compare(4);
      clk = 0;
      #1 compare(5);
    end
    if (upsets < 1500 || busy < 300 || enabled < 300 || rested < 300) $fatal;
    $display("PASSED %0d upsets", upsets);
    $finish;
  end
endmodule
"""
FREE = ("tmr_copy", "voter", "tmr_register", "crc32", "register_file_logic", "register_file")
GATED = "gated/register_file"
FILES = (*FREE, "clock_gate", "tmr_gated_register", GATED)
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="apt-get install iverilog"
)


def answer(folder: Path, change: tuple[str, str] = ("", "")) -> str:
    """What the bench says with ``change`` in the gated registers."""
    text = BENCH
    for name in FILES:
        module = (RTL / f"{name}.v").read_text(encoding="utf-8")
        if name == GATED:
            assert change[0] in module
            module = module.replace("module register_file", "module gated_register_file")
            module = module.replace(*change) if change[0] else module
        text += module
    source, program = folder / "bench.v", folder / "bench"
    source.write_text(text, encoding="utf-8")
    subprocess.run(["iverilog", "-g2005", "-o", str(program), str(source)], check=True)
    return subprocess.run([str(program)], capture_output=True, text=True, check=False).stdout


@needs_icarus
def test_gated_and_free_registers_are_the_same(tmp_path: Path) -> None:
    assert "PASSED" in answer(tmp_path)


@needs_icarus
@pytest.mark.parametrize(
    "change",
    [
        ("write_i[copy] || state", "state"),
        ("state_q[STATE*copy+BUSY] ||", ""),
        ("(|report_q[REPORT*copy+:REPORT]) ||", ""),
        ("|| upset ||", "||"),
        ("state_error || (|keep_error)", "state_error"),
        ("state_error || (|keep_error)", "(|keep_error)"),
    ],
    ids=["write", "CRC", "count", "upset", "upset of KEEP", "upset of the others"],
)
def test_a_clock_that_stands_still_when_it_should_not_is_seen(
    change: tuple[str, str], tmp_path: Path
) -> None:
    found = answer(tmp_path, change)
    assert "FAILED" in found
    assert "PASSED" not in found
