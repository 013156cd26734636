// SPDX-License-Identifier: Apache-2.0
//
// The weights and biases of those units of a dense layer that are computed in the phase that
// follows: in phase p the p-th of PHASES equal parts. They are to be registered in front of the layer.
// While nothing valid is there, it is the first part, so that whatever comes finds the right one, and
// the layer stands still. Indices as in dense.

module unit_select #(
    parameter integer PHASES = 4,
    parameter integer INPUTS = 128,
    parameter integer UNITS = 16,
    parameter integer WEIGHT_WIDTH = 6,
    parameter integer BIAS_WIDTH = 6
) (
    input  wire                                        valid_i,
    input  wire [                          PHASES-1:0] phase_i,
    input  wire [       INPUTS*UNITS*WEIGHT_WIDTH-1:0] kernel_i,
    input  wire [                UNITS*BIAS_WIDTH-1:0] bias_i,
    output wire [INPUTS*UNITS*WEIGHT_WIDTH/PHASES-1:0] kernel_o,
    output wire [         UNITS*BIAS_WIDTH/PHASES-1:0] bias_o
);

  localparam integer ROW = UNITS * WEIGHT_WIDTH / PHASES;
  localparam integer BIASES = UNITS * BIAS_WIDTH / PHASES;

  wire [PHASES-1:0] on;
  assign on[0] = phase_i[PHASES-1] || !valid_i;
  assign on[PHASES-1:1] = phase_i[PHASES-2:0] & {(PHASES - 1) {valid_i}};

  reg [INPUTS*ROW-1:0] kernel;
  reg [BIASES-1:0] bias;
  integer phase;
  integer index;

  always @* begin
    kernel = {(INPUTS * ROW) {1'b0}};
    bias   = {BIASES{1'b0}};
    for (phase = 0; phase < PHASES; phase = phase + 1) begin
      bias = bias | ({BIASES{on[phase]}} & bias_i[phase*BIASES+:BIASES]);
      for (index = 0; index < INPUTS; index = index + 1) begin
        kernel[index*ROW+:ROW] = kernel[index*ROW+:ROW] |
            ({ROW{on[phase]}} & kernel_i[(index*PHASES+phase)*ROW+:ROW]);
      end
    end
  end

  assign kernel_o = kernel;
  assign bias_o   = bias;

endmodule
