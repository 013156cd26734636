// SPDX-License-Identifier: Apache-2.0
//
// The words of items in the slots that slot_select gives them, word of a slot at [slot*WIDTH +: WIDTH];
// zero in a slot without one. plane_i has bit b of all items at [b*ITEMS +: ITEMS].

module slot_words #(
    parameter integer ITEMS = 48,
    parameter integer SLOTS = 18,
    parameter integer WIDTH = 11
) (
    input  wire [SLOTS*ITEMS-1:0] select_i,
    input  wire [WIDTH*ITEMS-1:0] plane_i,
    output wire [SLOTS*WIDTH-1:0] word_o
);

  generate
    genvar slot;
    genvar place;
    for (slot = 0; slot < SLOTS; slot = slot + 1) begin : g_slot
      // Items in front of a slot never stand there.
      wire [ITEMS-1:slot] here;

      assign here = select_i[(slot+1)*ITEMS-1:slot*ITEMS+slot];
      for (place = 0; place < WIDTH; place = place + 1) begin : g_bit
        assign word_o[slot*WIDTH+place] = |(here & plane_i[(place+1)*ITEMS-1:place*ITEMS+slot]);
      end
      if (slot > 0) begin : g_front
        wire unused_front;
        assign unused_front = ^select_i[slot*ITEMS+:slot];
      end
    end
  endgenerate

endmodule
