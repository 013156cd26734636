// SPDX-License-Identifier: Apache-2.0
//
// Which codes get one more bit: the left_i whose first bits are the largest, of equal ones those in
// front. The bits that are left are fewer than the codes; slots without one are 0 and behind them all.

module even_further #(
    parameter integer SLOTS = 18,
    parameter integer BITS = 8,
    parameter integer LEFT_WIDTH = 5
) (
    input  wire [SLOTS*BITS-1:0] first_i,
    input  wire [LEFT_WIDTH-1:0] left_i,
    output wire [     SLOTS-1:0] further_o
);

  first_largest #(
      .WORDS(SLOTS),
      .WIDTH(BITS),
      .COUNT_WIDTH(LEFT_WIDTH)
  ) u_largest (
      .word_i(first_i),
      .able_i({SLOTS{1'b1}}),
      .number_i(left_i),
      .chosen_o(further_o)
  );

endmodule
