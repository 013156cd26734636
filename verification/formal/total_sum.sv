// SPDX-License-Identifier: Apache-2.0
//
// An output of a layer without weights is the exact sum of what is live, requantised.

module total_sum #(
    parameter integer INPUTS = 3,
    parameter integer INPUT_WIDTH = 3,
    parameter integer INPUT_SIGNED = 0,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer ACC_WIDTH = 6,
    parameter integer SHIFT = 2,
    parameter integer OUT_WIDTH = 3,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    parameter [INPUTS-1:0] LIVE = {INPUTS{1'b1}}
) (
    input wire [INPUTS*INPUT_WIDTH-1:0] data_i
);

  localparam integer WIDE = ACC_WIDTH + INPUT_WIDTH + 4;

  wire [OUT_WIDTH-1:0] found;
  wire [OUT_WIDTH-1:0] right;
  wire [WIDE-1:0] sum;

  total #(
      .INPUTS       (INPUTS),
      .INPUT_WIDTH  (INPUT_WIDTH),
      .INPUT_SIGNED (INPUT_SIGNED),
      .PRODUCT_SHIFT(PRODUCT_SHIFT),
      .ACC_WIDTH    (ACC_WIDTH),
      .SHIFT        (SHIFT),
      .OUT_WIDTH    (OUT_WIDTH),
      .OUT_SIGNED   (OUT_SIGNED),
      .ROUNDING     (ROUNDING),
      .OVERFLOW     (0),
      .RELU         (0),
      .LIVE         (LIVE)
  ) dut (
      .data_i(data_i),
      .data_o(found)
  );

  // What is live counts once, what is dead not at all.
  products_sum #(
      .INPUTS       (INPUTS),
      .INPUT_WIDTH  (INPUT_WIDTH),
      .INPUT_SIGNED (INPUT_SIGNED),
      .WEIGHT_WIDTH (1),
      .WEIGHT_SIGNED(0),
      .ADDEND_WIDTH (1),
      .WIDE         (WIDE)
  ) u_sum (
      .data_i    (data_i),
      .weight_i  (LIVE),
      .addend_i  (1'b0),
      .products_o(sum),
      .addend_o  ()
  );

  requantise_number #(
      .ACC_WIDTH (WIDE),
      .SHIFT     (SHIFT),
      .OUT_WIDTH (OUT_WIDTH),
      .OUT_SIGNED(OUT_SIGNED),
      .ROUNDING  (ROUNDING)
  ) u_number (
      .acc_i (sum << PRODUCT_SHIFT),
      .data_o(right)
  );

  always @* assert (found == right);

endmodule
