// SPDX-License-Identifier: Apache-2.0
//
// One output of a layer: products in groups of at most GROUP taps, bias, requantisation.
// INPUTS = 0 is allowed: an output without a live tap is the requantised bias.
// No node can overflow: ACC_WIDTH is derived from the worst case of the whole layer, and a group
// sum that is narrower is as wide as its own worst case.

module neuron #(
    parameter integer INPUTS = 9,
    parameter integer GROUP = 16,
    parameter integer INPUT_WIDTH = 8,
    parameter integer INPUT_SIGNED = 0,
    parameter integer WEIGHT_WIDTH = 6,
    parameter integer WEIGHT_SIGNED = 1,
    parameter integer BIAS_WIDTH = 6,
    parameter integer BIAS_SIGNED = 1,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer BIAS_SHIFT = 7,
    parameter integer ACC_WIDTH = 20,
    parameter integer SHIFT = 5,
    parameter integer OUT_WIDTH = 8,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 1,
    // Ports keep one tap when there is none: Verilog has no vector of no bits.
    parameter integer PORT_INPUTS = (INPUTS > 0) ? INPUTS : 1
) (
    input  wire [ PORT_INPUTS*INPUT_WIDTH-1:0] data_i,
    input  wire [PORT_INPUTS*WEIGHT_WIDTH-1:0] weight_i,
    input  wire [              BIAS_WIDTH-1:0] bias_i,
    output wire [               OUT_WIDTH-1:0] data_o
);

  localparam integer GROUPS = (INPUTS + GROUP - 1) / GROUP;
  localparam integer PRODUCT_WIDTH =
      INPUT_WIDTH + WEIGHT_WIDTH + ((INPUT_SIGNED == 0 && WEIGHT_SIGNED == 0) ? 1 : 0);

  // Operands of which all but one bit are useless leave an accumulator no wider than they are;
  // one bit more than each is then kept, because Verilog cannot repeat a sign no times.
  localparam integer FACTOR = (INPUT_WIDTH > WEIGHT_WIDTH) ? INPUT_WIDTH : WEIGHT_WIDTH;
  localparam integer OPERAND = (BIAS_WIDTH > FACTOR) ? BIAS_WIDTH : FACTOR;
  localparam integer TOTAL_WIDTH = (ACC_WIDTH > OPERAND) ? ACC_WIDTH : OPERAND + 1;

  wire [(GROUPS+1)*TOTAL_WIDTH-1:0] partial;
  wire [TOTAL_WIDTH-1:0] bias;

  assign bias = {{(TOTAL_WIDTH - BIAS_WIDTH) {(BIAS_SIGNED != 0) && bias_i[BIAS_WIDTH-1]}}, bias_i};
  assign partial[TOTAL_WIDTH-1:0] = bias << BIAS_SHIFT;

  generate
    genvar group;
    for (group = 0; group < GROUPS; group = group + 1) begin : g_group
      localparam integer FIRST = group * GROUP;
      localparam integer TAPS = (INPUTS - FIRST > GROUP) ? GROUP : INPUTS - FIRST;
      localparam integer WORST = PRODUCT_WIDTH + $clog2(TAPS);
      localparam integer SUM_WIDTH = (WORST < TOTAL_WIDTH) ? WORST : TOTAL_WIDTH;

      wire [SUM_WIDTH-1:0] sum;
      wire [TOTAL_WIDTH-1:0] term;

      mac #(
          .INPUTS       (TAPS),
          .INPUT_WIDTH  (INPUT_WIDTH),
          .INPUT_SIGNED (INPUT_SIGNED),
          .WEIGHT_WIDTH (WEIGHT_WIDTH),
          .WEIGHT_SIGNED(WEIGHT_SIGNED),
          .SUM_WIDTH    (SUM_WIDTH)
      ) u_mac (
          .data_i  (data_i[FIRST*INPUT_WIDTH+:TAPS*INPUT_WIDTH]),
          .weight_i(weight_i[FIRST*WEIGHT_WIDTH+:TAPS*WEIGHT_WIDTH]),
          .sum_o   (sum)
      );

      assign term = {{(TOTAL_WIDTH - SUM_WIDTH + 1) {sum[SUM_WIDTH-1]}}, sum[SUM_WIDTH-2:0]};
      assign partial[(group+1)*TOTAL_WIDTH+:TOTAL_WIDTH] =
          partial[group*TOTAL_WIDTH+:TOTAL_WIDTH] + (term << PRODUCT_SHIFT);
    end

    if (INPUTS == 0) begin : g_no_taps
      wire unused_taps;
      assign unused_taps = ^{data_i, weight_i};
    end
  endgenerate

  requantise #(
      .ACC_WIDTH (TOTAL_WIDTH),
      .SHIFT     (SHIFT),
      .OUT_WIDTH (OUT_WIDTH),
      .OUT_SIGNED(OUT_SIGNED),
      .ROUNDING  (ROUNDING),
      .OVERFLOW  (OVERFLOW),
      .RELU      (RELU)
  ) u_requantise (
      .acc_i (partial[GROUPS*TOTAL_WIDTH+:TOTAL_WIDTH]),
      .data_o(data_o)
  );

endmodule
