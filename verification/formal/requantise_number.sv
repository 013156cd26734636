// SPDX-License-Identifier: Apache-2.0
//
// A number in units of 2^-SHIFT, brought to a fixed-point type in one mode: the two whole numbers
// around it are divided out and one is chosen, limits are compared with. ROUNDING and OVERFLOW are
// numbered as in rtl/requantise.v; nothing else is taken from there.

module requantise_number #(
    parameter integer ACC_WIDTH = 7,
    parameter integer SHIFT = 2,
    parameter integer OUT_WIDTH = 3,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 0
) (
    input  wire signed [ACC_WIDTH-1:0] acc_i,
    output reg         [OUT_WIDTH-1:0] data_o
);

  localparam integer WIDE = ACC_WIDTH + SHIFT + OUT_WIDTH + 3;
  localparam signed [WIDE-1:0] ONE = 1;
  localparam signed [WIDE-1:0] UNIT = ONE << SHIFT;
  localparam signed [WIDE-1:0] SPAN = ONE << OUT_WIDTH;
  localparam signed [WIDE-1:0] LAST = ((OUT_SIGNED != 0) ? SPAN / 2 : SPAN) - ONE;
  localparam signed [WIDE-1:0] FIRST = (OUT_SIGNED == 0) ? 0 : -(SPAN / 2);
  localparam signed [WIDE-1:0] LOWEST = FIRST + ((OVERFLOW == 2 && OUT_SIGNED != 0) ? ONE : 0);

  reg signed [WIDE-1:0] value;
  reg signed [WIDE-1:0] below;
  reg signed [WIDE-1:0] rest;
  reg signed [WIDE-1:0] whole;
  reg signed [WIDE-1:0] limited;
  reg up;

  always @* begin
    value = acc_i;
    below = value >>> SHIFT;
    rest = value - (below <<< SHIFT);
    case (ROUNDING)
      0: up = 1'b0;
      1: up = value < 0 && rest != 0;
      2: up = 2 * rest >= UNIT;
      3: up = 2 * rest > UNIT || (2 * rest == UNIT && value < 0);
      4: up = 2 * rest > UNIT || (2 * rest == UNIT && value > 0);
      5: up = 2 * rest > UNIT;
      6: up = 2 * rest > UNIT || (2 * rest == UNIT && below[0]);
      default: up = 2 * rest > UNIT || (2 * rest == UNIT && !below[0]);
    endcase
    whole = (up && rest != 0) ? below + ONE : below;

    limited = whole;
    if (OVERFLOW != 3 && (whole > LAST || whole < LOWEST)) begin
      limited = (OVERFLOW == 1) ? 0 : (whole > LAST) ? LAST : LOWEST;
    end
    data_o = limited[OUT_WIDTH-1:0];
    if (RELU != 0 && OUT_SIGNED != 0 && data_o[OUT_WIDTH-1]) data_o = 0;
  end

endmodule
