// SPDX-License-Identifier: Apache-2.0
//
// The converter in front of the encoder: calibrated charges to codes, and the module sum.
//   code = CALQ * 2^(CODE_WIDTH-1) / 2^floor(log2(sum)), truncated: the codes sum to [1, 2).
//   sum as 5E4M: v <= 15 is itself, else exponent floor(log2 v) - 3 and the four bits below the
//   leading one. A sum of at most 35 bits cannot reach the saturated exponent 31.
// A charge never exceeds the sum, so a code never overflows; no charge gives zero codes.

module normaliser #(
    parameter integer CELLS = 48,
    parameter integer CALQ_WIDTH = 22,
    parameter integer CODE_WIDTH = 8
) (
    input  wire [CELLS*CALQ_WIDTH-1:0] calq_i,
    output wire [CELLS*CODE_WIDTH-1:0] code_o,
    output wire [                 8:0] sum_o
);

  localparam integer TOTAL_WIDTH = CALQ_WIDTH + $clog2(CELLS);
  localparam integer MSB_WIDTH = $clog2(TOTAL_WIDTH);
  localparam integer SCALED_WIDTH = CALQ_WIDTH + CODE_WIDTH - 1;

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
      wire [SCALED_WIDTH-1:0] shifted;
      wire unused_high;
      assign shifted = {calq_i[i*CALQ_WIDTH+:CALQ_WIDTH], {(CODE_WIDTH - 1) {1'b0}}} >> msb;
      assign unused_high = ^shifted[SCALED_WIDTH-1:CODE_WIDTH];
      assign code_o[i*CODE_WIDTH+:CODE_WIDTH] = shifted[CODE_WIDTH-1:0];
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
