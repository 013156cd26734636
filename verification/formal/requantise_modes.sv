// SPDX-License-Identifier: Apache-2.0
//
// Every rounding with every overflow, of both signs, with and without ReLU; and numbers of which more
// is dropped than there is.

module requantise_modes #(
    parameter integer ACC_WIDTH = 7,
    parameter integer SHIFT = 2,
    parameter integer OUT_WIDTH = 3
) (
    input wire [ACC_WIDTH-1:0] acc_i
);

  generate
    genvar mode;
    for (mode = 0; mode < 128; mode = mode + 1) begin : g_mode
      requantise_layer #(
          .ACC_WIDTH (ACC_WIDTH),
          .SHIFT     (SHIFT),
          .OUT_WIDTH (OUT_WIDTH),
          .ROUNDING  (mode % 8),
          .OVERFLOW  (mode / 8 % 4),
          .OUT_SIGNED(mode / 32 % 2),
          .RELU      (mode / 64)
      ) u_mode (
          .acc_i(acc_i)
      );
    end

    for (mode = 0; mode < 8; mode = mode + 1) begin : g_dropped
      requantise_layer #(
          .ACC_WIDTH (3),
          .SHIFT     (5),
          .OUT_WIDTH (OUT_WIDTH),
          .ROUNDING  (mode),
          .OVERFLOW  (0),
          .OUT_SIGNED(0),
          .RELU      (0)
      ) u_dropped (
          .acc_i(acc_i[2:0])
      );
    end
  endgenerate

endmodule
