// SPDX-License-Identifier: Apache-2.0
//
// The first bits of a frame: which of the two it is, and bits 4, 2, 1, 0 of the counter.

module mode_header (
    input  wire       busy_i,
    input  wire [4:0] counter_i,
    output wire [4:0] header_o
);

  wire unused_counter;

  assign header_o = {busy_i, counter_i[4], counter_i[2:0]};
  assign unused_counter = counter_i[3];

endmodule
