"""The bench of two weight sets: registers and banks together, clock by clock against a model.

Words of 16 bits pass two ranks; between them they are encoded with the image and the keep mask of
the active set. The bus writes at random while they stream, single copies are upset, and each word
that leaves must be that of one set whole: the one that was active while it was encoded.
"""

import functools
import random
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from asicae.campaigns.icarus import said_by
from asicae.foundation.files import write_text

BITS, BYTES, KEEP_BYTES, CLOCKS = 37, 5, 2, 8_000
WORD = 0xFFFF
KEEP, WEIGHTS, CONTROL, STATUS, CRC, EXPECTED, ACTIVE, ACCESS = (
    *(0x0549, 0x0600, 0x8008, 0x8009, 0x800C, 0x8010),
    *(0x8014, 0x8015),
)
ENABLE, CRC_START, REQUIRED = 1, 2, 4
BUSY, DONE, MATCH = 2, 4, 8
BANKS = {"ff": "weight_bank", "gated": "gated_weight_bank"}
PLACES = ("u_sets", "g_keep[1].u_keep", "g_keep[2].u_keep")
"""Registers of which copies are upset: both set numbers, a byte of either keep mask."""

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


@dataclass
class Model:
    """What registers, banks and ranks hold."""

    images: list[bytearray] = field(default_factory=lambda: [bytearray(BYTES), bytearray(BYTES)])
    keeps: list[bytearray] = field(default_factory=lambda: [bytearray(b"\xff\xff") for _ in "01"])
    active: int = 0
    access: int = 0
    enable: bool = False
    required: bool = False
    left: int = 0
    done: bool = False
    expected: bytearray = field(default_factory=lambda: bytearray(4))
    first: int | None = None
    second: int | None = None

    @property
    def crc(self) -> int:
        """Of the accessed image."""
        return zlib.crc32(self.images[self.access])

    @property
    def match(self) -> bool:
        """What STATUS says of it."""
        return self.done and self.crc == int.from_bytes(self.expected, "little")

    def encoded(self, event: int) -> int:
        """An event with the active set."""
        image, keep = self.images[self.active], self.keeps[self.active]
        words = (image[:2], image[2:4], image[4:])
        for word in words:
            event ^= int.from_bytes(word, "little")
        return event & int.from_bytes(keep, "little")

    def read(self, address: int) -> int | None:
        """What a byte reads; None where it means nothing."""
        if address in range(WEIGHTS, WEIGHTS + BYTES):
            return self.images[self.access][address - WEIGHTS]
        if address in range(KEEP, KEEP + KEEP_BYTES):
            return self.keeps[self.access][address - KEEP]
        if address in range(CRC, CRC + 4):
            return self.crc.to_bytes(4, "little")[address - CRC] if self.done else None
        status = self.enable | BUSY * (self.left > 0) | DONE * self.done | MATCH * self.match
        known = {
            ACTIVE: self.active,
            ACCESS: self.access,
            CONTROL: self.enable | REQUIRED * self.required,
            STATUS: status,
        }
        return known.get(address)

    def step(self, write: bool, read: bool, address: int, data: int, event: int | None) -> None:
        """One clock: ranks first, which see what is stored before the edge, then the bus."""
        passed = None if self.first is None or not self.enable else self.encoded(self.first)
        self.second, self.first = passed, event if self.enable else None
        matched = self.match
        if self.left and not read:
            self.left -= 1
            self.done = self.left == 0
        if write:
            self._write(address, data, matched)

    def _write(self, address: int, data: int, matched: bool) -> None:
        if address in range(WEIGHTS, WEIGHTS + BYTES):
            place = address - WEIGHTS
            self.images[self.access][place] = data & (0x1F if place == BYTES - 1 else 0xFF)
            self.left, self.done = 0, False
            self.enable = self.enable and self.access != self.active
        elif address in range(KEEP, KEEP + KEEP_BYTES):
            self.keeps[self.access][address - KEEP] = data
        elif address in range(EXPECTED, EXPECTED + 4):
            self.expected[address - EXPECTED] = data
        elif address == CONTROL:
            self.required = bool(data & REQUIRED)
            checked = matched and self.access == self.active
            self.enable = bool(data & ENABLE) and (self.enable or not self.required or checked)
            if data & CRC_START:
                self.left, self.done = BYTES, False
        elif address == ACTIVE and (not self.required or (matched and data & 1 == self.access)):
            self.active = data & 1
        elif address == ACCESS and data & 1 != self.access:
            self.access, self.left, self.done = data & 1, 0, False


@dataclass(frozen=True)
class Row:
    """A clock of the bench: what enters, and what must be seen before its edge."""

    reset: bool
    write: bool
    read: bool
    address: int
    data: int
    event: int | None
    flip: int

    def packed(self, model: Model, tell: bool) -> int:
        """As the bench takes it apart."""
        # A running CRC has the read port of the bank unless the bus takes it.
        held = self.write or (model.left > 0 and not self.read)
        seen = None if held else model.read(self.address)
        low = (not self.reset) | self.write << 1 | self.read << 2 | (self.event is not None) << 3
        low |= (seen is not None) << 4 | self.address << 8 | self.data << 24
        low |= (self.event or 0) << 32 | (model.second or 0) << 48 | (seen or 0) << 64
        valid = model.second is not None
        return low | valid << 72 | model.active << 73 | tell << 74 | self.flip << 80


def writes(generator: random.Random, model: Model) -> list[tuple[int, int]]:
    """What the host writes next: addresses and bytes, one after the other."""
    kept = ENABLE * (generator.random() < 0.8) | REQUIRED * (generator.random() < 0.5)
    wrong = generator.random() < 0.2
    crc, beside = (
        list(enumerate((zlib.crc32(image) ^ wrong).to_bytes(4, "little"), EXPECTED))
        for image in (model.images[model.access], model.images[1 - model.active])
    )
    byte = generator.randrange(256)
    start = (CONTROL, kept | CRC_START)
    return generator.choice(
        [
            [(WEIGHTS + generator.randrange(BYTES), byte)],
            [(KEEP + generator.randrange(KEEP_BYTES), byte)],
            [(ACTIVE, byte)],
            [(ACTIVE, model.access)],
            [(ACCESS, byte)],
            [(ACCESS, 1 - model.active)],
            [(CONTROL, kept)],
            [start],
            [*crc, start],
            # The second time only takes the clocks that the CRC does.
            [(ACCESS, 1 - model.active), start, *beside, *beside, (ACTIVE, 1 - model.active)],
        ]
    )


@functools.cache
def vectors() -> tuple[list[int], dict[str, int]]:
    """Rows of the bench, and how often each thing happened that the bench is about."""
    generator, model, rows = random.Random(5), Model(), []  # noqa: S311
    counts = dict.fromkeys(("switched", "refused", "demanded", "kept", "cleared", "upset"), 0)
    pending: list[tuple[int, int]] = []
    pause, tell = 6, False
    for clock in range(CLOCKS):
        if not pending and pause == 0:
            pending = writes(generator, model)
        write = bool(pending) and pause == 0
        address, data = (
            pending.pop(0) if write else (generator.choice(READ), generator.randrange(256))
        )
        pause = generator.choice((0, 0, 1, 8)) if write else max(0, pause - 1)
        read = not write and generator.random() < 0.1
        event = generator.randrange(WORD + 1) if generator.random() < 0.7 else None
        flip = generator.randrange(1, FLIPS + 1) if clock > 8 and generator.random() < 0.1 else 0
        row = Row(clock < 3, write, read, address, data, event, flip)
        rows.append(row.packed(model, tell))
        tell = flip != 0
        counts["upset"] += tell
        if row.reset:
            continue
        before, matched = (model.active, model.enable), model.match
        model.step(write, read, address, data, event)
        after = model.active, model.enable
        streams = before[1] and after[1] and model.second is not None
        moved = write and address == ACTIVE and before[0] != data & 1
        counts["switched"] += streams and moved and before[0] != after[0]
        counts["demanded"] += moved and model.required and after[0] != before[0] and matched
        counts["refused"] += moved and after[0] == before[0]
        stored = write and address in range(WEIGHTS, WEIGHTS + BYTES)
        counts["kept"] += stored and before[1] and after[1]
        counts["cleared"] += stored and before[1] and not after[1]
    return rows, counts


READ = (
    *(*range(WEIGHTS, WEIGHTS + BYTES), KEEP, KEEP + 1, CONTROL, STATUS, ACTIVE, ACCESS),
    *range(CRC, CRC + 4),
)
COPIES = [(place, copy) for place in PLACES for copy in "abc"]
FLIPS = 2 * len(COPIES)


def _flip_text() -> str:
    text = ""
    for index in range(FLIPS):
        place, copy = COPIES[index // 2]
        state = f"u_registers.{place}.u_copy_{copy}.state_q"
        text += f"      {index + 1}: {state} = {state} ^ {1 + index % 2};\n"
    return text


SETS_FILES: Final = (
    *("tmr_copy.v", "voter.v", "tmr_register.v", "tmr_gated_register.v", "pipeline_rank.v"),
    *("crc32.v", "register_file_logic.v", "double/register_sets_logic.v"),
    *("double/register_sets.v", "clock_gate.v", "double/weight_select.v", "byte_merge.v"),
    *("weight_bank.v", "tmr_gated_word.v", "gated_weight_bank.v"),
)
"""Of ``rtl/``."""


def sets_bench(rtl: Path, work: Path, bank: str) -> str:
    """What the bench has against two of a row of ``BANKS`` in a folder like ``rtl/``.

    Empty is good. ``work`` is where it works; errors as ``said_by``.
    """
    rows, _ = vectors()
    write_text(work / "rows.hex", "".join(f"{row:x}\n" for row in rows))
    names = {"CLOCKS": CLOCKS, "GATES": int(bank != "ff"), "BANK": BANKS[bank]}
    text = BENCH.replace("FLIPS", _flip_text())
    for name, value in names.items():
        text = text.replace(name, str(value))
    bench = write_text(work / "bench.v", text)
    return said_by([bench, *(rtl / file for file in SETS_FILES)], work)
