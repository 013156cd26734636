// SPDX-License-Identifier: Apache-2.0
//
// Requantisers of every mode on one number, and neurons of operands of every sign on the same bits,
// whose accumulators come out as they are.
// Mode: ROUNDING + 8 * OVERFLOW + 32 * OUT_SIGNED + 64 * RELU. Signs: of the input, 2 * of the
// weight, 4 * of the bias.

module arithmetic #(
    parameter integer ACC_WIDTH = 7,
    parameter integer SHIFT = 2,
    parameter integer OUT_WIDTH = 3,
    parameter integer TAPS = 5,
    parameter integer OPERAND = 3,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer BIAS_SHIFT = 2,
    // Of the accumulators, eight bits each.
    parameter [31:0] WIDTHS_OF_UNSIGNED_BIAS = 32'h0B0B0B0B,
    parameter [31:0] WIDTHS_OF_SIGNED_BIAS = 32'h0B0B0B0B,
    parameter integer SUM_WIDTH = 16
) (
    input wire [ACC_WIDTH-1:0] number_i,
    input wire [TAPS*OPERAND-1:0] data_i,
    input wire [TAPS*OPERAND-1:0] weight_i,
    input wire [OPERAND-1:0] bias_i,
    output wire [128*OUT_WIDTH-1:0] number_o,
    output wire [8*SUM_WIDTH-1:0] sum_o
);

  localparam [63:0] WIDTHS = {WIDTHS_OF_SIGNED_BIAS, WIDTHS_OF_UNSIGNED_BIAS};

  generate
    genvar mode;
    for (mode = 0; mode < 128; mode = mode + 1) begin : g_mode
      requantise #(
          .ACC_WIDTH (ACC_WIDTH),
          .SHIFT     (SHIFT),
          .OUT_WIDTH (OUT_WIDTH),
          .ROUNDING  (mode % 8),
          .OVERFLOW  (mode / 8 % 4),
          .OUT_SIGNED(mode / 32 % 2),
          .RELU      (mode / 64)
      ) u_requantise (
          .acc_i (number_i),
          .data_o(number_o[mode*OUT_WIDTH+:OUT_WIDTH])
      );
    end

    genvar sign;
    for (sign = 0; sign < 8; sign = sign + 1) begin : g_sign
      // Two groups of taps.
      neuron #(
          .INPUTS       (TAPS),
          .GROUP        (3),
          .INPUT_WIDTH  (OPERAND),
          .INPUT_SIGNED (sign % 2),
          .WEIGHT_WIDTH (OPERAND),
          .WEIGHT_SIGNED(sign / 2 % 2),
          .BIAS_WIDTH   (OPERAND),
          .BIAS_SIGNED  (sign / 4),
          .PRODUCT_SHIFT(PRODUCT_SHIFT),
          .BIAS_SHIFT   (BIAS_SHIFT),
          .ACC_WIDTH    (WIDTHS[8*sign+:8]),
          .SHIFT        (0),
          .OUT_WIDTH    (SUM_WIDTH),
          .OUT_SIGNED   (1),
          .ROUNDING     (0),
          .OVERFLOW     (0),
          .RELU         (0)
      ) u_neuron (
          .data_i  (data_i),
          .weight_i(weight_i),
          .bias_i  (bias_i),
          .data_o  (sum_o[sign*SUM_WIDTH+:SUM_WIDTH])
      );
    end
  endgenerate

endmodule
