// SPDX-License-Identifier: Apache-2.0
//
// Both leaves, of multipliers and of radix-4 digits in a heap, are the sum they stand for.

module sums_of_products #(
    parameter integer INPUTS = 2,
    parameter integer INPUT_WIDTH = 3,
    parameter integer INPUT_SIGNED = 0,
    parameter integer WEIGHT_WIDTH = 3,
    parameter integer WEIGHT_SIGNED = 1,
    parameter integer SUM_WIDTH = 8
) (
    input wire [ INPUTS*INPUT_WIDTH-1:0] data_i,
    input wire [INPUTS*WEIGHT_WIDTH-1:0] weight_i,
    input wire [          SUM_WIDTH-1:0] addend_i
);

  localparam integer WIDE = SUM_WIDTH + 4;

  wire [SUM_WIDTH-1:0] multiplied;
  wire [SUM_WIDTH-1:0] radix4;
  wire [WIDE-1:0] products;
  wire [WIDE-1:0] addend;
  wire [WIDE-1:0] total;

  mac #(
      .INPUTS       (INPUTS),
      .INPUT_WIDTH  (INPUT_WIDTH),
      .INPUT_SIGNED (INPUT_SIGNED),
      .WEIGHT_WIDTH (WEIGHT_WIDTH),
      .WEIGHT_SIGNED(WEIGHT_SIGNED),
      .SUM_WIDTH    (SUM_WIDTH)
  ) dut_mac (
      .data_i  (data_i),
      .weight_i(weight_i),
      .sum_o   (multiplied)
  );

  radix4_sum #(
      .INPUTS       (INPUTS),
      .INPUT_WIDTH  (INPUT_WIDTH),
      .INPUT_SIGNED (INPUT_SIGNED),
      .WEIGHT_WIDTH (WEIGHT_WIDTH),
      .WEIGHT_SIGNED(WEIGHT_SIGNED),
      .SUM_WIDTH    (SUM_WIDTH)
  ) dut_radix4 (
      .data_i  (data_i),
      .weight_i(weight_i),
      .addend_i(addend_i),
      .sum_o   (radix4)
  );

  products_sum #(
      .INPUTS       (INPUTS),
      .INPUT_WIDTH  (INPUT_WIDTH),
      .INPUT_SIGNED (INPUT_SIGNED),
      .WEIGHT_WIDTH (WEIGHT_WIDTH),
      .WEIGHT_SIGNED(WEIGHT_SIGNED),
      .ADDEND_WIDTH (SUM_WIDTH),
      .WIDE         (WIDE)
  ) u_right (
      .data_i    (data_i),
      .weight_i  (weight_i),
      .addend_i  (addend_i),
      .products_o(products),
      .addend_o  (addend)
  );

  assign total = products + addend;

  always @* begin
    assert (multiplied == products[SUM_WIDTH-1:0]);
    assert (radix4 == total[SUM_WIDTH-1:0]);
  end

endmodule
