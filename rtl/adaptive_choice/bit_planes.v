// SPDX-License-Identifier: Apache-2.0
//
// Words in another order of their bits, wires only: bit b of word k from [k*WIDTH + b] to
// [b*WORDS + k], so that a bit of all words is one vector, a plane.

module bit_planes #(
    parameter integer WORDS = 48,
    parameter integer WIDTH = 11
) (
    input  wire [WORDS*WIDTH-1:0] word_i,
    output wire [WORDS*WIDTH-1:0] plane_o
);

  generate
    genvar word;
    genvar place;
    for (place = 0; place < WIDTH; place = place + 1) begin : g_plane
      for (word = 0; word < WORDS; word = word + 1) begin : g_word
        assign plane_o[place*WORDS+word] = word_i[word*WIDTH+place];
      end
    end
  endgenerate

endmodule
