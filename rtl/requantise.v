// SPDX-License-Identifier: Apache-2.0
//
// A number to another fixed-point type: round, then overflow, then ReLU, once a layer.
// ROUNDING and OVERFLOW carry the names of ac_fixed and are numbered as below.
//   ROUNDING 0 TRN (down), 1 TRN_ZERO (towards zero); the others go to nearest, with halves
//     2 RND up, 3 RND_ZERO towards zero, 4 RND_INF away from zero, 5 RND_MIN_INF down,
//     6 RND_CONV to even, 7 RND_CONV_ODD to odd
//   OVERFLOW 0 SAT (nearest end of the range), 1 SAT_ZERO (zero), 2 SAT_SYM (nearest end of the
//     range without the lowest code), 3 WRAP (low bits)
// The number is signed; SHIFT is its fraction bits minus those of the output (>= 0).

module requantise #(
    parameter integer ACC_WIDTH = 20,
    parameter integer SHIFT = 5,
    parameter integer OUT_WIDTH = 8,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 1
) (
    input  wire [ACC_WIDTH-1:0] acc_i,
    output wire [OUT_WIDTH-1:0] data_o
);

  localparam integer TRN = 0;
  localparam integer TRN_ZERO = 1;
  localparam integer RND = 2;
  localparam integer RND_ZERO = 3;
  localparam integer RND_INF = 4;
  localparam integer RND_CONV = 6;
  localparam integer RND_CONV_ODD = 7;
  localparam integer SAT_ZERO = 1;
  localparam integer SAT_SYM = 2;
  localparam integer WRAP = 3;

  // One bit more than the number (or the shift) needs: rounding up then cannot overflow.
  localparam integer WIDE = ((ACC_WIDTH > SHIFT) ? ACC_WIDTH : SHIFT + 1) + 1;
  localparam integer VALUE = WIDE - SHIFT;
  // Two bits more than the output: the overflow test below then has a range to look at.
  localparam integer FULL = ((VALUE > OUT_WIDTH + 1) ? VALUE : OUT_WIDTH + 1) + 1;
  localparam integer SIGN = (OUT_SIGNED != 0) ? 1 : 0;
  localparam [OUT_WIDTH-1:0] ONES = {OUT_WIDTH{1'b1}};
  localparam [OUT_WIDTH-1:0] ZERO = {OUT_WIDTH{1'b0}};
  localparam [OUT_WIDTH-1:0] LOWEST = (SIGN != 0) ? ONES ^ (ONES >> 1) : ZERO;

  wire [WIDE-1:0] wide;
  wire [VALUE-1:0] floored;
  wire [VALUE-1:0] rounded;
  wire [FULL-1:0] full;
  wire [OUT_WIDTH-1:0] limited;
  wire carry;

  assign wide = {{(WIDE - ACC_WIDTH) {acc_i[ACC_WIDTH-1]}}, acc_i};
  assign floored = wide[WIDE-1:SHIFT];

  generate
    if (SHIFT == 0) begin : g_exact
      assign carry = 1'b0;
    end else if (ROUNDING == TRN) begin : g_trn
      wire unused_fraction;
      assign unused_fraction = ^wide[SHIFT-1:0];
      assign carry = 1'b0;
    end else begin : g_round
      wire negative;
      wire odd;
      wire half;
      wire rest;
      wire tie_up;

      assign negative = wide[WIDE-1];
      assign odd = wide[SHIFT];
      assign half = wide[SHIFT-1];
      if (SHIFT == 1) begin : g_no_rest
        assign rest = 1'b0;
      end else begin : g_rest
        assign rest = |wide[SHIFT-2:0];
      end
      assign tie_up = (ROUNDING == RND) || ((ROUNDING == RND_ZERO) && negative) ||
          ((ROUNDING == RND_INF) && !negative) || ((ROUNDING == RND_CONV) && odd) ||
          ((ROUNDING == RND_CONV_ODD) && !odd);
      assign carry = (ROUNDING == TRN_ZERO) ? negative && (half || rest) : half && (rest || tie_up);
    end
  endgenerate

  assign rounded = floored + {{(VALUE - 1) {1'b0}}, carry};
  assign full = {{(FULL - VALUE) {rounded[VALUE-1]}}, rounded};

  generate
    if (OVERFLOW == WRAP) begin : g_wrap
      wire unused_high;
      assign unused_high = ^full[FULL-1:OUT_WIDTH];
      assign limited = full[OUT_WIDTH-1:0];
    end else begin : g_saturate
      // The bits above the output, with its sign where it has one: all alike where it fits.
      wire [FULL-OUT_WIDTH+SIGN-1:0] high;
      wire fits;
      wire [OUT_WIDTH-1:0] outside;
      wire [OUT_WIDTH-1:0] saturated;

      assign high = full[FULL-1:OUT_WIDTH-SIGN];
      assign fits = !(|high) || ((SIGN != 0) && (&high));
      assign outside = (OVERFLOW == SAT_ZERO) ? ZERO : LOWEST ^ {OUT_WIDTH{!full[FULL-1]}};
      assign saturated = fits ? full[OUT_WIDTH-1:0] : outside;
      if (OVERFLOW == SAT_SYM && SIGN != 0) begin : g_symmetric
        assign limited = (saturated == LOWEST) ? LOWEST + 1'b1 : saturated;
      end else begin : g_whole
        assign limited = saturated;
      end
    end

    if (RELU != 0 && OUT_SIGNED != 0) begin : g_relu
      assign data_o = limited[OUT_WIDTH-1] ? ZERO : limited;
    end else begin : g_linear
      // An unsigned output has no negative value left to clip.
      assign data_o = limited;
    end
  endgenerate

endmodule
