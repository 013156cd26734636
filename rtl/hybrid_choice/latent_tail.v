// SPDX-License-Identifier: Apache-2.0
//
// The latents in a frame, wires only: bit k of the last ROOM is bit number SOURCES[k*PLACE_WIDTH +:
// PLACE_WIDTH] of the latents; a number of BITS stands for zero.

module latent_tail #(
    parameter integer BITS = 72,
    parameter integer ROOM = 16,
    parameter integer PLACE_WIDTH = 7,
    parameter [ROOM*PLACE_WIDTH-1:0] SOURCES = {ROOM * PLACE_WIDTH{1'b0}}
) (
    input  wire [BITS-1:0] latent_i,
    output wire [ROOM-1:0] tail_o
);

  // Those that are not kept, or have no room.
  wire unused_latent;
  assign unused_latent = ^latent_i;

  generate
    genvar place;
    for (place = 0; place < ROOM; place = place + 1) begin : g_bit
      localparam integer SOURCE = {
        {(32 - PLACE_WIDTH) {1'b0}}, SOURCES[place*PLACE_WIDTH+:PLACE_WIDTH]
      };

      if (SOURCE < BITS) begin : g_latent
        assign tail_o[place] = latent_i[SOURCE];
      end else begin : g_zero
        assign tail_o[place] = 1'b0;
      end
    end
  endgenerate

endmodule
