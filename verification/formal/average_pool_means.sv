// SPDX-License-Identifier: Apache-2.0
//
// Each output of a pool is the mean of a window of one channel, with all the bits that it takes,
// rounded; what is dead counts as zero.

module average_pool_means #(
    parameter integer IN_ROWS = 5,
    parameter integer IN_COLS = 4,
    parameter integer CHANNELS = 2,
    parameter integer POOL_ROWS = 4,
    parameter integer POOL_COLS = 2,
    parameter integer STRIDE_ROWS = 1,
    parameter integer STRIDE_COLS = 2,
    parameter integer OUT_ROWS = 2,
    parameter integer OUT_COLS = 2,
    parameter integer INPUT_WIDTH = 2,
    parameter integer INPUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    // Bits that are dropped of a mean that has its fraction.
    parameter integer DROPPED = 0,
    // Three values are dead.
    parameter [IN_ROWS*IN_COLS*CHANNELS-1:0] LIVE = 40'hFBFFFFDFF7
) (
    input wire [IN_ROWS*IN_COLS*CHANNELS*INPUT_WIDTH-1:0] data_i
);

  localparam integer WINDOW = POOL_ROWS * POOL_COLS;
  localparam integer HALVINGS = $clog2(WINDOW);
  localparam integer WIDTH = INPUT_WIDTH;
  localparam integer WIDE = INPUT_WIDTH + HALVINGS + 4;

  wire [OUT_ROWS*OUT_COLS*CHANNELS*WIDTH-1:0] found;

  average_pool #(
      .IN_ROWS     (IN_ROWS),
      .IN_COLS     (IN_COLS),
      .CHANNELS    (CHANNELS),
      .POOL_ROWS   (POOL_ROWS),
      .POOL_COLS   (POOL_COLS),
      .STRIDE_ROWS (STRIDE_ROWS),
      .STRIDE_COLS (STRIDE_COLS),
      .OUT_ROWS    (OUT_ROWS),
      .OUT_COLS    (OUT_COLS),
      .INPUT_WIDTH (INPUT_WIDTH),
      .INPUT_SIGNED(INPUT_SIGNED),
      .ACC_WIDTH   (INPUT_WIDTH + HALVINGS + 1),
      .SHIFT       (DROPPED + HALVINGS),
      .OUT_WIDTH   (WIDTH),
      .OUT_SIGNED  (INPUT_SIGNED),
      .ROUNDING    (ROUNDING),
      .OVERFLOW    (0),
      .RELU        (0),
      .LIVE        (LIVE)
  ) dut (
      .data_i(data_i),
      .data_o(found)
  );

  generate
    genvar out_row;
    genvar out_col;
    genvar channel;
    for (out_row = 0; out_row < OUT_ROWS; out_row = out_row + 1) begin : g_row
      for (out_col = 0; out_col < OUT_COLS; out_col = out_col + 1) begin : g_col
        for (channel = 0; channel < CHANNELS; channel = channel + 1) begin : g_channel
          reg signed [WIDE-1:0] sum;
          wire [WIDTH-1:0] right;
          integer row;
          integer col;
          integer from;

          always @* begin
            sum = 0;
            for (row = 0; row < IN_ROWS; row = row + 1) begin
              for (col = 0; col < IN_COLS; col = col + 1) begin
                from = (row * IN_COLS + col) * CHANNELS + channel;
                if (row >= out_row * STRIDE_ROWS && row < out_row * STRIDE_ROWS + POOL_ROWS &&
                    col >= out_col * STRIDE_COLS && col < out_col * STRIDE_COLS + POOL_COLS &&
                    LIVE[from]) begin
                  sum = sum + $signed({1'b0, data_i[from*INPUT_WIDTH+:INPUT_WIDTH]});
                  if (INPUT_SIGNED != 0 && data_i[from*INPUT_WIDTH+INPUT_WIDTH-1]) begin
                    sum = sum - (1 << INPUT_WIDTH);
                  end
                end
              end
            end
          end

          requantise_number #(
              .ACC_WIDTH (WIDE),
              .SHIFT     (DROPPED + HALVINGS),
              .OUT_WIDTH (WIDTH),
              .OUT_SIGNED(INPUT_SIGNED),
              .ROUNDING  (ROUNDING)
          ) u_number (
              .acc_i (sum),
              .data_o(right)
          );

          always @* begin
            assert (found[((out_row*OUT_COLS+out_col)*CHANNELS+channel)*WIDTH+:WIDTH] == right);
          end
        end
      end
    end
  endgenerate

endmodule
