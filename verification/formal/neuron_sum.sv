// SPDX-License-Identifier: Apache-2.0
//
// An output of a layer is the bias and all products in one exact sum, requantised.

module neuron_sum #(
    parameter integer INPUTS = 3,
    parameter integer GROUP = 2,
    parameter integer INPUT_WIDTH = 3,
    parameter integer INPUT_SIGNED = 0,
    parameter integer WEIGHT_WIDTH = 2,
    parameter integer WEIGHT_SIGNED = 1,
    parameter integer BIAS_WIDTH = 3,
    parameter integer BIAS_SIGNED = 1,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer BIAS_SHIFT = 1,
    parameter integer ACC_WIDTH = 8,
    parameter integer SHIFT = 2,
    parameter integer OUT_WIDTH = 3,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 1
) (
    input wire [ INPUTS*INPUT_WIDTH-1:0] data_i,
    input wire [INPUTS*WEIGHT_WIDTH-1:0] weight_i,
    input wire [         BIAS_WIDTH-1:0] bias_i
);

  localparam integer WIDE = ACC_WIDTH + 8;

  wire [OUT_WIDTH-1:0] found;
  wire [OUT_WIDTH-1:0] right;
  wire [WIDE-1:0] products;
  wire [WIDE-1:0] bias;

  neuron #(
      .INPUTS       (INPUTS),
      .INPUT_WIDTH  (INPUT_WIDTH),
      .INPUT_SIGNED (INPUT_SIGNED),
      .WEIGHT_WIDTH (WEIGHT_WIDTH),
      .WEIGHT_SIGNED(WEIGHT_SIGNED),
      .BIAS_WIDTH   (BIAS_WIDTH),
      .BIAS_SIGNED  (BIAS_SIGNED),
      .PRODUCT_SHIFT(PRODUCT_SHIFT),
      .BIAS_SHIFT   (BIAS_SHIFT),
      .ACC_WIDTH    (ACC_WIDTH),
      .SHIFT        (SHIFT),
      .OUT_WIDTH    (OUT_WIDTH),
      .OUT_SIGNED   (OUT_SIGNED),
      .ROUNDING     (ROUNDING),
      .OVERFLOW     (OVERFLOW),
      .RELU         (RELU)
  ) dut (
      .data_i  (data_i),
      .weight_i(weight_i),
      .bias_i  (bias_i),
      .data_o  (found)
  );

  products_sum #(
      .INPUTS       (INPUTS),
      .INPUT_WIDTH  (INPUT_WIDTH),
      .INPUT_SIGNED (INPUT_SIGNED),
      .WEIGHT_WIDTH (WEIGHT_WIDTH),
      .WEIGHT_SIGNED(WEIGHT_SIGNED),
      .ADDEND_WIDTH (BIAS_WIDTH),
      .ADDEND_SIGNED(BIAS_SIGNED),
      .WIDE         (WIDE)
  ) u_sum (
      .data_i    (data_i),
      .weight_i  (weight_i),
      .addend_i  (bias_i),
      .products_o(products),
      .addend_o  (bias)
  );

  requantise_number #(
      .ACC_WIDTH (WIDE),
      .SHIFT     (SHIFT),
      .OUT_WIDTH (OUT_WIDTH),
      .OUT_SIGNED(OUT_SIGNED),
      .ROUNDING  (ROUNDING),
      .OVERFLOW  (OVERFLOW),
      .RELU      (RELU)
  ) u_number (
      .acc_i ((products << PRODUCT_SHIFT) + (bias << BIAS_SHIFT)),
      .data_o(right)
  );

  always @* assert (found == right);

endmodule
