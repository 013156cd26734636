// SPDX-License-Identifier: Apache-2.0
//
// Of the cells at the threshold as many join those above it as MOST leaves, the lower ones first.

module chosen_cells #(
    parameter integer CELLS = 48,
    parameter integer MOST = 18,
    parameter integer COUNT_WIDTH = 6
) (
    input  wire [CELLS-1:0] above_i,
    input  wire [CELLS-1:0] equal_i,
    output wire [CELLS-1:0] chosen_o
);

  wire [COUNT_WIDTH*CELLS-1:0] ahead;
  wire [COUNT_WIDTH-1:0] unused_number;
  reg [COUNT_WIDTH-1:0] above;
  wire [COUNT_WIDTH-1:0] room;
  reg [CELLS-1:0] fits;
  integer index;
  integer place;

  running_count #(
      .FLAGS(CELLS),
      .COUNT_WIDTH(COUNT_WIDTH)
  ) u_equal (
      .flag_i  (equal_i),
      .before_o(ahead),
      .number_o(unused_number)
  );

  always @* begin
    above = {COUNT_WIDTH{1'b0}};
    for (index = 0; index < CELLS; index = index + 1) begin
      above = above + {{(COUNT_WIDTH - 1) {1'b0}}, above_i[index]};
    end
  end

  assign room = MOST[COUNT_WIDTH-1:0] - above;

  // Whether fewer than room are in front, of all cells at once: a higher bit decides, or leaves it to
  // those below.
  always @* begin
    fits = {CELLS{1'b0}};
    for (place = 0; place < COUNT_WIDTH; place = place + 1) begin
      if (room[place]) begin
        fits = fits | ~ahead[place*CELLS+:CELLS];
      end else begin
        fits = fits & ~ahead[place*CELLS+:CELLS];
      end
    end
  end

  assign chosen_o = above_i | (equal_i & fits);

endmodule
