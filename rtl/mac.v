// SPDX-License-Identifier: Apache-2.0
//
// Sum of products of a few taps: the leaf that repeats most in the design. A module of its own,
// so that hierarchical synthesis maps each size once.
// Operands are extended to at least the width of the sum before they are multiplied: the result is
// then exact modulo 2^SUM_WIDTH for every mix of signed and unsigned operands. At a machine word,
// compiled simulators need not extend each product again; synthesis drops what the sum lacks.

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

  localparam integer WIDE = (SUM_WIDTH > 32) ? SUM_WIDTH : 32;

  integer tap;
  reg signed [WIDE-1:0] factor;
  reg signed [WIDE-1:0] weight;
  reg signed [WIDE-1:0] total;

  always @* begin
    total = {WIDE{1'b0}};
    for (tap = 0; tap < INPUTS; tap = tap + 1) begin
      factor = {
        {(WIDE - INPUT_WIDTH) {(INPUT_SIGNED != 0) && data_i[tap*INPUT_WIDTH+INPUT_WIDTH-1]}},
        data_i[tap*INPUT_WIDTH+:INPUT_WIDTH]
      };
      weight = {
        {(WIDE - WEIGHT_WIDTH) {
          (WEIGHT_SIGNED != 0) && weight_i[tap*WEIGHT_WIDTH+WEIGHT_WIDTH-1]
        }},
        weight_i[tap*WEIGHT_WIDTH+:WEIGHT_WIDTH]
      };
      total = total + factor * weight;
    end
    sum_o = total[SUM_WIDTH-1:0];
  end

endmodule
