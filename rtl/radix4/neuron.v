// SPDX-License-Identifier: Apache-2.0
//
// One output of a layer, as rtl/neuron.v in ports and answers: all products and the bias in one sum
// by radix-4 digits, requantised.
// INPUTS = 0 is allowed: an output without a live tap is the requantised bias.
// No node can overflow: ACC_WIDTH is derived from the worst case of the whole layer.
// Half a step that rounding to nearest adds is in the word that stands still, with the bias: what is
// left of rounding is to drop bits, and RND_CONV makes even what lay half way. An adder behind the
// sum would make the glitches of its highest bits anew.

module neuron #(
    parameter integer INPUTS = 9,
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

  // As wide as the operands too: of some all but one bit are useless, and the accumulator narrower.
  localparam integer FACTOR = (INPUT_WIDTH > WEIGHT_WIDTH) ? INPUT_WIDTH : WEIGHT_WIDTH;
  localparam integer OPERAND = (BIAS_WIDTH > FACTOR) ? BIAS_WIDTH : FACTOR;
  localparam integer NEEDED = OPERAND + 1 + PRODUCT_SHIFT;
  localparam integer EXACT_WIDTH = (ACC_WIDTH > NEEDED) ? ACC_WIDTH : NEEDED;
  // Numbered as in requantise.v.
  localparam integer TRN = 0;
  localparam integer RND = 2;
  localparam integer RND_CONV = 6;
  localparam integer AHEAD = (SHIFT > 0 && (ROUNDING == RND || ROUNDING == RND_CONV)) ? 1 : 0;
  // One bit more, so that half a step more cannot overflow.
  localparam integer TOTAL_WIDTH = (AHEAD == 0) ? EXACT_WIDTH :
      ((EXACT_WIDTH > SHIFT) ? EXACT_WIDTH : SHIFT) + 1;
  localparam [TOTAL_WIDTH-1:0] ONE = 1;
  localparam [TOTAL_WIDTH-1:0] HALF = (AHEAD != 0) ? ONE << (SHIFT - AHEAD) :
      {TOTAL_WIDTH{1'b0}};
  localparam integer SUM_WIDTH = TOTAL_WIDTH - PRODUCT_SHIFT;

  wire [TOTAL_WIDTH-1:0] bias;
  wire [TOTAL_WIDTH-1:0] aligned;
  wire [TOTAL_WIDTH-1:0] total;
  wire [TOTAL_WIDTH-1:0] rounded;

  assign bias = {{(TOTAL_WIDTH - BIAS_WIDTH) {(BIAS_SIGNED != 0) && bias_i[BIAS_WIDTH-1]}}, bias_i};
  assign aligned = (bias << BIAS_SHIFT) + HALF;

  generate
    if (INPUTS == 0) begin : g_no_taps
      wire unused_taps;
      assign unused_taps = ^{data_i, weight_i};
      assign total = aligned;
    end else begin : g_taps
      radix4_sum #(
          .INPUTS       (INPUTS),
          .INPUT_WIDTH  (INPUT_WIDTH),
          .INPUT_SIGNED (INPUT_SIGNED),
          .WEIGHT_WIDTH (WEIGHT_WIDTH),
          .WEIGHT_SIGNED(WEIGHT_SIGNED),
          .SUM_WIDTH    (SUM_WIDTH)
      ) u_sum (
          .data_i  (data_i),
          .weight_i(weight_i),
          .addend_i(aligned[TOTAL_WIDTH-1:PRODUCT_SHIFT]),
          .sum_o   (total[TOTAL_WIDTH-1:PRODUCT_SHIFT])
      );
      if (PRODUCT_SHIFT > 0) begin : g_below
        // The bits of the bias below the products.
        assign total[PRODUCT_SHIFT-1:0] = aligned[PRODUCT_SHIFT-1:0];
      end
    end

    if (AHEAD != 0 && ROUNDING == RND_CONV) begin : g_even
      wire tie;
      assign tie = ~|total[SHIFT-1:0];
      assign rounded = total & ~({{(TOTAL_WIDTH - 1) {1'b0}}, tie} << SHIFT);
    end else begin : g_as_it_is
      assign rounded = total;
    end
  endgenerate

  requantise #(
      .ACC_WIDTH (TOTAL_WIDTH),
      .SHIFT     (SHIFT),
      .OUT_WIDTH (OUT_WIDTH),
      .OUT_SIGNED(OUT_SIGNED),
      .ROUNDING  ((AHEAD != 0) ? TRN : ROUNDING),
      .OVERFLOW  (OVERFLOW),
      .RELU      (RELU)
  ) u_requantise (
      .acc_i (rounded),
      .data_o(data_o)
  );

endmodule
