// SPDX-License-Identifier: Apache-2.0
//
// A set of cells as a map whose first bit, the most significant, is cell 0: its rank where ranks take as
// many bits.

module cell_map #(
    parameter integer CELLS = 48
) (
    input  wire [CELLS-1:0] chosen_i,
    output wire [CELLS-1:0] rank_o
);

  generate
    genvar cell_index;
    for (cell_index = 0; cell_index < CELLS; cell_index = cell_index + 1) begin : g_cell
      assign rank_o[CELLS-1-cell_index] = chosen_i[cell_index];
    end
  endgenerate

endmodule
