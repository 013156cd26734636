// SPDX-License-Identifier: Apache-2.0
//
// A word of up to four bytes, with one of them replaced or none: what one copy of a word of the
// weight bank loads. Kept apart: the three of a word differ in what they are told only.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module byte_merge #(
    parameter integer WIDTH = 32
) (
    input  wire             select_i,
    // One bit a byte of a selected word.
    input  wire [      3:0] lane_i,
    input  wire [      7:0] data_i,
    input  wire [WIDTH-1:0] held_i,
    output wire [WIDTH-1:0] merged_o
);

  wire [ 3:0] load;
  wire [31:0] mask;
  wire [31:0] brought;
  wire unused_bits;

  assign load = lane_i & {4{select_i}};
  assign mask = {{8{load[3]}}, {8{load[2]}}, {8{load[1]}}, {8{load[0]}}};
  assign brought = {4{data_i}};
  assign merged_o = (brought[WIDTH-1:0] & mask[WIDTH-1:0]) | (held_i & ~mask[WIDTH-1:0]);
  assign unused_bits = ^{mask, brought};  // of a last word that is shorter

endmodule
