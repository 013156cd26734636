// SPDX-License-Identifier: Apache-2.0
//
// Gain and bias a channel, fully parallel: one neuron per value, without a tap where the value is
// dead. Flat index: place * CHANNELS + channel. ROUNDING and OVERFLOW as in requantise.

module gain #(
    parameter integer VALUES = 64,
    parameter integer CHANNELS = 1,
    parameter integer INPUT_WIDTH = 8,
    parameter integer INPUT_SIGNED = 0,
    parameter integer WEIGHT_WIDTH = 6,
    parameter integer WEIGHT_SIGNED = 1,
    parameter integer BIAS_WIDTH = 6,
    parameter integer BIAS_SIGNED = 1,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer BIAS_SHIFT = 7,
    parameter integer ACC_WIDTH = 21,
    parameter integer SHIFT = 4,
    parameter integer OUT_WIDTH = 9,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 1,
    parameter [VALUES-1:0] LIVE = {VALUES{1'b1}}
) (
    input  wire [   VALUES*INPUT_WIDTH-1:0] data_i,
    input  wire [CHANNELS*WEIGHT_WIDTH-1:0] kernel_i,
    input  wire [  CHANNELS*BIAS_WIDTH-1:0] bias_i,
    output wire [     VALUES*OUT_WIDTH-1:0] data_o
);

  generate
    genvar value;
    for (value = 0; value < VALUES; value = value + 1) begin : g_value
      neuron #(
          .INPUTS       (LIVE[value] ? 1 : 0),
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
      ) u_neuron (
          .data_i  (data_i[value*INPUT_WIDTH+:INPUT_WIDTH]),
          .weight_i(kernel_i[(value%CHANNELS)*WEIGHT_WIDTH+:WEIGHT_WIDTH]),
          .bias_i  (bias_i[(value%CHANNELS)*BIAS_WIDTH+:BIAS_WIDTH]),
          .data_o  (data_o[value*OUT_WIDTH+:OUT_WIDTH])
      );
    end
  endgenerate

endmodule
