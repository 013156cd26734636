// SPDX-License-Identifier: Apache-2.0
//
// Triplicated word of bytes behind gated clocks, one for each copy. Whoever gates them lets them run
// in a clock in which a byte is written, in which a word reports disagreement (it then corrects
// itself at the next edge, as tmr_register does), or in which clear_i is high.
//
// The vote is inside the loop: an edge that need not be loads what is there already, and a copy that
// misses one disagrees, which asks for the next. With VOTERS = 1 all copies load what one voter and
// the first part of each port say, which may spoil all of them at an edge: in a clock in which a byte
// is written, whose image the CRC is still to prove, or in which an upset is corrected, which would
// be the second fault. A word whose clocks stand still is out of their reach.
//
// The copies need no modules of their own: registers of different clocks are not merged. What they
// load is written in each of them, so that simulators look at it at their edges only; synthesisers
// share what is equal.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module tmr_gated_word #(
    parameter integer WIDTH  = 32,
    parameter integer VOTERS = 1
) (
    input  wire             clk_a_i,
    input  wire             clk_b_i,
    input  wire             clk_c_i,
    // What is to be loaded, copy k in the k-th part: zeros, or the byte d_i of the word.
    input  wire [      2:0] clear_i,
    input  wire [      2:0] select_i,
    // One bit a byte of a selected word.
    input  wire [     11:0] lane_i,
    input  wire [     23:0] d_i,
    output wire [WIDTH-1:0] q_o,
    output wire             error_o
);

  // Which part of the ports the second and third copy load.
  localparam integer B = (VOTERS == 1) ? 0 : 1;
  localparam integer C = (VOTERS == 1) ? 0 : 2;

  wire [WIDTH-1:0] copy_a;
  wire [WIDTH-1:0] copy_b;
  wire [WIDTH-1:0] copy_c;
  wire [WIDTH-1:0] voted_a;
  wire [WIDTH-1:0] voted_b;
  wire [WIDTH-1:0] voted_c;

  // What is there with the byte that is written, or nothing. Bits of a whole word, of which the last
  // one of an image may have fewer.
  /* verilator lint_off UNUSEDSIGNAL */
  function [WIDTH-1:0] loaded;
    input [WIDTH-1:0] kept;
    input clear;
    input [3:0] lane;
    input [7:0] data;
    reg [ 3:0] load;
    reg [ 3:0] hold;
    reg [31:0] brought;
    reg [31:0] held;
    begin
      load = lane & {4{!clear}};
      hold = ~lane & {4{!clear}};
      brought = {4{data}} & {{8{load[3]}}, {8{load[2]}}, {8{load[1]}}, {8{load[0]}}};
      held = {{8{hold[3]}}, {8{hold[2]}}, {8{hold[1]}}, {8{hold[0]}}};
      loaded = brought[WIDTH-1:0] | (held[WIDTH-1:0] & kept);
    end
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

  generate
    if (1) begin : g_copy_a
      reg [WIDTH-1:0] state_q;
      always @(posedge clk_a_i) begin
        state_q <= loaded(voted_a, clear_i[0], lane_i[0+:4] & {4{select_i[0]}}, d_i[0+:8]);
      end
    end

    if (1) begin : g_copy_b
      reg [WIDTH-1:0] state_q;
      always @(posedge clk_b_i) begin
        state_q <= loaded(voted_b, clear_i[B], lane_i[4*B+:4] & {4{select_i[B]}}, d_i[8*B+:8]);
      end
    end

    if (1) begin : g_copy_c
      reg [WIDTH-1:0] state_q;
      always @(posedge clk_c_i) begin
        state_q <= loaded(voted_c, clear_i[C], lane_i[4*C+:4] & {4{select_i[C]}}, d_i[8*C+:8]);
      end
    end
  endgenerate

  assign copy_a = g_copy_a.state_q;
  assign copy_b = g_copy_b.state_q;
  assign copy_c = g_copy_c.state_q;

  voter #(
      .WIDTH(WIDTH)
  ) u_voter_a (
      .a_i(copy_a),
      .b_i(copy_b),
      .c_i(copy_c),
      .q_o(voted_a)
  );

  generate
    if (VOTERS == 3) begin : g_three
      voter #(
          .WIDTH(WIDTH)
      ) u_voter_b (
          .a_i(copy_a),
          .b_i(copy_b),
          .c_i(copy_c),
          .q_o(voted_b)
      );

      voter #(
          .WIDTH(WIDTH)
      ) u_voter_c (
          .a_i(copy_a),
          .b_i(copy_b),
          .c_i(copy_c),
          .q_o(voted_c)
      );
    end else begin : g_one
      wire unused_parts;
      assign voted_b = voted_a;
      assign voted_c = voted_a;
      assign unused_parts = ^{clear_i[2:1], select_i[2:1], lane_i[11:4], d_i[23:8]};
    end
  endgenerate

  assign q_o = voted_a;
  assign error_o = (copy_a != copy_b) || (copy_a != copy_c);

endmodule
