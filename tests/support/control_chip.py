"""The chip's control alone, twice in step, for Icarus: one of the two is disturbed, net by net.

``control`` has all blocks of slow control, a weight bank of five bytes and two register ranks of
four bits, joined as the top joins them. A host that does not listen writes and reads at both; a bit
of the first is inverted for one clock, from any moment of it on, and six clocks later what both
have stored must be equal again: so long the last samples of a line are kept.

What has several bits is forced as a whole, the others to what the twin has, and again after every
edge: released bit by bit, Icarus 11 leaves them unknown to some of those that read them.

Left out are the pins and the clock; what the twin drives is on the line of both. What stays single
inside is held to less: the read port of the bank may spoil the byte that is read, which ends in the
shift register of the I2C target and in the CRC, and nothing else.
"""

import random
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asicae.chip.triplication import LATCH_CLOCKS
from asicae.foundation.assets import asset_folder

BANKS = {
    "ff": "weight_bank #(.BITS(37))",
    "gated": "gated_weight_bank #(.BITS(37))",
    "latch": "latch_weight_bank #(.BITS(37), .PACE(3))",
}
TWO_SETS = "two sets"
"""Of weights, in gated banks."""
BANKS[TWO_SETS] = BANKS["gated"]
FOLDERS = {"latch": ("gated", "latch"), TWO_SETS: ("gated", "double")}
"""Of ``rtl/``, with files that a bank brings in, where it is not the one of its name."""
CLOCKS = {"latch": (5 << 3) + LATCH_CLOCKS}
"""Until what was spoiled is corrected, where that is not six."""
CONTROL = """
module control (
    input clk_i, input rst_ni, input scl_i, input sda_i, output sda_oe_o, input valid_i,
    input [3:0] data_i, output [3:0] data_o, output valid_o, output tmr_error_o
);
  wire [2:0] reset_n, bus_write, bus_read, bus_readable, bus_writable, bank_write, enable;
  wire [2:0] first, second;
  wire [47:0] bus_address;
  wire [23:0] bus_write_data, bus_read_data;
  wire [44:0] bank_write_byte;
  wire [14:0] bank_read_byte;
  wire [7:0] bank_read_data;
  wire [15:0] keep;
  wire [39:0] weights;
  wire [3:0] data, errors;
  wire first_error, second_error;
  assign errors[3] = first_error || second_error;
  assign valid_o = second[0];
  reset_control #(.STAGES(4)) u_reset_control (
    .clk_i(clk_i), .rst_ni(rst_ni), .rst_no(reset_n), .error_o(errors[0]));
  i2c_target u_i2c_target (
    .clk_i(clk_i), .rst_ni(reset_n), .scl_i(scl_i), .sda_i(sda_i), .sda_oe_o(sda_oe_o),
    .address_o(bus_address), .write_o(bus_write), .write_data_o(bus_write_data),
    .read_o(bus_read), .read_data_i(bus_read_data), .readable_i(bus_readable),
    .writable_i(bus_writable), .error_o(errors[1]));
  register_file #(.KEEP_BITS(16), .WEIGHT_BYTES(5)) u_register_file (
    .clk_i(clk_i), .rst_ni(reset_n), .address_i(bus_address), .write_i(bus_write),
    .write_data_i(bus_write_data), .read_i(bus_read), .read_data_o(bus_read_data),
    .readable_o(bus_readable), .writable_o(bus_writable), .bank_write_o(bank_write),
    .bank_write_byte_o(bank_write_byte), .bank_read_byte_o(bank_read_byte),
    .bank_read_data_i(bank_read_data), .enable_o(enable), .keep_o(keep), .errors_i(errors),
    .tmr_error_o(tmr_error_o));
  BANK u_weight_bank (
    .clk_i(clk_i), .rst_ni(reset_n), .write_i(bank_write), .write_byte_i(bank_write_byte),
    .write_data_i(bus_write_data), .read_byte_i(bank_read_byte), .read_data_o(bank_read_data),
    .image_o(weights), .error_o(errors[2]));
  pipeline_rank #(.WIDTH(4)) u_rank1 (
    .clk_i(clk_i), .rst_ni(reset_n), .enable_i(enable), .valid_i({3{valid_i}}), .data_i(data_i),
    .valid_o(first), .data_o(data), .error_o(first_error));
  pipeline_rank #(.WIDTH(4), .CLEAR(1)) u_rank2 (
    .clk_i(clk_i), .rst_ni(reset_n), .enable_i(enable), .valid_i(first), .data_i(data_i),
    .valid_o(second), .data_o(data_o), .error_o(second_error));
endmodule
"""
IN_TWO_SETS = {
    "register_file #(": "register_sets #(",
    "bank_write, enable;": "enable;\n  wire [5:0] bank_write;\n  wire active;",
    "wire [39:0] weights;": "wire [36:0] weights, weights_0, weights_1; wire [1:0] bank_errors;",
    "wire [7:0] bank_read_data;": "wire [15:0] bank_read_data;",
    ".keep_o(keep)": ".active_o(active), .keep_o(keep)",
}
"""What the text of the control chip has otherwise then, beside its bank."""
SECOND = """
  BANK u_weight_bank_1 (
    .clk_i(clk_i), .rst_ni(reset_n), .write_i(bank_write[5:3]), .write_byte_i(bank_write_byte),
    .write_data_i(bus_write_data), .read_byte_i(bank_read_byte),
    .read_data_o(bank_read_data[15:8]), .image_o(weights_1), .error_o(bank_errors[1]));
  weight_select #(.BITS(37)) u_weight_select (.active_i(active), .image_0_i(weights_0),
    .image_1_i(weights_1), .image_o(weights));
  assign errors[2] = |bank_errors;
endmodule
"""
FIRST = {
    ".write_i(bank_write), .write_byte": ".write_i(bank_write[2:0]), .write_byte",
    ".read_data_o(bank_read_data)": ".read_data_o(bank_read_data[7:0])",
    ".image_o(weights), .error_o(errors[2])": ".image_o(weights_0), .error_o(bank_errors[0])",
}
TRAFFIC = {
    "3: point(16'h8010);": "3: point(turn[12] ? 16'h8014 + turn[13] : 16'h8010);",
    "dut.weights !== good.weights ||": (
        "dut.weights_0 !== good.weights_0 || dut.weights_1 !== good.weights_1 ||"
        " dut.u_register_file.sets_q !== good.u_register_file.sets_q ||"
    ),
}
"""Of the host then, and what is compared."""
BENCH = """
`timescale 1ns / 1ps
module bench;
  reg clk = 0, rst_n = 0, scl = 1, sda = 1, valid = 0;
  reg [3:0] data = 0;
  wire oe_good;
  integer trial, place, count, bad, writes;
  real phase;
  reg [31:0] dice;
  reg lax, differs;
  control dut (.clk_i(clk), .rst_ni(rst_n), .scl_i(scl), .sda_i(sda & ~oe_good),
    .valid_i(valid), .data_i(data));
  control good (.clk_i(clk), .rst_ni(rst_n), .scl_i(scl), .sda_i(sda & ~oe_good),
    .sda_oe_o(oe_good), .valid_i(valid), .data_i(data));
  always #12.5 clk = !clk;
  always @(negedge clk) begin
    valid = $random(seed_data);
    data = $random(seed_data);
  end
  always @(posedge clk) if (good.bus_write[0]) writes = writes + 1;
  integer seed_data, seed_host, seed_place;

  task put(input value);
    begin #62.5 sda = value; #62.5 scl = 1; #125 scl = 0; end
  endtask
  task send(input [7:0] value);
    integer k;
    begin
      for (k = 7; k >= 0; k = k - 1) put(value[k]);
      put(1);
    end
  endtask
  task begins; begin sda = 1; #62.5 scl = 1; #200 sda = 0; #200 scl = 0; end endtask
  task ends; begin #62.5 sda = 0; #62.5 scl = 1; #200 sda = 1; #300; end endtask
  task point(input [15:0] address);
    begin begins; send(8'h40); send(address[15:8]); send(address[7:0]); end
  endtask
  integer turn, size;
  initial begin
    seed_data = 1; seed_host = 2; seed_place = 3; writes = 0;
    #2000;
    forever begin
      turn = $random(seed_host);
      case (turn[2:0])
        0: point(16'h0549);
        1, 2: point(16'h0600 + turn[4:3]);
        3: point(16'h8010);
        4: point(16'h1234);
        default: point(16'h8008);
      endcase
      if (turn[5]) begin
        begins;
        send(8'h41);
        send(8'hFF);
      end else begin
        size = turn[7:6];
        // CONTROL: with and without ENABLE, CRC_START and the clear.
        if (turn[2:0] >= 5) send(turn[11:8] | 8'h01);
        else repeat (size) send($random(seed_host));
      end
      ends;
    end
  end

  // All that is stored, three votes each, without the counter and the sources of upsets.
  wire [3*46-1:0] sent = {3{21'd0, 8'hFF, 16'd0, 1'b1}};
  wire [3*96-1:0] told = {3{13'h1FFF, 83'd0}};
  wire [3*96-1:0] crc = {3{64'd0, 32'hFFFFFFFF}};
  wire [3*46-1:0] target = ~(lax ? sent : 138'd0);
  wire [3*96-1:0] file = ~told & ~(lax ? crc : 288'd0);
  always @(posedge clk) #1 differs =
    (dut.u_i2c_target.state_q & target) !== (good.u_i2c_target.state_q & target) ||
    (dut.u_register_file.state_q & file) !== (good.u_register_file.state_q & file) ||
    dut.u_i2c_target.sync_q !== good.u_i2c_target.sync_q ||
    dut.u_register_file.keep_q !== good.u_register_file.keep_q ||
    dut.weights !== good.weights || dut.reset_n !== good.reset_n ||
    dut.first !== good.first || dut.second !== good.second ||
    dut.u_rank1.data_q !== good.u_rank1.data_q || dut.u_rank2.data_q !== good.u_rank2.data_q;

  task press(input integer which);
    case (which)
FORCES
    endcase
  endtask
  task let_go(input integer which);
    case (which)
RELEASES
    endcase
  endtask
  initial begin
    bad = 0;
    lax = 0;
    #300 rst_n = 1;
    #3000;
    for (trial = 0; trial < TRIALS; trial = trial + 1) begin
      dice = $random(seed_place);
      place = trial % PLACES;
      lax = place >= STRICT;
      phase = 0.06 + 0.1 * (dice[15:0] % 249);
      @(negedge clk);
      #(phase) press(place);
      // Everything moves at edges of the clock: two of them lie in a period.
      #((phase < 12.5 ? 12.55 : 25.05) - phase) press(place);
      #12.5 press(place);
      #(phase - (phase < 12.5 ? 0.05 : 12.55)) let_go(place);
      repeat (CLOCKS + dice[18:16]) @(negedge clk);
      if (differs) begin
        bad = bad + 1;
        $display("SILENT %0d", place);
      end
      if (differs || lax) begin
        rst_n = 0;
        #200 rst_n = 1;
        #1500;
      end
    end
    $display("DONE %0d of %0d, %0d writes", bad, TRIALS, writes);
    $finish;
  end
endmodule
"""
_NET = re.compile(r"\$var (\w+)\s+(\d+) \S+ (\S+)(?: \[[^\]]*\])? \$end")
_SCOPE = re.compile(r"\$scope \w+ (\S+) \$end")
_PINS = {f"dut.{pin}" for pin in ("rst_ni", "scl_i", "sda_i", "valid_i", "data_i")}
_PINS |= {"dut.u_reset_control.rst_ni", "dut.u_rank1.data_i", "dut.u_rank2.data_i"}
_PINS |= {"dut.u_rank1.valid_i", "dut.u_i2c_target.scl_i", "dut.u_i2c_target.sda_i"}
_READ_PORT = (
    "dut.u_weight_bank.",
    "dut.u_weight_bank_1.",
    "dut.u_register_file.u_read_byte.",
    "dut.weights",
)


@dataclass(frozen=True)
class Net:
    """One bit of a net or variable of the disturbed chip."""

    path: str
    width: int
    bit: int

    @property
    def reads(self) -> bool:
        """Whether it may belong to the read port of the weight bank."""
        return self.path.startswith(_READ_PORT) or "bank_read_" in self.path


@dataclass(frozen=True)
class Found:
    """Names of the bits whose transient was left in what is stored, trials, and bus writes."""

    silent: tuple[str, ...]
    trials: int
    writes: int


def sources(
    bank: str, folder: Path, changes: dict[str, tuple[str, str]] | None = None
) -> list[Path]:
    """The files of the control chip in ``folder``, some of them changed: name -> (old, new)."""
    files = []
    rtl = asset_folder("rtl")
    folders = (rtl, *(rtl / name for name in FOLDERS.get(bank, (bank,))))
    own = {path.name: path for folder in folders for path in folder.glob("*.v")}
    for path in sorted(own.values(), key=lambda path: path.name):
        text = path.read_text(encoding="utf-8")
        for old, new in [(changes or {}).get(path.stem, ("", ""))]:
            assert old in text
            text = text.replace(old, new) if old else text
        files.append(folder / path.name)
        files[-1].write_text(text, encoding="utf-8")
    top = _in_two_sets(CONTROL) if bank == TWO_SETS else CONTROL
    top = top.replace("BANK u_weight", f"{BANKS[bank]} u_weight")
    files.append(folder / "control.v")
    files[-1].write_text(top.replace("wire [39:0] weights", "wire [36:0] weights"))
    return files


def _in_two_sets(top: str) -> str:
    return changed(changed(top, IN_TWO_SETS), FIRST).replace("endmodule\n", SECOND)


def changed(text: str, otherwise: Mapping[str, str]) -> str:
    """A text with parts of it, each there once, otherwise."""
    for old, new in otherwise.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def disturbed(folder: Path, files: list[Path], trials: int, seed: int, clocks: int = 6) -> Found:
    """Disturb ``trials`` bits, each of a seeded order of all of them in turn, and look after that
    many ``clocks``."""
    names = nets(folder, files)
    random.Random(seed).shuffle(names)  # noqa: S311
    names.sort(key=lambda net: net.reads)
    strict = sum(not net.reads for net in names)
    share = max(1, trials * strict // len(names))
    chosen = names[: min(share, strict)] + names[strict:][: trials - min(share, strict)]
    strict = sum(not net.reads for net in chosen)
    answer = simulated(folder, files, _bench(chosen, strict, clocks))
    done = re.search(r"DONE (\d+) of (\d+), (\d+) writes", answer)
    assert done is not None, answer[-2000:]
    silent = (chosen[int(place)] for place in re.findall(r"SILENT (\d+)", answer))
    labels = tuple(f"{net.path}[{net.bit}]" for net in silent)
    return Found(labels, int(done[2]), int(done[3]))


def nets(folder: Path, files: list[Path]) -> list[Net]:
    """Every bit of every net and variable of the chip that is not a pin or the clock."""
    dump = 'module bench; control dut (); initial begin $dumpfile("all.vcd");\n'
    simulated(folder, files, dump + "$dumpvars(0, dut); #1 $finish; end endmodule\n")
    scope: list[str] = []
    found = []
    for line in (folder / "all.vcd").read_text(encoding="utf-8").splitlines():
        if opened := _SCOPE.match(line):
            scope.append(opened[1])
        elif line.startswith("$upscope"):
            scope.pop()
        elif (var := _NET.match(line)) and var[1] in ("wire", "reg"):
            path = ".".join([*scope[1:], var[3]])
            if "clk" in var[3] or path in _PINS or "unused" in path or "function" in path:
                continue
            if var[1] == "reg" and var[3] not in ("state_q", "enable_q"):
                continue  # it leaves its block as a net, and would stay as it was forced
            width = int(var[2])
            found += [Net(path, width, bit) for bit in range(width)]
    return found


def _bench(chosen: list[Net], strict: int, clocks: int) -> str:
    press, let_go = [], []
    for place, net in enumerate(chosen):
        twin = net.path.replace("dut.", "good.", 1)
        flipped = f"{twin} ^ ({net.width}'d1 << {net.bit})"
        press.append(f"      {place}: force {net.path} = {flipped};")
        let_go.append(f"      {place}: release {net.path};")
    bench = changed(BENCH, TRAFFIC) if any("u_sets" in net.path for net in chosen) else BENCH
    text = bench.replace("FORCES", "\n".join(press)).replace("RELEASES", "\n".join(let_go))
    numbers = {"TRIALS": len(chosen), "PLACES": len(chosen), "STRICT": strict, "CLOCKS": clocks}
    for name, number in numbers.items():
        text = text.replace(name, str(number))
    return text


def simulated(folder: Path, files: list[Path], bench: str) -> str:
    """What Icarus prints of a module ``bench`` among ``files``."""
    (folder / "bench.v").write_text(bench)
    program = folder / "bench.vvp"
    command = ["iverilog", "-g2005", "-s", "bench", "-o", str(program), str(folder / "bench.v")]
    subprocess.run([*command, *map(str, files)], check=True, capture_output=True, text=True)
    done = subprocess.run(["vvp", program], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout
