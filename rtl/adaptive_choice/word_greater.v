// SPDX-License-Identifier: Apache-2.0
//
// Whether one word is greater than another. A module, so that synthesis maps it once for all pairs.

module word_greater #(
    parameter integer WIDTH = 22
) (
    input  wire [WIDTH-1:0] word_i,
    input  wire [WIDTH-1:0] other_i,
    output wire             greater_o
);

  assign greater_o = word_i > other_i;

endmodule
