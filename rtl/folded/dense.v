// SPDX-License-Identifier: Apache-2.0
//
// Fully connected layer, as rtl/dense.v in ports and answers. Input index is position * CHANNELS +
// channel. The inputs of the positions of STILL do not depend on the event and are, channel by
// channel, the same at all of them: their products are added up ahead, with the bias (still_neuron),
// and the neurons have the inputs of the other positions only.

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
    parameter [INPUTS-1:0] LIVE = {INPUTS{1'b1}},
    parameter integer CHANNELS = 1,
    parameter [INPUTS/CHANNELS-1:0] STILL = {(INPUTS / CHANNELS) {1'b0}}
) (
    input  wire [       INPUTS*INPUT_WIDTH-1:0] data_i,
    input  wire [INPUTS*UNITS*WEIGHT_WIDTH-1:0] kernel_i,
    input  wire [         UNITS*BIAS_WIDTH-1:0] bias_i,
    output wire [          UNITS*OUT_WIDTH-1:0] data_o
);

  // Dead inputs and their weights end here, and still inputs but those of one position.
  wire unused_dead;
  assign unused_dead = ^{data_i, kernel_i};

  localparam integer POSITIONS = INPUTS / CHANNELS;

  // The inputs that move.
  function [INPUTS-1:0] moving;
    input [INPUTS-1:0] live;
    input [POSITIONS-1:0] still;
    integer index;
    for (index = 0; index < INPUTS; index = index + 1) begin
      moving[index] = live[index] && !still[index/CHANNELS];
    end
  endfunction

  // The still positions in order, 32 bits each, and above them their number.
  function [32*POSITIONS+31:0] still_positions;
    input [POSITIONS-1:0] still;
    integer index;
    integer count;
    begin
      count = 0;
      for (index = 0; index < POSITIONS; index = index + 1) begin
        still_positions[32*index+:32] = 32'd0;
        if (still[index]) begin
          still_positions[32*count+:32] = index;
          count = count + 1;
        end
      end
      still_positions[32*POSITIONS+:32] = count;
    end
  endfunction

  localparam [32*POSITIONS+31:0] STANDING = still_positions(STILL);
  localparam integer HELD = STANDING[32*POSITIONS+:32];

  // The inputs that move, channel by channel, 32 bits each, and above them their number: those of a
  // channel move or rest together, and neighbours share adders.
  function [32*INPUTS+31:0] live_inputs;
    input [INPUTS-1:0] live;
    integer place;
    integer index;
    integer count;
    begin
      count = 0;
      for (place = 0; place < INPUTS; place = place + 1) begin
        live_inputs[32*place+:32] = 32'd0;
        index = (place % POSITIONS) * CHANNELS + place / POSITIONS;
        if (live[index]) begin
          live_inputs[32*count+:32] = index;
          count = count + 1;
        end
      end
      live_inputs[32*INPUTS+:32] = count;
    end
  endfunction

  localparam [32*INPUTS+31:0] TABLE = live_inputs(moving(LIVE, STILL));
  localparam integer TAPS = TABLE[32*INPUTS+:32];

  wire [TAPS*INPUT_WIDTH-1:0] taps;

  // What each neuron has instead of its bias.
  localparam integer KNOWN_WIDTH = (HELD > 0) ? ACC_WIDTH : BIAS_WIDTH;
  localparam integer KNOWN_SIGNED = (HELD > 0) ? 1 : BIAS_SIGNED;
  localparam integer KNOWN_SHIFT = (HELD > 0) ? 0 : BIAS_SHIFT;

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

      wire [KNOWN_WIDTH-1:0] known;

      if (HELD > 0) begin : g_still
        wire [HELD*CHANNELS*WEIGHT_WIDTH-1:0] still_weights;
        for (tap = 0; tap < HELD * CHANNELS; tap = tap + 1) begin : g_weight
          localparam integer INDEX = STANDING[32*(tap/CHANNELS)+:32] * CHANNELS + tap % CHANNELS;
          assign still_weights[tap*WEIGHT_WIDTH+:WEIGHT_WIDTH] =
              kernel_i[(INDEX*UNITS+unit)*WEIGHT_WIDTH+:WEIGHT_WIDTH];
        end
        still_neuron #(
            .INPUTS       (CHANNELS),
            .POSITIONS    (HELD),
            .INPUT_WIDTH  (INPUT_WIDTH),
            .INPUT_SIGNED (INPUT_SIGNED),
            .WEIGHT_WIDTH (WEIGHT_WIDTH),
            .WEIGHT_SIGNED(WEIGHT_SIGNED),
            .BIAS_WIDTH   (BIAS_WIDTH),
            .BIAS_SIGNED  (BIAS_SIGNED),
            .PRODUCT_SHIFT(PRODUCT_SHIFT),
            .BIAS_SHIFT   (BIAS_SHIFT),
            .ACC_WIDTH    (ACC_WIDTH)
        ) u_still_neuron (
            .data_i  (data_i[STANDING[31:0]*CHANNELS*INPUT_WIDTH+:CHANNELS*INPUT_WIDTH]),
            .weight_i(still_weights),
            .bias_i  (bias_i[unit*BIAS_WIDTH+:BIAS_WIDTH]),
            .acc_o   (known)
        );
      end else begin : g_bias
        assign known = bias_i[unit*BIAS_WIDTH+:BIAS_WIDTH];
      end

      neuron #(
          .INPUTS       (TAPS),
          .INPUT_WIDTH  (INPUT_WIDTH),
          .INPUT_SIGNED (INPUT_SIGNED),
          .WEIGHT_WIDTH (WEIGHT_WIDTH),
          .WEIGHT_SIGNED(WEIGHT_SIGNED),
          .BIAS_WIDTH   (KNOWN_WIDTH),
          .BIAS_SIGNED  (KNOWN_SIGNED),
          .PRODUCT_SHIFT(PRODUCT_SHIFT),
          .BIAS_SHIFT   (KNOWN_SHIFT),
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
          .bias_i  (known),
          .data_o  (data_o[unit*OUT_WIDTH+:OUT_WIDTH])
      );
    end
  endgenerate

endmodule
