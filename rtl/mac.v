// SPDX-License-Identifier: Apache-2.0
//
// Sum of products of a few taps: the leaf that repeats most in the design. A module of its own,
// so that hierarchical synthesis maps each size once.
// Operands are extended to the width of the sum before they are multiplied: the result is then
// exact modulo 2^SUM_WIDTH for every mix of signed and unsigned operands.

module mac #(
    parameter integer INPUTS = 16,
    parameter integer INPUT_WIDTH = 8,
    parameter integer INPUT_SIGNED = 0,
    parameter integer WEIGHT_WIDTH = 6,
    parameter integer WEIGHT_SIGNED = 1,
    parameter integer SUM_WIDTH = 18
) (
    input  wire [ INPUTS*INPUT_WIDTH-1:0] data_i,
    input  wire [INPUTS*WEIGHT_WIDTH-1:0] weight_i,
    output reg  [          SUM_WIDTH-1:0] sum_o
);

  integer tap;
  reg signed [SUM_WIDTH-1:0] factor;
  reg signed [SUM_WIDTH-1:0] weight;
  reg signed [SUM_WIDTH-1:0] total;

  always @* begin
    total = {SUM_WIDTH{1'b0}};
    for (tap = 0; tap < INPUTS; tap = tap + 1) begin
      factor = {
        {(SUM_WIDTH - INPUT_WIDTH) {(INPUT_SIGNED != 0) && data_i[tap*INPUT_WIDTH+INPUT_WIDTH-1]}},
        data_i[tap*INPUT_WIDTH+:INPUT_WIDTH]
      };
      weight = {
        {(SUM_WIDTH - WEIGHT_WIDTH) {
          (WEIGHT_SIGNED != 0) && weight_i[tap*WEIGHT_WIDTH+WEIGHT_WIDTH-1]
        }},
        weight_i[tap*WEIGHT_WIDTH+:WEIGHT_WIDTH]
      };
      total = total + factor * weight;
    end
    sum_o = total;
  end

endmodule
