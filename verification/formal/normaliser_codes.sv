// SPDX-License-Identifier: Apache-2.0
//
// Codes and sum of a few charges, of which nothing is shared: the power of two is found by
// comparison, a quotient has all its bits, and each mode takes them from there.

module normaliser_codes #(
    parameter integer CELLS = 2,
    parameter integer CALQ_WIDTH = 16,
    parameter integer CODE_WIDTH = 4,
    parameter integer CODE_SIGNED = 0,
    parameter integer CODE_FRACTION = 3,
    parameter integer MODE_FIRST = 0,
    parameter integer MODES = 32
) (
    input wire [CELLS*CALQ_WIDTH-1:0] calq_i
);

  localparam integer TOTAL = CALQ_WIDTH + $clog2(CELLS);
  // Bits right of the point that a quotient by 2^(TOTAL-1) has, and those of a code if more.
  localparam integer POINT = (CODE_FRACTION > TOTAL - 1) ? CODE_FRACTION : TOTAL - 1;
  localparam integer WIDE = CALQ_WIDTH + POINT + 1;

  reg [TOTAL-1:0] total;
  reg [WIDE-1:0] exponent;
  integer index;

  always @* begin
    total = 0;
    for (index = 0; index < CELLS; index = index + 1) begin
      total = total + calq_i[CALQ_WIDTH*index+:CALQ_WIDTH];
    end
    exponent = 0;
    for (index = 1; index < TOTAL; index = index + 1) begin
      if (total >= (1 << index)) exponent = index;
    end
  end

  generate
    genvar mode;
    genvar place;
    for (mode = MODE_FIRST; mode < MODE_FIRST + MODES; mode = mode + 1) begin : g_mode
      wire [CELLS*CODE_WIDTH-1:0] codes;
      wire [8:0] sum;

      normaliser #(
          .CELLS        (CELLS),
          .CALQ_WIDTH   (CALQ_WIDTH),
          .CODE_WIDTH   (CODE_WIDTH),
          .CODE_SIGNED  (CODE_SIGNED),
          .CODE_FRACTION(CODE_FRACTION),
          .ROUNDING     (mode % 8),
          .OVERFLOW     (mode / 8)
      ) dut (
          .calq_i(calq_i),
          .code_o(codes),
          .sum_o (sum)
      );

      for (place = 0; place < CELLS; place = place + 1) begin : g_cell
        wire [WIDE-1:0] quotient;
        wire [CODE_WIDTH-1:0] right;
        assign quotient = ({{(WIDE - CALQ_WIDTH) {1'b0}},
            calq_i[CALQ_WIDTH*place+:CALQ_WIDTH]} << POINT) >> exponent;
        requantise_number #(
            .ACC_WIDTH (WIDE + 1),
            .SHIFT     (POINT - CODE_FRACTION),
            .OUT_WIDTH (CODE_WIDTH),
            .OUT_SIGNED(CODE_SIGNED),
            .ROUNDING  (mode % 8),
            .OVERFLOW  (mode / 8)
        ) u_right (
            .acc_i ({1'b0, quotient}),
            .data_o(right)
        );
        always @* assert (codes[CODE_WIDTH*place+:CODE_WIDTH] == right);
      end

      // 5E4M: what the word stands for is the sum without the bits below the fourth.
      wire [4:0] power;
      wire [TOTAL:0] decoded;
      assign power = (sum[8:4] == 0) ? 5'd0 : sum[8:4] - 5'd1;
      assign decoded = {{(TOTAL - 4) {1'b0}}, sum[8:4] != 0, sum[3:0]} << power;
      always @* begin
        assert (decoded <= {1'b0, total});
        assert ({1'b0, total} - decoded < (1 << power));
      end
    end
  endgenerate

endmodule
