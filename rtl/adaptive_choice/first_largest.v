// SPDX-License-Identifier: Apache-2.0
//
// The number_i largest of the words that may be chosen, of equal ones those in front: every pair is
// compared, and a word is chosen that fewer than number_i go before.

module first_largest #(
    parameter integer WORDS = 18,
    parameter integer WIDTH = 8,
    parameter integer COUNT_WIDTH = 5
) (
    input  wire [WORDS*WIDTH-1:0] word_i,
    input  wire [      WORDS-1:0] able_i,
    input  wire [COUNT_WIDTH-1:0] number_i,
    output wire [      WORDS-1:0] chosen_o
);

  // Bit [word*WORDS + other]: the other goes before the word.
  wire [WORDS*WORDS-1:0] ahead;

  generate
    genvar word;
    genvar other;
    for (word = 0; word < WORDS; word = word + 1) begin : g_word
      integer index;
      reg [COUNT_WIDTH-1:0] count;

      assign ahead[word*WORDS+word] = 1'b0;
      for (other = word + 1; other < WORDS; other = other + 1) begin : g_other
        wire later;

        word_greater #(
            .WIDTH(WIDTH)
        ) u_greater (
            .word_i(word_i[other*WIDTH+:WIDTH]),
            .other_i(word_i[word*WIDTH+:WIDTH]),
            .greater_o(later)
        );

        assign ahead[word*WORDS+other] = able_i[other] && later;
        assign ahead[other*WORDS+word] = able_i[word] && !later;
      end

      always @* begin
        count = {COUNT_WIDTH{1'b0}};
        for (index = 0; index < WORDS; index = index + 1) begin
          count = count + {{(COUNT_WIDTH - 1) {1'b0}}, ahead[word*WORDS+index]};
        end
      end

      assign chosen_o[word] = able_i[word] && count < number_i;
    end
  endgenerate

endmodule
