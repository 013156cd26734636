// SPDX-License-Identifier: Apache-2.0
//
// Which item stands in which slot, items that are there one behind the other: bit [slot*ITEMS + item].
// before_i is how many are there in front of each item (running_count).

module slot_select #(
    parameter integer ITEMS = 48,
    parameter integer SLOTS = 18,
    parameter integer COUNT_WIDTH = 5
) (
    input  wire [            ITEMS-1:0] there_i,
    input  wire [COUNT_WIDTH*ITEMS-1:0] before_i,
    output wire [      SLOTS*ITEMS-1:0] select_o
);

  generate
    genvar slot;
    for (slot = 0; slot < SLOTS; slot = slot + 1) begin : g_slot
      integer place;
      reg [ITEMS-1:0] here;

      always @* begin
        // In front of a slot there are as many items as slots.
        here = there_i & ({ITEMS{1'b1}} << slot);
        for (place = 0; place < COUNT_WIDTH; place = place + 1) begin
          if (((slot >> place) & 1) == 1) begin
            here = here & before_i[place*ITEMS+:ITEMS];
          end else begin
            here = here & ~before_i[place*ITEMS+:ITEMS];
          end
        end
      end

      assign select_o[slot*ITEMS+:ITEMS] = here;
    end
  endgenerate

endmodule
