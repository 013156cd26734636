// SPDX-License-Identifier: Apache-2.0
//
// Accumulator to activation: round, then overflow, then ReLU, once a layer.
//   ROUNDING 0 TRN (floor), 1 RND (half up), 2 RND_CONV (half to even)
//   OVERFLOW 0 SAT, 1 WRAP
// The accumulator is signed; SHIFT is its fraction bits minus those of the output (>= 0).

module requantise #(
    parameter integer ACC_WIDTH = 20,
    parameter integer SHIFT = 5,
    parameter integer OUT_WIDTH = 8,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 2,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 1
) (
    input  wire [ACC_WIDTH-1:0] acc_i,
    output wire [OUT_WIDTH-1:0] data_o
);

  // One bit more than the accumulator (or the shift) needs: rounding up then cannot overflow.
  localparam integer WIDE = ((ACC_WIDTH > SHIFT) ? ACC_WIDTH : SHIFT + 1) + 1;
  localparam integer VALUE = WIDE - SHIFT;
  // Two bits more than the output: both overflow tests below then have a range to look at.
  localparam integer FULL = ((VALUE > OUT_WIDTH + 1) ? VALUE : OUT_WIDTH + 1) + 1;

  wire [WIDE-1:0] wide;
  wire [VALUE-1:0] floored;
  wire [VALUE-1:0] rounded;
  wire [FULL-1:0] full;
  wire [OUT_WIDTH-1:0] limited;
  wire carry;

  assign wide = {{(WIDE - ACC_WIDTH) {acc_i[ACC_WIDTH-1]}}, acc_i};
  assign floored = wide[WIDE-1:SHIFT];

  generate
    if (SHIFT == 0 || ROUNDING == 0) begin : g_trn
      assign carry = 1'b0;
      if (SHIFT != 0) begin : g_dropped
        wire unused_fraction;
        assign unused_fraction = ^wide[SHIFT-1:0];
      end
    end else if (ROUNDING == 1) begin : g_rnd
      assign carry = wide[SHIFT-1];
      if (SHIFT != 1) begin : g_dropped
        wire unused_fraction;
        assign unused_fraction = ^wide[SHIFT-2:0];
      end
    end else if (SHIFT == 1) begin : g_rnd_conv_tie
      assign carry = wide[0] && wide[1];
    end else begin : g_rnd_conv
      assign carry = wide[SHIFT-1] && ((|wide[SHIFT-2:0]) || wide[SHIFT]);
    end
  endgenerate

  assign rounded = floored + {{(VALUE - 1) {1'b0}}, carry};
  assign full = {{(FULL - VALUE) {rounded[VALUE-1]}}, rounded};

  generate
    if (OVERFLOW == 1) begin : g_wrap
      wire unused_high;
      assign unused_high = ^full[FULL-1:OUT_WIDTH];
      assign limited = full[OUT_WIDTH-1:0];
    end else if (OUT_SIGNED != 0) begin : g_sat_signed
      wire fits;
      assign fits = (&full[FULL-1:OUT_WIDTH-1]) || !(|full[FULL-1:OUT_WIDTH-1]);
      assign limited =
          fits ? full[OUT_WIDTH-1:0] : {full[FULL-1], {(OUT_WIDTH - 1) {!full[FULL-1]}}};
    end else begin : g_sat_unsigned
      wire over;
      assign over = |full[FULL-2:OUT_WIDTH];
      assign limited = full[FULL-1] ? {OUT_WIDTH{1'b0}} : (full[OUT_WIDTH-1:0] | {OUT_WIDTH{over}});
    end

    if (RELU != 0 && OUT_SIGNED != 0) begin : g_relu
      assign data_o = limited[OUT_WIDTH-1] ? {OUT_WIDTH{1'b0}} : limited;
    end else begin : g_linear
      // An unsigned output has no negative value left to clip.
      assign data_o = limited;
    end
  endgenerate

endmodule
