// SPDX-License-Identifier: Apache-2.0
//
// floor(log2 width) of the bin that the first first_i bits of a code name. OCTAVES has that of the code
// of n bits with value v at [4*((1 << n) + v) +: 4].

module bin_octave #(
    parameter integer BITS = 8,
    parameter [4*(2<<BITS)-1:0] OCTAVES = {4 * (2 << BITS) {1'b0}}
) (
    input  wire [BITS-1:0] code_i,
    input  wire [     3:0] first_i,
    output wire [     3:0] octave_o
);

  reg [BITS:0] entry;
  integer place;

  // A one in front of the first bits.
  always @* begin
    entry = {{BITS{1'b0}}, 1'b1};
    for (place = 0; place < BITS; place = place + 1) begin
      if (first_i > place[3:0]) begin
        entry = {entry[BITS-1:0], code_i[BITS-1-place]};
      end
    end
  end

  assign octave_o = OCTAVES[{entry, 2'b00}+:4];

endmodule
