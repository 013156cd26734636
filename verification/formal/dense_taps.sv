// SPDX-License-Identifier: Apache-2.0
//
// Each output of a fully connected layer is the sum of the products of all inputs that are not dead.

module dense_taps #(
    parameter integer INPUTS = 5,
    parameter integer UNITS = 3,
    parameter integer WEIGHT_WIDTH = 2,
    parameter integer BIAS_WIDTH = 2,
    parameter [INPUTS-1:0] LIVE = 5'b10110
) (
    input wire [                    INPUTS-1:0] data_i,
    input wire [INPUTS*UNITS*WEIGHT_WIDTH-1:0] kernel_i,
    input wire [          UNITS*BIAS_WIDTH-1:0] bias_i
);

  localparam integer WIDTH = 6;

  wire [UNITS*WIDTH-1:0] found;

  dense #(
      .INPUTS      (INPUTS),
      .UNITS       (UNITS),
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

  generate
    genvar unit;
    for (unit = 0; unit < UNITS; unit = unit + 1) begin : g_unit
      reg signed [WIDTH-1:0] right;
      reg signed [WEIGHT_WIDTH-1:0] weight;
      reg signed [BIAS_WIDTH-1:0] bias;
      integer index;
      always @* begin
        bias  = bias_i[unit*BIAS_WIDTH+:BIAS_WIDTH];
        right = bias;
        for (index = 0; index < INPUTS; index = index + 1) begin
          weight = kernel_i[(index*UNITS+unit)*WEIGHT_WIDTH+:WEIGHT_WIDTH];
          if (data_i[index] && LIVE[index]) right = right + weight;
        end
        assert (found[unit*WIDTH+:WIDTH] == right);
      end
    end
  endgenerate

endmodule
