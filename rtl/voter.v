// SPDX-License-Identifier: Apache-2.0
//
// Bit-wise majority of three copies. Bit by bit, so that upsets of different bits in different
// copies are still outvoted. A kept module for the same reason as tmr_copy.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module voter #(
    parameter integer WIDTH = 1
) (
    input  wire [WIDTH-1:0] a_i,
    input  wire [WIDTH-1:0] b_i,
    input  wire [WIDTH-1:0] c_i,
    output wire [WIDTH-1:0] q_o
);

  assign q_o = (a_i & b_i) | (a_i & c_i) | (b_i & c_i);

endmodule
