// SPDX-License-Identifier: Apache-2.0
//
// Each output of a convolution channel by channel is the sum of the products of what its window sees
// of that channel and of one of the channel's kernels; what lies outside the image or is declared
// dead counts as zero.

module depthwise_conv2d_taps #(
    parameter integer IN_ROWS = 3,
    parameter integer IN_COLS = 3,
    parameter integer CHANNELS = 2,
    parameter integer KERNEL_ROWS = 3,
    parameter integer KERNEL_COLS = 2,
    parameter integer MULTIPLIER = 2,
    parameter integer STRIDE_ROWS = 2,
    parameter integer STRIDE_COLS = 3,
    parameter integer PAD_TOP = 1,
    parameter integer PAD_LEFT = 1,
    parameter integer OUT_ROWS = 2,
    parameter integer OUT_COLS = 2,
    parameter integer WEIGHT_WIDTH = 1,
    parameter integer BIAS_WIDTH = 1,
    // Three values are dead: two of them are all that a window of one channel sees.
    parameter [IN_ROWS*IN_COLS*CHANNELS-1:0] LIVE = 18'h3FD7D
) (
    input wire [IN_ROWS*IN_COLS*CHANNELS-1:0] data_i,
    input wire [KERNEL_ROWS*KERNEL_COLS*CHANNELS*MULTIPLIER*WEIGHT_WIDTH-1:0] kernel_i,
    input wire [CHANNELS*MULTIPLIER*BIAS_WIDTH-1:0] bias_i
);

  localparam integer WIDTH = 5;
  localparam integer FILTERS = CHANNELS * MULTIPLIER;

  wire [OUT_ROWS*OUT_COLS*FILTERS*WIDTH-1:0] found;
  wire [IN_ROWS*IN_COLS*CHANNELS-1:0] seen;

  depthwise_conv2d #(
      .IN_ROWS     (IN_ROWS),
      .IN_COLS     (IN_COLS),
      .CHANNELS    (CHANNELS),
      .KERNEL_ROWS (KERNEL_ROWS),
      .KERNEL_COLS (KERNEL_COLS),
      .MULTIPLIER  (MULTIPLIER),
      .STRIDE_ROWS (STRIDE_ROWS),
      .STRIDE_COLS (STRIDE_COLS),
      .PAD_TOP     (PAD_TOP),
      .PAD_LEFT    (PAD_LEFT),
      .OUT_ROWS    (OUT_ROWS),
      .OUT_COLS    (OUT_COLS),
      .INPUT_WIDTH (1),
      .WEIGHT_WIDTH(WEIGHT_WIDTH),
      .BIAS_WIDTH  (BIAS_WIDTH),
      .BIAS_SHIFT  (0),
      .ACC_WIDTH   (WIDTH),
      .SHIFT       (0),
      .OUT_WIDTH   (WIDTH),
      .OUT_SIGNED  (1),
      .RELU        (0),
      .LIVE        (LIVE)
  ) dut (
      .data_i  (data_i),
      .kernel_i(kernel_i),
      .bias_i  (bias_i),
      .data_o  (found)
  );

  assign seen = data_i & LIVE;

  generate
    genvar filter;
    genvar out_row;
    genvar out_col;
    for (filter = 0; filter < FILTERS; filter = filter + 1) begin : g_filter
      for (out_row = 0; out_row < OUT_ROWS; out_row = out_row + 1) begin : g_row
        for (out_col = 0; out_col < OUT_COLS; out_col = out_col + 1) begin : g_col
          reg signed [WIDTH-1:0] right;
          reg signed [WEIGHT_WIDTH-1:0] weight;
          reg signed [BIAS_WIDTH-1:0] bias;
          integer kernel_row;
          integer kernel_col;
          integer row;
          integer col;
          always @* begin
            bias  = bias_i[filter*BIAS_WIDTH+:BIAS_WIDTH];
            right = bias;
            for (kernel_row = 0; kernel_row < KERNEL_ROWS; kernel_row = kernel_row + 1) begin
              for (kernel_col = 0; kernel_col < KERNEL_COLS; kernel_col = kernel_col + 1) begin
                row = out_row * STRIDE_ROWS + kernel_row - PAD_TOP;
                col = out_col * STRIDE_COLS + kernel_col - PAD_LEFT;
                // A kernel's number within its channel counts fastest, as filters do.
                weight = kernel_i[((kernel_row*KERNEL_COLS+kernel_col)*FILTERS+filter)*
                    WEIGHT_WIDTH+:WEIGHT_WIDTH];
                if (row >= 0 && row < IN_ROWS && col >= 0 && col < IN_COLS) begin
                  if (seen[(row*IN_COLS+col)*CHANNELS+filter/MULTIPLIER]) right = right + weight;
                end
              end
            end
            assert (found[((out_row*OUT_COLS+out_col)*FILTERS+filter)*WIDTH+:WIDTH] == right);
          end
        end
      end
    end
  endgenerate

endmodule
