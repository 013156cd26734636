// SPDX-License-Identifier: Apache-2.0
//
// The MOST largest charges, those of 0 never, of equal ones the lower cells: quicker than the threshold of
// largest_cells, and of several times its area.

module largest_by_pairs #(
    parameter integer CELLS = 48,
    parameter integer WIDTH = 22,
    parameter integer MOST = 18,
    parameter integer COUNT_WIDTH = 6
) (
    input  wire [CELLS*WIDTH-1:0] calq_i,
    output wire [      CELLS-1:0] chosen_o
);

  wire [CELLS-1:0] charged;

  generate
    genvar cell_index;
    for (cell_index = 0; cell_index < CELLS; cell_index = cell_index + 1) begin : g_cell
      assign charged[cell_index] = |calq_i[cell_index*WIDTH+:WIDTH];
    end

    if (MOST >= CELLS) begin : g_all
      assign chosen_o = charged;
    end else begin : g_some
      first_largest #(
          .WORDS(CELLS),
          .WIDTH(WIDTH),
          .COUNT_WIDTH(COUNT_WIDTH)
      ) u_largest (
          .word_i  (calq_i),
          .able_i  (charged),
          .number_i(MOST[COUNT_WIDTH-1:0]),
          .chosen_o(chosen_o)
      );
    end
  endgenerate

endmodule
