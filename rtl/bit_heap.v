// SPDX-License-Identifier: Apache-2.0
//
// Sum of bits of different weights, modulo 2^COLUMNS: full adders in stages, then one adder with
// carry propagation. Of the bits of a column (those of weight 2^column) each stage gives three at a
// time to a full adder, as long as any column has more than two (C. S. Wallace, IEEE Trans. El.
// Comp. EC-13 (1964) 14). All bits of a stage have passed about as many adders: the inputs of each
// change together, and few changes are glitches. Bits that lie side by side share adders as long as
// they can: those that rest together keep adders at rest.

module bit_heap #(
    parameter integer COLUMNS = 2,
    // Place in bits_i of the first bit of each column, 32 bits each, and above them BITS.
    parameter [32*COLUMNS+31:0] FIRST = {32'd5, 32'd3, 32'd0},
    parameter integer BITS = 5
) (
    input  wire [   BITS-1:0] bits_i,
    output wire [COLUMNS-1:0] sum_o
);

  localparam integer ROW = 32 * (COLUMNS + 1);
  // Stages are fewer: the heights fall by a third each, and a last carry may pass all columns.
  localparam integer MOST = COLUMNS + 2 * $clog2(BITS + 1) + 2;

  // FIRST of the bits that enter each stage, and on top the number of stages.
  function [ROW*(MOST+1)+31:0] plan;
    input [ROW-1:0] first;
    integer stage;
    integer column;
    integer place;
    integer height;
    integer below;
    integer tallest;
    integer stages;
    reg [ROW-1:0] now;
    reg [ROW-1:0] next;
    begin
      now = first;
      stages = 0;
      for (stage = 0; stage <= MOST; stage = stage + 1) begin
        plan[stage*ROW+:ROW] = now;
        place = 0;
        below = 0;
        tallest = 0;
        for (column = 0; column < COLUMNS; column = column + 1) begin
          height = now[32*column+32+:32] - now[32*column+:32];
          next[32*column+:32] = place;
          place = place + height % 3 + below + height / 3;
          below = height / 3;
          if (height > tallest) tallest = height;
        end
        next[32*COLUMNS+:32] = place;
        if (tallest > 2) begin
          stages = stages + 1;
          now = next;
        end
      end
      plan[(MOST+1)*ROW+:32] = stages;
    end
  endfunction

  localparam [ROW*(MOST+1)+31:0] PLAN = plan(FIRST);
  localparam integer STAGES = PLAN[(MOST+1)*ROW+:32];
  localparam [ROW-1:0] LAST = PLAN[STAGES*ROW+:ROW];

  wire [LAST[32*COLUMNS+:32]-1:0] left;
  wire [COLUMNS-1:0] row_a;
  wire [COLUMNS-1:0] row_b;

  generate
    genvar stage;
    genvar column;
    for (stage = 0; stage < STAGES; stage = stage + 1) begin : g_stage
      // Elaboration in Yosys is slow where every adder looks into the whole plan.
      localparam [ROW-1:0] NOW = PLAN[stage*ROW+:ROW];
      localparam [ROW-1:0] THEN = PLAN[(stage+1)*ROW+:ROW];
      wire [ NOW[32*COLUMNS+:32]-1:0] bits;
      wire [THEN[32*COLUMNS+:32]-1:0] next;

      if (stage == 0) begin : g_enter
        assign bits = bits_i;
      end else begin : g_follow
        assign bits = g_stage[stage-1].next;
      end

      // After a stage a column holds sums and carries of the column below in the order in which they
      // came, each in the place among the others that its bits had, and then what was left over.
      for (column = 0; column < COLUMNS; column = column + 1) begin : g_column
        localparam integer HERE = NOW[32*column+:32];
        localparam integer HEIGHT = NOW[32*(column+1)+:32] - HERE;
        localparam integer ADDERS = HEIGHT / 3;
        localparam integer REST = HEIGHT % 3;
        localparam integer BELOW = NOW[32*((column>0)?column-1 : 0)+:32];
        localparam integer CARRIES = (column > 0) ? (HERE - BELOW) / 3 : 0;
        localparam integer PLACE = THEN[32*column+:32];
        localparam integer PLACES = REST + ADDERS + CARRIES;
        // Verilog has no vector of no bits: a zero on top of each.
        wire [ADDERS:0] sum;
        wire [ADDERS:0] carry;
        wire [CARRIES:0] carried;
        reg [ADDERS:0] a;
        reg [ADDERS:0] b;
        reg [ADDERS:0] c;
        reg [PLACES:0] merged;
        wire unused_tops;
        integer number;

        always @* begin
          a = {(ADDERS + 1) {1'b0}};
          b = {(ADDERS + 1) {1'b0}};
          c = {(ADDERS + 1) {1'b0}};
          for (number = 0; number < ADDERS; number = number + 1) begin
            a[number] = bits[HERE+3*number];
            b[number] = bits[HERE+3*number+1];
            c[number] = bits[HERE+3*number+2];
          end
        end

        // One instance for all: elaboration is slow where each adder is one of its own.
        if (ADDERS > 0) begin : g_adders
          full_adder #(
              .WIDTH(ADDERS)
          ) u_adders (
              .a_i    (a[ADDERS-1:0]),
              .b_i    (b[ADDERS-1:0]),
              .c_i    (c[ADDERS-1:0]),
              .sum_o  (sum[ADDERS-1:0]),
              .carry_o(carry[ADDERS-1:0])
          );
        end
        assign sum[ADDERS]   = 1'b0;
        assign carry[ADDERS] = 1'b0;

        if (column > 0) begin : g_carried
          assign carried = g_column[column-1].carry;
        end else begin : g_lowest
          assign carried = 1'b0;
        end

        always @* begin
          merged = {(PLACES + 1) {1'b0}};
          for (number = 0; number < ADDERS; number = number + 1) begin
            merged[number+(number*CARRIES+ADDERS-1)/ADDERS] = sum[number];
          end
          for (number = 0; number < CARRIES; number = number + 1) begin
            merged[number+(number*ADDERS+((ADDERS>0)?CARRIES : 0))/CARRIES] = carried[number];
          end
          for (number = 0; number < REST; number = number + 1) begin
            merged[ADDERS+CARRIES+number] = bits[HERE+3*ADDERS+number];
          end
        end
        if (PLACES > 0) begin : g_places
          assign next[PLACE+:PLACES] = merged[PLACES-1:0];
        end
        // Carries out of the last column have no weight.
        assign unused_tops = ^{
          a[ADDERS], b[ADDERS], c[ADDERS], sum[ADDERS], carry, carried[CARRIES], merged[PLACES]
        };
      end
    end

    if (STAGES == 0) begin : g_flat
      assign left = bits_i;
    end else begin : g_reduced
      assign left = g_stage[STAGES-1].next;
    end

    for (column = 0; column < COLUMNS; column = column + 1) begin : g_row
      localparam integer HERE = LAST[32*column+:32];
      localparam integer HEIGHT = LAST[32*(column+1)+:32] - HERE;
      if (HEIGHT > 0) begin : g_a
        assign row_a[column] = left[HERE];
      end else begin : g_no_a
        assign row_a[column] = 1'b0;
      end
      if (HEIGHT > 1) begin : g_b
        assign row_b[column] = left[HERE+1];
      end else begin : g_no_b
        assign row_b[column] = 1'b0;
      end
    end
  endgenerate

  assign sum_o = row_a + row_b;

endmodule
