// SPDX-License-Identifier: Apache-2.0
//
// The frame as it leaves: into a busy one, whose first bit is 1, the latents are put, where it is zero so
// far. While nothing is valid it is zero.

module frame_output #(
    parameter integer BITS = 64,
    parameter integer TAIL = 16
) (
    input  wire            valid_i,
    input  wire [BITS-1:0] front_i,
    input  wire [TAIL-1:0] tail_i,
    output wire [BITS-1:0] frame_o
);

  wire [TAIL-1:0] latents;

  assign latents = tail_i & {TAIL{front_i[BITS-1]}};
  assign frame_o = (front_i | {{(BITS - TAIL) {1'b0}}, latents}) & {BITS{valid_i}};

endmodule
