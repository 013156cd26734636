// SPDX-License-Identifier: Apache-2.0
//
// Codes of which the first first_i bits are left, the others zero.

module first_bits #(
    parameter integer SLOTS = 18,
    parameter integer BITS = 8
) (
    input  wire [SLOTS*BITS-1:0] code_i,
    input  wire [           3:0] first_i,
    output wire [SLOTS*BITS-1:0] first_o
);

  integer place;
  reg [BITS-1:0] mask;

  always @* begin
    for (place = 0; place < BITS; place = place + 1) begin
      mask[BITS-1-place] = first_i > place[3:0];
    end
  end

  assign first_o = code_i & {SLOTS{mask}};

endmodule
