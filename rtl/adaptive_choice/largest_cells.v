// SPDX-License-Identifier: Apache-2.0
//
// The largest charges: above_o are the cells above the threshold, the largest number that MOST charges
// reach, and equal_o those at it that have charge. Where fewer than MOST cells have charge it is 0.
// The threshold is found DIGIT bits at a time, from the highest bits on.

module largest_cells #(
    parameter integer CELLS = 48,
    parameter integer WIDTH = 22,
    parameter integer MOST = 18,
    parameter integer DIGIT = 3
) (
    input  wire [CELLS*WIDTH-1:0] calq_i,
    output wire [      CELLS-1:0] above_o,
    output wire [      CELLS-1:0] equal_o
);

  localparam integer STEPS = (WIDTH + DIGIT - 1) / DIGIT;
  // Of the first, which has what the others leave.
  localparam integer FIRST = WIDTH - (STEPS - 1) * DIGIT;

  wire [WIDTH*CELLS-1:0] plane;
  reg [CELLS-1:0] charged;
  integer place;

  bit_planes #(
      .WORDS(CELLS),
      .WIDTH(WIDTH)
  ) u_planes (
      .word_i (calq_i),
      .plane_o(plane)
  );

  always @* begin
    charged = {CELLS{1'b0}};
    for (place = 0; place < WIDTH; place = place + 1) begin
      charged = charged | plane[place*CELLS+:CELLS];
    end
  end

  generate
    genvar step;
    if (MOST >= CELLS) begin : g_all
      assign above_o = charged;
      assign equal_o = {CELLS{1'b0}};
    end else begin : g_some
      for (step = 0; step < STEPS; step = step + 1) begin : g_step
        localparam integer BITS = (step == 0) ? FIRST : DIGIT;

        wire [CELLS-1:0] above_before;
        wire [CELLS-1:0] reached_before;
        wire [CELLS-1:0] above;
        wire [CELLS-1:0] reached;

        if (step == 0) begin : g_first
          assign above_before   = {CELLS{1'b0}};
          assign reached_before = {CELLS{1'b1}};
        end else begin : g_next
          assign above_before   = g_step[step-1].above;
          assign reached_before = g_step[step-1].reached;
        end

        threshold_digit #(
            .CELLS (CELLS),
            .BITS  (BITS),
            .ENOUGH(MOST)
        ) u_digit (
            .plane_i (plane[(STEPS-1-step)*DIGIT*CELLS+:BITS*CELLS]),
            .above_i (above_before),
            .within_i(reached_before),
            .above_o (above),
            .within_o(reached)
        );
      end

      assign above_o = g_step[STEPS-1].above;
      assign equal_o = g_step[STEPS-1].reached & ~g_step[STEPS-1].above & charged;
    end
  endgenerate

endmodule
