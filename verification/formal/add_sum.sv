// SPDX-License-Identifier: Apache-2.0
//
// Each output of a sum of nodes is the exact sum of what they have at its place, requantised; what
// is dead counts as zero.

module add_sum #(
    parameter integer OPERANDS = 3,
    parameter integer VALUES = 4,
    parameter integer INPUT_WIDTH = 3,
    parameter integer INPUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    // A value of two of the nodes is dead, and one of the third.
    parameter [OPERANDS*VALUES-1:0] LIVE = 12'b1101_1011_1011
) (
    input wire [OPERANDS*VALUES*INPUT_WIDTH-1:0] data_i
);

  localparam integer SHIFT = 1;
  localparam integer WIDTH = 3;
  localparam integer ACC_WIDTH = INPUT_WIDTH + 3;

  wire [VALUES*WIDTH-1:0] found;

  add #(
      .OPERANDS    (OPERANDS),
      .VALUES      (VALUES),
      .INPUT_WIDTH (INPUT_WIDTH),
      .INPUT_SIGNED(INPUT_SIGNED),
      .ACC_WIDTH   (ACC_WIDTH),
      .SHIFT       (SHIFT),
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
    genvar value;
    for (value = 0; value < VALUES; value = value + 1) begin : g_value
      reg signed [ACC_WIDTH-1:0] sum;
      reg signed [INPUT_WIDTH:0] term;
      wire [WIDTH-1:0] right;
      integer place;

      always @* begin
        sum = 0;
        for (place = value; place < OPERANDS * VALUES; place = place + VALUES) begin
          term = {
            INPUT_SIGNED != 0 && data_i[place*INPUT_WIDTH+INPUT_WIDTH-1],
            data_i[place*INPUT_WIDTH+:INPUT_WIDTH]
          };
          if (LIVE[place]) sum = sum + term;
        end
      end

      requantise_number #(
          .ACC_WIDTH (ACC_WIDTH),
          .SHIFT     (SHIFT),
          .OUT_WIDTH (WIDTH),
          .OUT_SIGNED(INPUT_SIGNED),
          .ROUNDING  (ROUNDING)
      ) u_number (
          .acc_i (sum),
          .data_o(right)
      );

      always @* assert (found[value*WIDTH+:WIDTH] == right);
    end
  endgenerate

endmodule
