// SPDX-License-Identifier: Apache-2.0
//
// The sum of several nodes, fully parallel: at each place one number of each of them. Input index
// is operand * VALUES + value; what LIVE does not declare live is zero. ROUNDING and OVERFLOW as in
// requantise.

module add #(
    parameter integer OPERANDS = 2,
    parameter integer VALUES = 16,
    parameter integer INPUT_WIDTH = 8,
    parameter integer INPUT_SIGNED = 0,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer ACC_WIDTH = 10,
    parameter integer SHIFT = 1,
    parameter integer OUT_WIDTH = 8,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 1,
    parameter [OPERANDS*VALUES-1:0] LIVE = {(OPERANDS * VALUES) {1'b1}}
) (
    input  wire [OPERANDS*VALUES*INPUT_WIDTH-1:0] data_i,
    output wire [           VALUES*OUT_WIDTH-1:0] data_o
);

  // Which operands are live at a place.
  function [OPERANDS-1:0] live_operands;
    input [31:0] place;
    integer operand;
    for (operand = 0; operand < OPERANDS; operand = operand + 1) begin
      live_operands[operand] = LIVE[operand*VALUES+place];
    end
  endfunction

  generate
    genvar value;
    genvar term;
    for (value = 0; value < VALUES; value = value + 1) begin : g_value
      wire [OPERANDS*INPUT_WIDTH-1:0] terms;
      for (term = 0; term < OPERANDS; term = term + 1) begin : g_term
        assign terms[term*INPUT_WIDTH+:INPUT_WIDTH] =
            data_i[(term*VALUES+value)*INPUT_WIDTH+:INPUT_WIDTH];
      end

      total #(
          .INPUTS       (OPERANDS),
          .INPUT_WIDTH  (INPUT_WIDTH),
          .INPUT_SIGNED (INPUT_SIGNED),
          .PRODUCT_SHIFT(PRODUCT_SHIFT),
          .ACC_WIDTH    (ACC_WIDTH),
          .SHIFT        (SHIFT),
          .OUT_WIDTH    (OUT_WIDTH),
          .OUT_SIGNED   (OUT_SIGNED),
          .ROUNDING     (ROUNDING),
          .OVERFLOW     (OVERFLOW),
          .RELU         (RELU),
          .LIVE         (live_operands(value))
      ) u_total (
          .data_i(terms),
          .data_o(data_o[value*OUT_WIDTH+:OUT_WIDTH])
      );
    end
  endgenerate

endmodule
