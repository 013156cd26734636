// SPDX-License-Identifier: Apache-2.0
//
// What stands behind the sum: of a quiet crossing all of it, of a busy one the front, and zeros in the
// place of the latents.

module frame_choice #(
    parameter integer QUIET = 50,
    parameter integer BUSY = 34
) (
    input  wire             busy_i,
    input  wire [QUIET-1:0] quiet_i,
    input  wire [ BUSY-1:0] front_i,
    output wire [QUIET-1:0] chosen_o
);

  assign chosen_o = busy_i ? {front_i, {(QUIET - BUSY) {1'b0}}} : quiet_i;

endmodule
