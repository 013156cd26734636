// SPDX-License-Identifier: Apache-2.0
//
// The bias of an output with all products of inputs that do not depend on the event, as one number in
// the format of the accumulator. Each of these inputs stands at POSITIONS positions with the same
// value: one product of it with the sum of its weights is all of theirs.
// weight_i: position by position, the weights of all inputs.
// ACC_WIDTH is that of the whole layer, of which this is a part: nothing can overflow.

module still_neuron #(
    parameter integer INPUTS = 8,
    parameter integer POSITIONS = 4,
    parameter integer INPUT_WIDTH = 8,
    parameter integer INPUT_SIGNED = 0,
    parameter integer WEIGHT_WIDTH = 6,
    parameter integer WEIGHT_SIGNED = 1,
    parameter integer BIAS_WIDTH = 6,
    parameter integer BIAS_SIGNED = 1,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer BIAS_SHIFT = 7,
    parameter integer ACC_WIDTH = 20
) (
    input  wire [           INPUTS*INPUT_WIDTH-1:0] data_i,
    input  wire [POSITIONS*INPUTS*WEIGHT_WIDTH-1:0] weight_i,
    input  wire [                   BIAS_WIDTH-1:0] bias_i,
    output wire [                    ACC_WIDTH-1:0] acc_o
);

  localparam integer GROWTH = $clog2(POSITIONS);
  localparam integer TOTAL_WIDTH = WEIGHT_WIDTH + GROWTH;
  localparam integer WRAP = 3;

  // One bit more than the totals need: Verilog cannot repeat a sign no times.
  reg signed [TOTAL_WIDTH:0] total;
  reg [INPUTS*TOTAL_WIDTH-1:0] totals;
  integer index;
  integer position;

  always @* begin
    for (index = 0; index < INPUTS; index = index + 1) begin
      total = {(TOTAL_WIDTH + 1) {1'b0}};
      for (position = 0; position < POSITIONS; position = position + 1) begin
        total = total + {
          {(GROWTH + 1) {
            (WEIGHT_SIGNED != 0) && weight_i[(position*INPUTS+index+1)*WEIGHT_WIDTH-1]
          }},
          weight_i[(position*INPUTS+index)*WEIGHT_WIDTH+:WEIGHT_WIDTH]
        };
      end
      totals[index*TOTAL_WIDTH+:TOTAL_WIDTH] = total[TOTAL_WIDTH-1:0];
    end
  end

  // Without a shift, and as wide as the accumulator: the sum as it is.
  neuron #(
      .INPUTS       (INPUTS),
      .INPUT_WIDTH  (INPUT_WIDTH),
      .INPUT_SIGNED (INPUT_SIGNED),
      .WEIGHT_WIDTH (TOTAL_WIDTH),
      .WEIGHT_SIGNED(WEIGHT_SIGNED),
      .BIAS_WIDTH   (BIAS_WIDTH),
      .BIAS_SIGNED  (BIAS_SIGNED),
      .PRODUCT_SHIFT(PRODUCT_SHIFT),
      .BIAS_SHIFT   (BIAS_SHIFT),
      .ACC_WIDTH    (ACC_WIDTH),
      .SHIFT        (0),
      .OUT_WIDTH    (ACC_WIDTH),
      .OUT_SIGNED   (1),
      .ROUNDING     (0),
      .OVERFLOW     (WRAP),
      .RELU         (0)
  ) u_neuron (
      .data_i  (data_i),
      .weight_i(totals),
      .bias_i  (bias_i),
      .data_o  (acc_o)
  );

endmodule
