// SPDX-License-Identifier: Apache-2.0
//
// Sums of every rounding and both signs; and of inputs that are as wide as the sum, or wider.

module total_modes #(
    parameter integer INPUTS = 3,
    parameter integer INPUT_WIDTH = 3
) (
    input wire [INPUTS*INPUT_WIDTH-1:0] data_i
);

  generate
    genvar mode;
    for (mode = 0; mode < 32; mode = mode + 1) begin : g_mode
      total_sum #(
          .INPUTS       (INPUTS),
          .INPUT_WIDTH  (INPUT_WIDTH),
          .INPUT_SIGNED (mode / 8 % 2),
          .PRODUCT_SHIFT(1),
          .ACC_WIDTH    (7),
          .OUT_SIGNED   (mode / 16),
          .ROUNDING     (mode % 8),
          .LIVE         ((mode % 2 != 0) ? 3'b111 : 3'b110)
      ) u_mode (
          .data_i(data_i)
      );
    end

    for (mode = 0; mode < 2; mode = mode + 1) begin : g_narrow
      total_sum #(
          .INPUTS      (INPUTS),
          .INPUT_WIDTH (INPUT_WIDTH),
          .INPUT_SIGNED(1),
          .ACC_WIDTH   (INPUT_WIDTH - mode),
          .OUT_SIGNED  (1),
          .SHIFT       (0),
          .LIVE        (3'b010)
      ) u_narrow (
          .data_i(data_i)
      );
    end
  endgenerate

endmodule
