// SPDX-License-Identifier: Apache-2.0
//
// Of each code the bits behind its first first_i bits, bit [slot*DEPTH + d] being number d of them; zero
// behind its last.

module further_bits #(
    parameter integer SLOTS = 18,
    parameter integer BITS = 8,
    parameter integer DEPTH = 1
) (
    input  wire [ SLOTS*BITS-1:0] code_i,
    input  wire [            3:0] first_i,
    output reg  [SLOTS*DEPTH-1:0] bit_o
);

  integer slot;
  integer depth;
  integer place;

  always @* begin
    bit_o = {SLOTS * DEPTH{1'b0}};
    for (slot = 0; slot < SLOTS; slot = slot + 1) begin
      for (depth = 0; depth < DEPTH; depth = depth + 1) begin
        for (place = depth; place < BITS; place = place + 1) begin
          bit_o[slot*DEPTH+depth] = bit_o[slot*DEPTH+depth] ||
              (first_i + depth[3:0] == place[3:0] && code_i[slot*BITS+BITS-1-place]);
        end
      end
    end
  end

endmodule
