// SPDX-License-Identifier: Apache-2.0
//
// The codes of the cells that are shown to the network; those of hidden ones are zero, as of cells
// without charge.

module hidden_cells #(
    parameter integer CELLS = 48,
    parameter integer WIDTH = 11
) (
    input  wire [CELLS*WIDTH-1:0] code_i,
    input  wire [      CELLS-1:0] hidden_i,
    output wire [CELLS*WIDTH-1:0] code_o
);

  generate
    genvar cell_index;
    for (cell_index = 0; cell_index < CELLS; cell_index = cell_index + 1) begin : g_cell
      assign code_o[cell_index*WIDTH+:WIDTH] =
          code_i[cell_index*WIDTH+:WIDTH] & {WIDTH{!hidden_i[cell_index]}};
    end
  endgenerate

endmodule
