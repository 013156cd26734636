// SPDX-License-Identifier: Apache-2.0
//
// The rank of a set of cells among all sets of at most SLOTS cells (enumerative coding: T. Cover, IEEE
// Trans. Inf. Theory 19 (1973) 73): a number for the cell in each slot, added up. TABLE has the number
// of a cell in a slot at [(slot*CELLS + cell)*BITS +: BITS], 0 where it cannot stand.

module subset_rank #(
    parameter integer CELLS = 48,
    parameter integer SLOTS = 2,
    parameter integer BITS = 11,
    parameter [SLOTS*CELLS*BITS-1:0] TABLE = {SLOTS * CELLS * BITS{1'b0}}
) (
    input  wire [SLOTS*CELLS-1:0] select_i,
    output reg  [       BITS-1:0] rank_o
);

  integer slot;
  integer cell_index;
  reg [BITS-1:0] number;

  always @* begin
    rank_o = {BITS{1'b0}};
    for (slot = 0; slot < SLOTS; slot = slot + 1) begin
      number = {BITS{1'b0}};
      for (cell_index = slot; cell_index < CELLS; cell_index = cell_index + 1) begin
        number = number | ({BITS{select_i[slot*CELLS+cell_index]}} &
            TABLE[(slot*CELLS+cell_index)*BITS+:BITS]);
      end
      rank_o = rank_o + number;
    end
  end

  // Of each slot the cells in front of it.
  wire unused_front;
  assign unused_front = ^select_i;

endmodule
