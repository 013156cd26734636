// SPDX-License-Identifier: Apache-2.0
//
// Whether LEAST or more cells have charge.

module hits_reach #(
    parameter integer CELLS = 48,
    parameter integer WIDTH = 22,
    parameter integer COUNT_WIDTH = 6,
    parameter integer LEAST = 12
) (
    input  wire [CELLS*WIDTH-1:0] calq_i,
    output wire                   reached_o
);

  wire [CELLS-1:0] hit;
  reg [COUNT_WIDTH-1:0] count;
  integer index;

  generate
    genvar cell_index;
    for (cell_index = 0; cell_index < CELLS; cell_index = cell_index + 1) begin : g_cell
      assign hit[cell_index] = |calq_i[cell_index*WIDTH+:WIDTH];
    end
  endgenerate

  always @* begin
    count = {COUNT_WIDTH{1'b0}};
    for (index = 0; index < CELLS; index = index + 1) begin
      count = count + {{(COUNT_WIDTH - 1) {1'b0}}, hit[index]};
    end
  end

  assign reached_o = count >= LEAST[COUNT_WIDTH-1:0];

endmodule
