// SPDX-License-Identifier: Apache-2.0
//
// The converter in front of the encoder: calibrated charges to codes, and the module sum.
//   code = CALQ / 2^floor(log2(sum)), a number in [0, 2) whose sum over the cells is in [1, 2),
//   brought to the type of the codes: ROUNDING and OVERFLOW as in requantise, CODE_FRACTION bits
//   right of the point (negative where the LSB is above 1). No charge gives zero codes.
//   sum as 5E4M: v <= 15 is itself, else exponent floor(log2 v) - 3 and the four bits below the
//   leading one. A sum of at most 35 bits cannot reach the saturated exponent 31.

module normaliser #(
    parameter integer CELLS = 48,
    parameter integer CALQ_WIDTH = 22,
    parameter integer CODE_WIDTH = 8,
    parameter integer CODE_SIGNED = 0,
    parameter integer CODE_FRACTION = 7,
    parameter integer ROUNDING = 0,
    parameter integer OVERFLOW = 0
) (
    input  wire [CELLS*CALQ_WIDTH-1:0] calq_i,
    output wire [CELLS*CODE_WIDTH-1:0] code_o,
    output wire [                 8:0] sum_o
);

  localparam integer TOTAL_WIDTH = CALQ_WIDTH + $clog2(CELLS);
  localparam integer MSB_WIDTH = $clog2(TOTAL_WIDTH);

  // A quotient has PRECISION bits right of the point: those of the largest power of two. Of them the
  // rounding (numbered as in requantise) looks at FRACTION: no number is negative, so TRN and
  // TRN_ZERO round none up, and one bit says all that RND and RND_INF ask.
  localparam integer PRECISION = TOTAL_WIDTH - 1;
  localparam integer LOOKED_AT = (ROUNDING <= 1) ? CODE_FRACTION :
      (ROUNDING == 2 || ROUNDING == 4) ? CODE_FRACTION + 1 : PRECISION;
  localparam integer LARGEST = (LOOKED_AT < PRECISION) ? LOOKED_AT : PRECISION;
  localparam integer FRACTION = (LARGEST > 0) ? LARGEST : 0;

  integer cell_index;
  integer bit_index;
  reg [TOTAL_WIDTH-1:0] total;
  reg [MSB_WIDTH-1:0] msb;

  always @* begin
    total = {TOTAL_WIDTH{1'b0}};
    for (cell_index = 0; cell_index < CELLS; cell_index = cell_index + 1) begin
      total = total + {
        {(TOTAL_WIDTH - CALQ_WIDTH) {1'b0}}, calq_i[cell_index*CALQ_WIDTH+:CALQ_WIDTH]
      };
    end
  end

  always @* begin
    msb = {MSB_WIDTH{1'b0}};
    for (bit_index = 1; bit_index < TOTAL_WIDTH; bit_index = bit_index + 1) begin
      if (total[bit_index]) begin
        msb = bit_index[MSB_WIDTH-1:0];
      end
    end
  end

  generate
    genvar i;
    for (i = 0; i < CELLS; i = i + 1) begin : g_cell
      normaliser_cell #(
          .CALQ_WIDTH   (CALQ_WIDTH),
          .MSB_WIDTH    (MSB_WIDTH),
          .FRACTION     (FRACTION),
          .CODE_WIDTH   (CODE_WIDTH),
          .CODE_SIGNED  (CODE_SIGNED),
          .CODE_FRACTION(CODE_FRACTION),
          .ROUNDING     (ROUNDING),
          .OVERFLOW     (OVERFLOW)
      ) u_cell (
          .calq_i(calq_i[i*CALQ_WIDTH+:CALQ_WIDTH]),
          .msb_i (msb),
          .code_o(code_o[i*CODE_WIDTH+:CODE_WIDTH])
      );
    end
  endgenerate

  localparam [MSB_WIDTH-1:0] LARGEST_EXACT_MSB = 3;

  wire [TOTAL_WIDTH-1:0] mantissa;
  wire [MSB_WIDTH-1:0] exponent;
  wire unused_mantissa;

  assign exponent = (msb > LARGEST_EXACT_MSB) ? msb - LARGEST_EXACT_MSB : {MSB_WIDTH{1'b0}};
  // e = 0 and e = 1 both keep the four lowest bits.
  assign mantissa = (msb > LARGEST_EXACT_MSB) ? (total >> (exponent - 1'b1)) : total;
  assign unused_mantissa = ^mantissa[TOTAL_WIDTH-1:4];
  assign sum_o = {exponent[4:0], mantissa[3:0]};

endmodule
