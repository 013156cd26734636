// SPDX-License-Identifier: Apache-2.0
//
// The exact sum of products and one more number, all in unlimited width.

module products_sum #(
    parameter integer INPUTS = 2,
    parameter integer INPUT_WIDTH = 3,
    parameter integer INPUT_SIGNED = 0,
    parameter integer WEIGHT_WIDTH = 3,
    parameter integer WEIGHT_SIGNED = 1,
    parameter integer ADDEND_WIDTH = 8,
    parameter integer ADDEND_SIGNED = 1,
    parameter integer WIDE = 16
) (
    input  wire [ INPUTS*INPUT_WIDTH-1:0] data_i,
    input  wire [INPUTS*WEIGHT_WIDTH-1:0] weight_i,
    input  wire [       ADDEND_WIDTH-1:0] addend_i,
    output reg  [               WIDE-1:0] products_o,
    output reg  [               WIDE-1:0] addend_o
);

  reg [WIDE-1:0] factor;
  reg [WIDE-1:0] weight;
  integer tap;

  always @* begin
    products_o = 0;
    for (tap = 0; tap < INPUTS; tap = tap + 1) begin
      factor = data_i[INPUT_WIDTH*tap+:INPUT_WIDTH];
      if (INPUT_SIGNED != 0 && factor[INPUT_WIDTH-1]) factor = factor - (1 << INPUT_WIDTH);
      weight = weight_i[WEIGHT_WIDTH*tap+:WEIGHT_WIDTH];
      if (WEIGHT_SIGNED != 0 && weight[WEIGHT_WIDTH-1]) weight = weight - (1 << WEIGHT_WIDTH);
      products_o = products_o + factor * weight;
    end
    addend_o = addend_i;
    if (ADDEND_SIGNED != 0 && addend_i[ADDEND_WIDTH-1]) addend_o = addend_o - (1 << ADDEND_WIDTH);
  end

endmodule
