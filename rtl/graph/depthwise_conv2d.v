// SPDX-License-Identifier: Apache-2.0
//
// Convolution of each channel by itself, fully parallel: one neuron per (row, column, channel,
// number), with exactly the taps that can see something, as in conv2d.
// Flat indices are C order: input (row, column, channel), kernel (row, column, channel, number),
// output (row, column, channel, number). ROUNDING and OVERFLOW as in requantise.

module depthwise_conv2d #(
    parameter integer IN_ROWS = 4,
    parameter integer IN_COLS = 4,
    parameter integer CHANNELS = 2,
    parameter integer KERNEL_ROWS = 3,
    parameter integer KERNEL_COLS = 3,
    parameter integer MULTIPLIER = 1,
    parameter integer STRIDE_ROWS = 1,
    parameter integer STRIDE_COLS = 1,
    parameter integer PAD_TOP = 1,
    parameter integer PAD_LEFT = 1,
    parameter integer OUT_ROWS = 4,
    parameter integer OUT_COLS = 4,
    parameter integer INPUT_WIDTH = 8,
    parameter integer INPUT_SIGNED = 0,
    parameter integer WEIGHT_WIDTH = 6,
    parameter integer WEIGHT_SIGNED = 1,
    parameter integer BIAS_WIDTH = 6,
    parameter integer BIAS_SIGNED = 1,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer BIAS_SHIFT = 7,
    parameter integer ACC_WIDTH = 18,
    parameter integer SHIFT = 5,
    parameter integer OUT_WIDTH = 8,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 1,
    parameter [IN_ROWS*IN_COLS*CHANNELS-1:0] LIVE = {(IN_ROWS * IN_COLS * CHANNELS) {1'b1}}
) (
    input  wire [                    IN_ROWS*IN_COLS*CHANNELS*INPUT_WIDTH-1:0] data_i,
    input  wire [KERNEL_ROWS*KERNEL_COLS*CHANNELS*MULTIPLIER*WEIGHT_WIDTH-1:0] kernel_i,
    input  wire [                          CHANNELS*MULTIPLIER*BIAS_WIDTH-1:0] bias_i,
    output wire [         OUT_ROWS*OUT_COLS*CHANNELS*MULTIPLIER*OUT_WIDTH-1:0] data_o
);

  // Dead inputs, and kernel taps that see nothing at any position, end here.
  wire unused_dead;
  assign unused_dead = ^{data_i, kernel_i};

  localparam integer WINDOW = KERNEL_ROWS * KERNEL_COLS;

  // The live taps of a channel at an output position in kernel order, 32 bits each, and above them
  // their number.
  function [32*WINDOW+31:0] live_taps;
    input [31:0] out_row;
    input [31:0] out_col;
    input [31:0] channel;
    integer tap;
    integer row;
    integer col;
    integer count;
    begin
      count = 0;
      for (tap = 0; tap < WINDOW; tap = tap + 1) begin
        live_taps[32*tap+:32] = 32'd0;
        row = out_row * STRIDE_ROWS + tap / KERNEL_COLS - PAD_TOP;
        col = out_col * STRIDE_COLS + tap % KERNEL_COLS - PAD_LEFT;
        if (row >= 0 && row < IN_ROWS && col >= 0 && col < IN_COLS) begin
          if (LIVE[(row*IN_COLS+col)*CHANNELS+channel]) begin
            live_taps[32*count+:32] = tap;
            count = count + 1;
          end
        end
      end
      live_taps[32*WINDOW+:32] = count;
    end
  endfunction

  generate
    genvar row;
    genvar col;
    genvar channel;
    genvar tap;
    genvar number;
    for (row = 0; row < OUT_ROWS; row = row + 1) begin : g_row
      for (col = 0; col < OUT_COLS; col = col + 1) begin : g_col
        for (channel = 0; channel < CHANNELS; channel = channel + 1) begin : g_channel
          localparam [32*WINDOW+31:0] TABLE = live_taps(row, col, channel);
          localparam integer TAPS = TABLE[32*WINDOW+:32];
          localparam integer PORT_TAPS = (TAPS > 0) ? TAPS : 1;
          localparam integer FIRST = ((row * OUT_COLS + col) * CHANNELS + channel) * MULTIPLIER;

          wire [PORT_TAPS*INPUT_WIDTH-1:0] window;
          wire [MULTIPLIER*PORT_TAPS*WEIGHT_WIDTH-1:0] weights;

          for (tap = 0; tap < TAPS; tap = tap + 1) begin : g_tap
            localparam integer INDEX = TABLE[32*tap+:32];
            localparam integer IN_ROW = row * STRIDE_ROWS + INDEX / KERNEL_COLS - PAD_TOP;
            localparam integer IN_COL = col * STRIDE_COLS + INDEX % KERNEL_COLS - PAD_LEFT;
            localparam integer SOURCE = (IN_ROW * IN_COLS + IN_COL) * CHANNELS + channel;

            assign window[tap*INPUT_WIDTH+:INPUT_WIDTH] = data_i[SOURCE*INPUT_WIDTH+:INPUT_WIDTH];
            for (number = 0; number < MULTIPLIER; number = number + 1) begin : g_number
              assign weights[(number*PORT_TAPS+tap)*WEIGHT_WIDTH+:WEIGHT_WIDTH] =
                  kernel_i[((INDEX*CHANNELS+channel)*MULTIPLIER+number)*WEIGHT_WIDTH+:WEIGHT_WIDTH];
            end
          end
          if (TAPS == 0) begin : g_dead
            assign window  = {(PORT_TAPS * INPUT_WIDTH) {1'b0}};
            assign weights = {(MULTIPLIER * PORT_TAPS * WEIGHT_WIDTH) {1'b0}};
          end

          for (number = 0; number < MULTIPLIER; number = number + 1) begin : g_number
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
                .data_i  (window),
                .weight_i(weights[number*PORT_TAPS*WEIGHT_WIDTH+:PORT_TAPS*WEIGHT_WIDTH]),
                .bias_i  (bias_i[(channel*MULTIPLIER+number)*BIAS_WIDTH+:BIAS_WIDTH]),
                .data_o  (data_o[(FIRST+number)*OUT_WIDTH+:OUT_WIDTH])
            );
          end
        end
      end
    end
  endgenerate

endmodule
