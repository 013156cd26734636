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
    output reg  [      WORDS-1:0] chosen_o
);

  integer word;
  integer other;
  // Bit [word*WORDS + other]: the other goes before the word.
  reg [WORDS*WORDS-1:0] behind;
  reg [COUNT_WIDTH-1:0] count;
  reg later;

  always @* begin
    behind = {WORDS * WORDS{1'b0}};
    for (word = 0; word < WORDS; word = word + 1) begin
      for (other = word + 1; other < WORDS; other = other + 1) begin
        later = word_i[other*WIDTH+:WIDTH] > word_i[word*WIDTH+:WIDTH];
        behind[word*WORDS+other] = able_i[other] && later;
        behind[other*WORDS+word] = able_i[word] && !later;
      end
    end
  end

  always @* begin
    for (word = 0; word < WORDS; word = word + 1) begin
      count = {COUNT_WIDTH{1'b0}};
      for (other = 0; other < WORDS; other = other + 1) begin
        count = count + {{(COUNT_WIDTH - 1) {1'b0}}, behind[word*WORDS+other]};
      end
      chosen_o[word] = able_i[word] && count < number_i;
    end
  end

endmodule
