// SPDX-License-Identifier: Apache-2.0
//
// Each output of a pool is a number of a window of one channel, and none of that window is larger:
// what lies outside the image is not in it, what is dead is zero.

module max_pool_largest #(
    parameter integer IN_ROWS = 4,
    parameter integer IN_COLS = 3,
    parameter integer CHANNELS = 2,
    parameter integer POOL_ROWS = 3,
    parameter integer POOL_COLS = 2,
    parameter integer STRIDE_ROWS = 2,
    parameter integer STRIDE_COLS = 3,
    parameter integer PAD_TOP = 1,
    parameter integer PAD_LEFT = 1,
    parameter integer OUT_ROWS = 3,
    parameter integer OUT_COLS = 2,
    parameter integer WIDTH = 3,
    parameter integer SIGNED = 0,
    // Two values are dead.
    parameter [IN_ROWS*IN_COLS*CHANNELS-1:0] LIVE = 24'hFBFFFB
) (
    input wire [IN_ROWS*IN_COLS*CHANNELS*WIDTH-1:0] data_i
);

  wire [OUT_ROWS*OUT_COLS*CHANNELS*WIDTH-1:0] found;

  max_pool #(
      .IN_ROWS    (IN_ROWS),
      .IN_COLS    (IN_COLS),
      .CHANNELS   (CHANNELS),
      .POOL_ROWS  (POOL_ROWS),
      .POOL_COLS  (POOL_COLS),
      .STRIDE_ROWS(STRIDE_ROWS),
      .STRIDE_COLS(STRIDE_COLS),
      .PAD_TOP    (PAD_TOP),
      .PAD_LEFT   (PAD_LEFT),
      .OUT_ROWS   (OUT_ROWS),
      .OUT_COLS   (OUT_COLS),
      .WIDTH      (WIDTH),
      .SIGNED     (SIGNED),
      .LIVE       (LIVE)
  ) dut (
      .data_i(data_i),
      .data_o(found)
  );

  function signed [WIDTH:0] number;
    input [WIDTH-1:0] bits;
    number = {(SIGNED != 0) && bits[WIDTH-1], bits};
  endfunction

  generate
    genvar out_row;
    genvar out_col;
    genvar channel;
    for (out_row = 0; out_row < OUT_ROWS; out_row = out_row + 1) begin : g_row
      for (out_col = 0; out_col < OUT_COLS; out_col = out_col + 1) begin : g_col
        for (channel = 0; channel < CHANNELS; channel = channel + 1) begin : g_channel
          reg signed [WIDTH:0] largest;
          reg signed [WIDTH:0] seen;
          reg larger;
          reg among;
          integer pool_row;
          integer pool_col;
          integer row;
          integer col;
          integer from;

          always @* begin
            largest = number(found[((out_row*OUT_COLS+out_col)*CHANNELS+channel)*WIDTH+:WIDTH]);
            larger = 1'b0;
            among = 1'b0;
            for (pool_row = 0; pool_row < POOL_ROWS; pool_row = pool_row + 1) begin
              for (pool_col = 0; pool_col < POOL_COLS; pool_col = pool_col + 1) begin
                row = out_row * STRIDE_ROWS + pool_row - PAD_TOP;
                col = out_col * STRIDE_COLS + pool_col - PAD_LEFT;
                from = (row * IN_COLS + col) * CHANNELS + channel;
                if (row >= 0 && row < IN_ROWS && col >= 0 && col < IN_COLS) begin
                  seen = LIVE[from] ? number(data_i[from*WIDTH+:WIDTH]) : 0;
                  if (seen > largest) larger = 1'b1;
                  if (seen == largest) among = 1'b1;
                end
              end
            end
            assert (among && !larger);
          end
        end
      end
    end
  endgenerate

endmodule
