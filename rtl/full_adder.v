// SPDX-License-Identifier: Apache-2.0
//
// Three bits of one weight to one of that weight and one of the next, WIDTH times side by side: the
// cell that adder trees are made of. A module of its own, so that synthesis can put a compound cell
// of the library there.

module full_adder #(
    parameter integer WIDTH = 1
) (
    input  wire [WIDTH-1:0] a_i,
    input  wire [WIDTH-1:0] b_i,
    input  wire [WIDTH-1:0] c_i,
    output wire [WIDTH-1:0] sum_o,
    output wire [WIDTH-1:0] carry_o
);

  assign sum_o   = a_i ^ b_i ^ c_i;
  assign carry_o = (a_i & b_i) | (c_i & (a_i | b_i));

endmodule
