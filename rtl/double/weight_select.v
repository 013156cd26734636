// SPDX-License-Identifier: Apache-2.0
//
// The weight image of the set that events are encoded with, of two. Whoever says which says so from a
// register: all bits change behind one edge of the clock.

module weight_select #(
    parameter integer BITS = 12864
) (
    input  wire            active_i,
    input  wire [BITS-1:0] image_0_i,
    input  wire [BITS-1:0] image_1_i,
    output wire [BITS-1:0] image_o
);

  assign image_o = active_i ? image_1_i : image_0_i;

endmodule
