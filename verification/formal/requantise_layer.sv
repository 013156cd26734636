// SPDX-License-Identifier: Apache-2.0
//
// One mode of one layer.

module requantise_layer #(
    parameter integer ACC_WIDTH = 20,
    parameter integer SHIFT = 5,
    parameter integer OUT_WIDTH = 8,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 1
) (
    input wire [ACC_WIDTH-1:0] acc_i
);

  wire [OUT_WIDTH-1:0] found;
  wire [OUT_WIDTH-1:0] right;

  requantise #(
      .ACC_WIDTH (ACC_WIDTH),
      .SHIFT     (SHIFT),
      .OUT_WIDTH (OUT_WIDTH),
      .OUT_SIGNED(OUT_SIGNED),
      .ROUNDING  (ROUNDING),
      .OVERFLOW  (OVERFLOW),
      .RELU      (RELU)
  ) dut (
      .acc_i (acc_i),
      .data_o(found)
  );

  requantise_number #(
      .ACC_WIDTH (ACC_WIDTH),
      .SHIFT     (SHIFT),
      .OUT_WIDTH (OUT_WIDTH),
      .OUT_SIGNED(OUT_SIGNED),
      .ROUNDING  (ROUNDING),
      .OVERFLOW  (OVERFLOW),
      .RELU      (RELU)
  ) u_right (
      .acc_i (acc_i),
      .data_o(right)
  );

  always @* assert (found == right);

endmodule
