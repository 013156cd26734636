// SPDX-License-Identifier: Apache-2.0
//
// Each output of a leaky ReLU is its number, or a quarter of it below zero, requantised once; what
// is dead is zero.

module leaky_relu_slopes #(
    parameter integer VALUES = 3,
    parameter integer INPUT_WIDTH = 4,
    parameter integer INPUT_SIGNED = 1,
    parameter integer ROUNDING = 6,
    parameter [VALUES-1:0] LIVE = 3'b101
) (
    input wire [VALUES*INPUT_WIDTH-1:0] data_i
);

  // The output is half as fine as the input: a number has three bits more than its output, two of
  // which the slope gives it, and is brought to a point one bit finer.
  localparam integer HALVINGS = 2;
  localparam integer PRODUCT_SHIFT = 1;
  localparam integer SHIFT = HALVINGS + PRODUCT_SHIFT + 1;
  localparam integer WIDTH = 3;
  localparam integer ACC_WIDTH = INPUT_WIDTH + HALVINGS + PRODUCT_SHIFT + 1;

  wire [VALUES*WIDTH-1:0] found;

  leaky_relu #(
      .VALUES       (VALUES),
      .HALVINGS     (HALVINGS),
      .INPUT_WIDTH  (INPUT_WIDTH),
      .INPUT_SIGNED (INPUT_SIGNED),
      .PRODUCT_SHIFT(PRODUCT_SHIFT),
      .ACC_WIDTH    (ACC_WIDTH),
      .SHIFT        (SHIFT),
      .OUT_WIDTH    (WIDTH),
      .OUT_SIGNED   (INPUT_SIGNED),
      .ROUNDING     (ROUNDING),
      .LIVE         (LIVE)
  ) dut (
      .data_i(data_i),
      .data_o(found)
  );

  generate
    genvar value;
    for (value = 0; value < VALUES; value = value + 1) begin : g_value
      reg signed [INPUT_WIDTH:0] number;
      reg signed [ACC_WIDTH-1:0] eighths;
      wire [WIDTH-1:0] right;

      always @* begin
        number = {
          INPUT_SIGNED != 0 && data_i[value*INPUT_WIDTH+INPUT_WIDTH-1],
          data_i[value*INPUT_WIDTH+:INPUT_WIDTH]
        };
        if (!LIVE[value]) number = 0;
        eighths = (number < 0) ? 2 * number : 8 * number;
      end

      requantise_number #(
          .ACC_WIDTH (ACC_WIDTH),
          .SHIFT     (SHIFT),
          .OUT_WIDTH (WIDTH),
          .OUT_SIGNED(INPUT_SIGNED),
          .ROUNDING  (ROUNDING)
      ) u_number (
          .acc_i (eighths),
          .data_o(right)
      );

      always @* assert (found[value*WIDTH+:WIDTH] == right);
    end
  endgenerate

endmodule
