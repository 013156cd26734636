// SPDX-License-Identifier: Apache-2.0
//
// The largest number in each window, channel by channel, fully parallel. What lies outside the
// image is never it; inputs that LIVE does not declare live are zero. Flat indices are C order:
// (row, column, channel).

module max_pool #(
    parameter integer IN_ROWS = 4,
    parameter integer IN_COLS = 4,
    parameter integer CHANNELS = 1,
    parameter integer POOL_ROWS = 2,
    parameter integer POOL_COLS = 2,
    parameter integer STRIDE_ROWS = 2,
    parameter integer STRIDE_COLS = 2,
    parameter integer PAD_TOP = 0,
    parameter integer PAD_LEFT = 0,
    parameter integer OUT_ROWS = 2,
    parameter integer OUT_COLS = 2,
    parameter integer WIDTH = 8,
    parameter integer SIGNED = 0,
    parameter [IN_ROWS*IN_COLS*CHANNELS-1:0] LIVE = {(IN_ROWS * IN_COLS * CHANNELS) {1'b1}}
) (
    input  wire [  IN_ROWS*IN_COLS*CHANNELS*WIDTH-1:0] data_i,
    output wire [OUT_ROWS*OUT_COLS*CHANNELS*WIDTH-1:0] data_o
);

  // Dead inputs, and those between windows, end here.
  wire unused_dead;
  assign unused_dead = ^data_i;

  localparam integer WINDOW = POOL_ROWS * POOL_COLS;

  // Which places of a window lie in the image.
  function [WINDOW-1:0] in_image;
    input [31:0] out_row;
    input [31:0] out_col;
    integer place;
    integer row;
    integer col;
    for (place = 0; place < WINDOW; place = place + 1) begin
      row = out_row * STRIDE_ROWS + place / POOL_COLS - PAD_TOP;
      col = out_col * STRIDE_COLS + place % POOL_COLS - PAD_LEFT;
      in_image[place] = row >= 0 && row < IN_ROWS && col >= 0 && col < IN_COLS;
    end
  endfunction

  generate
    genvar row;
    genvar col;
    genvar channel;
    genvar place;
    for (row = 0; row < OUT_ROWS; row = row + 1) begin : g_row
      for (col = 0; col < OUT_COLS; col = col + 1) begin : g_col
        localparam [WINDOW-1:0] INSIDE = in_image(row, col);

        for (channel = 0; channel < CHANNELS; channel = channel + 1) begin : g_channel
          wire [WINDOW*WIDTH-1:0] window;
          for (place = 0; place < WINDOW; place = place + 1) begin : g_place
            localparam integer IN_ROW = row * STRIDE_ROWS + place / POOL_COLS - PAD_TOP;
            localparam integer IN_COL = col * STRIDE_COLS + place % POOL_COLS - PAD_LEFT;
            localparam integer SOURCE =
                INSIDE[place] ? (IN_ROW * IN_COLS + IN_COL) * CHANNELS + channel : 0;
            assign window[place*WIDTH+:WIDTH] =
                LIVE[SOURCE] ? data_i[SOURCE*WIDTH+:WIDTH] : {WIDTH{1'b0}};
          end

          largest #(
              .INPUTS(WINDOW),
              .WIDTH (WIDTH),
              .SIGNED(SIGNED),
              .INSIDE(INSIDE)
          ) u_largest (
              .data_i(window),
              .data_o(data_o[((row*OUT_COLS+col)*CHANNELS+channel)*WIDTH+:WIDTH])
          );
        end
      end
    end
  endgenerate

endmodule
