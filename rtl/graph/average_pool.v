// SPDX-License-Identifier: Apache-2.0
//
// The mean of each window, channel by channel, fully parallel: the sum of its inputs, of which
// SHIFT drops as many bits more as halve it. Windows lie in the image; inputs that LIVE does not
// declare live are zero. Flat indices are C order: (row, column, channel). ROUNDING and OVERFLOW as
// in requantise.

module average_pool #(
    parameter integer IN_ROWS = 4,
    parameter integer IN_COLS = 4,
    parameter integer CHANNELS = 1,
    parameter integer POOL_ROWS = 2,
    parameter integer POOL_COLS = 2,
    parameter integer STRIDE_ROWS = 2,
    parameter integer STRIDE_COLS = 2,
    parameter integer OUT_ROWS = 2,
    parameter integer OUT_COLS = 2,
    parameter integer INPUT_WIDTH = 8,
    parameter integer INPUT_SIGNED = 0,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer ACC_WIDTH = 11,
    parameter integer SHIFT = 2,
    parameter integer OUT_WIDTH = 8,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 1,
    parameter [IN_ROWS*IN_COLS*CHANNELS-1:0] LIVE = {(IN_ROWS * IN_COLS * CHANNELS) {1'b1}}
) (
    input  wire [IN_ROWS*IN_COLS*CHANNELS*INPUT_WIDTH-1:0] data_i,
    output wire [OUT_ROWS*OUT_COLS*CHANNELS*OUT_WIDTH-1:0] data_o
);

  // Inputs between windows end here.
  wire unused_dead;
  assign unused_dead = ^data_i;

  localparam integer WINDOW = POOL_ROWS * POOL_COLS;

  // Which places of a window are live.
  function [WINDOW-1:0] live_places;
    input [31:0] out_row;
    input [31:0] out_col;
    input [31:0] channel;
    integer place;
    integer row;
    integer col;
    for (place = 0; place < WINDOW; place = place + 1) begin
      row = out_row * STRIDE_ROWS + place / POOL_COLS;
      col = out_col * STRIDE_COLS + place % POOL_COLS;
      live_places[place] = LIVE[(row*IN_COLS+col)*CHANNELS+channel];
    end
  endfunction

  generate
    genvar row;
    genvar col;
    genvar channel;
    genvar place;
    for (row = 0; row < OUT_ROWS; row = row + 1) begin : g_row
      for (col = 0; col < OUT_COLS; col = col + 1) begin : g_col
        for (channel = 0; channel < CHANNELS; channel = channel + 1) begin : g_channel
          wire [WINDOW*INPUT_WIDTH-1:0] window;
          for (place = 0; place < WINDOW; place = place + 1) begin : g_place
            localparam integer IN_ROW = row * STRIDE_ROWS + place / POOL_COLS;
            localparam integer IN_COL = col * STRIDE_COLS + place % POOL_COLS;
            localparam integer SOURCE = (IN_ROW * IN_COLS + IN_COL) * CHANNELS + channel;
            assign window[place*INPUT_WIDTH+:INPUT_WIDTH] = data_i[SOURCE*INPUT_WIDTH+:INPUT_WIDTH];
          end

          total #(
              .INPUTS       (WINDOW),
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
              .LIVE         (live_places(row, col, channel))
          ) u_total (
              .data_i(window),
              .data_o(data_o[((row*OUT_COLS+col)*CHANNELS+channel)*OUT_WIDTH+:OUT_WIDTH])
          );
        end
      end
    end
  endgenerate

endmodule
