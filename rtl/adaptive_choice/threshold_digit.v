// SPDX-License-Identifier: Apache-2.0
//
// One digit of the threshold that largest_cells looks for. above_i are the cells that lie above the
// digits so far, within_i these and those that begin with them, ENOUGH or more. The digit is the largest
// that leaves ENOUGH within: for each of its values the cells that reach it are counted at once.
// plane_i has bit b of all digits at [b*CELLS +: CELLS].

module threshold_digit #(
    parameter integer CELLS = 48,
    parameter integer BITS = 3,
    parameter integer ENOUGH = 18
) (
    input  wire [BITS*CELLS-1:0] plane_i,
    input  wire [     CELLS-1:0] above_i,
    input  wire [     CELLS-1:0] within_i,
    output reg  [     CELLS-1:0] above_o,
    output reg  [     CELLS-1:0] within_o
);

  localparam integer VALUES = 1 << BITS;
  localparam integer COUNT_WIDTH = $clog2(CELLS + 1);
  localparam [COUNT_WIDTH-1:0] LEAST = ENOUGH[COUNT_WIDTH-1:0];

  // Cells that reach a value; that which is none is reached by those above only.
  wire [(VALUES+1)*CELLS-1:0] reached;
  wire [VALUES:0] enough;

  assign reached[CELLS-1:0] = within_i;
  assign reached[VALUES*CELLS+:CELLS] = above_i;
  assign enough[0] = 1'b1;
  assign enough[VALUES] = 1'b0;

  generate
    genvar value;
    for (value = 1; value < VALUES; value = value + 1) begin : g_value
      integer place;
      integer index;
      reg [CELLS-1:0] at_least;
      reg [COUNT_WIDTH-1:0] count;

      // From the lowest bit on: a higher one decides, or leaves it to those below.
      always @* begin
        at_least = {CELLS{1'b1}};
        for (place = 0; place < BITS; place = place + 1) begin
          if (((value >> place) & 1) == 1) begin
            at_least = at_least & plane_i[place*CELLS+:CELLS];
          end else begin
            at_least = at_least | plane_i[place*CELLS+:CELLS];
          end
        end
      end

      assign reached[value*CELLS+:CELLS] = above_i | (within_i & at_least);

      always @* begin
        count = {COUNT_WIDTH{1'b0}};
        for (index = 0; index < CELLS; index = index + 1) begin
          count = count + {{(COUNT_WIDTH - 1) {1'b0}}, reached[value*CELLS+index]};
        end
      end

      assign enough[value] = count >= LEAST;
    end
  endgenerate

  integer number;

  always @* begin
    above_o  = {CELLS{1'b0}};
    within_o = {CELLS{1'b0}};
    for (number = 0; number < VALUES; number = number + 1) begin
      above_o = above_o |
          ({CELLS{enough[number] && !enough[number+1]}} & reached[(number+1)*CELLS+:CELLS]);
      within_o = within_o |
          ({CELLS{enough[number] && !enough[number+1]}} & reached[number*CELLS+:CELLS]);
    end
  end

endmodule
