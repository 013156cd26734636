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

  wire unused_word;
  assign unused_word = ^word_i;  // where there is one, and nothing to compare it with

  generate
    genvar word;
    genvar other;
    for (word = 0; word < WORDS; word = word + 1) begin : g_word
      integer index;
      // Who goes before.
      wire [WORDS-1:0] ahead;
      reg [COUNT_WIDTH-1:0] count;

      for (other = 0; other < WORDS; other = other + 1) begin : g_other
        if (other > word) begin : g_behind
          wire greater;

          word_greater #(
              .WIDTH(WIDTH)
          ) u_greater (
              .word_i(word_i[other*WIDTH+:WIDTH]),
              .other_i(word_i[word*WIDTH+:WIDTH]),
              .greater_o(greater)
          );

          assign ahead[other] = able_i[other] && greater;
        end else if (other < word) begin : g_front
          assign ahead[other] = able_i[other] && !g_word[other].g_other[word].g_behind.greater;
        end else begin : g_itself
          assign ahead[other] = 1'b0;
        end
      end

      always @* begin
        count = {COUNT_WIDTH{1'b0}};
        for (index = 0; index < WORDS; index = index + 1) begin
          count = count + {{(COUNT_WIDTH - 1) {1'b0}}, ahead[index]};
        end
      end

      assign chosen_o[word] = able_i[word] && count < number_i;
    end
  endgenerate

endmodule
