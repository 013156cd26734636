// SPDX-License-Identifier: Apache-2.0
//
// Fully connected layer, fully parallel: one neuron per unit, with the inputs that LIVE declares
// live. Kernel index is input * UNITS + unit. ROUNDING and OVERFLOW as in requantise.

module dense #(
    parameter integer INPUTS = 128,
    parameter integer UNITS = 16,
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
    parameter [INPUTS-1:0] LIVE = {INPUTS{1'b1}}
) (
    input  wire [       INPUTS*INPUT_WIDTH-1:0] data_i,
    input  wire [INPUTS*UNITS*WEIGHT_WIDTH-1:0] kernel_i,
    input  wire [         UNITS*BIAS_WIDTH-1:0] bias_i,
    output wire [          UNITS*OUT_WIDTH-1:0] data_o
);

  // Dead inputs and their weights end here.
  wire unused_dead;
  assign unused_dead = ^{data_i, kernel_i};

  // The live inputs in order, 32 bits each, and above them their number.
  function [32*INPUTS+31:0] live_inputs;
    input [INPUTS-1:0] live;
    integer index;
    integer count;
    begin
      count = 0;
      for (index = 0; index < INPUTS; index = index + 1) begin
        live_inputs[32*index+:32] = 32'd0;
        if (live[index]) begin
          live_inputs[32*count+:32] = index;
          count = count + 1;
        end
      end
      live_inputs[32*INPUTS+:32] = count;
    end
  endfunction

  localparam [32*INPUTS+31:0] TABLE = live_inputs(LIVE);
  localparam integer TAPS = TABLE[32*INPUTS+:32];

  wire [TAPS*INPUT_WIDTH-1:0] taps;

  generate
    genvar tap;
    genvar unit;
    for (tap = 0; tap < TAPS; tap = tap + 1) begin : g_tap
      localparam integer INDEX = TABLE[32*tap+:32];
      assign taps[tap*INPUT_WIDTH+:INPUT_WIDTH] = data_i[INDEX*INPUT_WIDTH+:INPUT_WIDTH];
    end

    for (unit = 0; unit < UNITS; unit = unit + 1) begin : g_unit
      wire [TAPS*WEIGHT_WIDTH-1:0] weights;
      for (tap = 0; tap < TAPS; tap = tap + 1) begin : g_weight
        localparam integer INDEX = TABLE[32*tap+:32];
        assign weights[tap*WEIGHT_WIDTH+:WEIGHT_WIDTH] =
            kernel_i[(INDEX*UNITS+unit)*WEIGHT_WIDTH+:WEIGHT_WIDTH];
      end

      neuron #(
          .INPUTS       (TAPS),
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
          .data_i  (taps),
          .weight_i(weights),
          .bias_i  (bias_i[unit*BIAS_WIDTH+:BIAS_WIDTH]),
          .data_o  (data_o[unit*OUT_WIDTH+:OUT_WIDTH])
      );
    end
  endgenerate

endmodule
