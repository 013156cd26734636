// SPDX-License-Identifier: Apache-2.0
//
// One radix-4 digit of many weights, times as many numbers: bits to be added up. Bits of all taps of
// one significance lie side by side: bit t of a word is of tap t.
// A digit is -1, 0, 1 or 2 and a carry to the digit above, of two bits and the carry from below; the
// TOP digit holds the sign of the weight, is -2 to 2 and has no carry. Weights stand still while
// data stream: what depends on digits alone costs no energy, and a bit of the product is one
// complex gate.
// rows_o: the complements of the products' bits, since that is what such a gate gives. Added up as
// positive bits they make 2^(DATA_WIDTH + 1) - 1 (2^DATA_WIDTH - 1 where data are signed) less the
// product, once minus_o is minded: a negative product is made by complement alone, and misses
//   1                    where data are signed (two's complement),
//   1 - 2^DATA_WIDTH     where they are not,
//   1 - 2^(DATA_WIDTH+1) where they are not, in the TOP digit.

module radix4_digit #(
    parameter integer TAPS = 16,
    parameter integer DATA_WIDTH = 8,
    parameter integer DATA_SIGNED = 0,
    parameter integer TOP = 0
) (
    // Bit planes, the lowest bits of all taps first.
    input  wire [    DATA_WIDTH*TAPS-1:0] data_i,
    input  wire [             2*TAPS-1:0] weight_i,
    input  wire [               TAPS-1:0] carry_i,
    output wire [(DATA_WIDTH+1)*TAPS-1:0] rows_o,
    output wire [               TAPS-1:0] minus_o,
    output wire [               TAPS-1:0] carry_o
);

  localparam [TAPS-1:0] ZERO = {TAPS{1'b0}};

  wire [TAPS-1:0] low;
  wire [TAPS-1:0] high;
  wire [TAPS-1:0] odd;
  wire [TAPS-1:0] twice;
  wire [TAPS-1:0] sign;
  // Once and twice the data, with the sign above, and their products with the digits.
  wire [(DATA_WIDTH+1)*TAPS-1:0] single;
  wire [(DATA_WIDTH+1)*TAPS-1:0] double;
  wire [(DATA_WIDTH+1)*TAPS-1:0] product;

  assign low = weight_i[TAPS-1:0];
  assign high = weight_i[2*TAPS-1:TAPS];
  assign odd = low ^ carry_i;
  assign sign = (DATA_SIGNED != 0) ? data_i[(DATA_WIDTH-1)*TAPS+:TAPS] : ZERO;
  assign single = {sign, data_i};
  assign double = {data_i, ZERO};

  generate
    if (TOP != 0) begin : g_top
      assign twice = (high & ~low & ~carry_i) | (~high & low & carry_i);
      assign minus_o = high;
      assign carry_o = ZERO;
      assign product = (({(DATA_WIDTH + 1) {odd}} & single) |
                        ({(DATA_WIDTH + 1) {twice}} & double)) ^ {(DATA_WIDTH + 1) {minus_o}};
    end else begin : g_low
      wire [TAPS-1:0] once;
      wire [(DATA_WIDTH+1)*TAPS-1:0] negative;
      assign once = odd & ~high;
      assign twice = ~odd & (high ^ (low & carry_i));
      assign minus_o = odd & high;
      assign carry_o = high & (low | carry_i);
      assign negative = {(DATA_SIGNED != 0) ? ~sign : ZERO, ~data_i};
      assign product = ({(DATA_WIDTH + 1) {once}} & single) |
          ({(DATA_WIDTH + 1) {minus_o}} & negative) | ({(DATA_WIDTH + 1) {twice}} & double);
    end
  endgenerate

  // A sign is negative: it counts as it is where the complement of all else counts.
  assign rows_o = ~product ^ {{TAPS{DATA_SIGNED != 0}}, {(DATA_WIDTH * TAPS) {1'b0}}};

endmodule
