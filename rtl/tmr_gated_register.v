// SPDX-License-Identifier: Apache-2.0
//
// Triplicated register, as tmr_register in ports and answers, behind gated clocks, one for each copy:
// copy k of clk_i is clk_i[k]. Whoever gates them lets them run in a clock in which anything else
// than the vote is to be loaded, and in one in which the register reports disagreement, which it then
// corrects at the next edge. An edge more loads what is there; a copy that misses one disagrees.
// Reset needs no edge.

module tmr_gated_register #(
    parameter integer WIDTH = 1,
    parameter [WIDTH-1:0] RESET = {WIDTH{1'b0}}
) (
    input  wire [        2:0] clk_i,
    input  wire [        2:0] rst_ni,
    input  wire [3*WIDTH-1:0] d_i,
    output wire [3*WIDTH-1:0] q_o,
    output wire               error_o
);

  wire [WIDTH-1:0] copy_a;
  wire [WIDTH-1:0] copy_b;
  wire [WIDTH-1:0] copy_c;
  wire [WIDTH-1:0] voted_a;
  wire [WIDTH-1:0] voted_b;
  wire [WIDTH-1:0] voted_c;

  tmr_copy #(
      .WIDTH(WIDTH),
      .RESET(RESET)
  ) u_copy_a (
      .clk_i (clk_i[0]),
      .rst_ni(rst_ni[0]),
      .d_i   (d_i[0+:WIDTH]),
      .q_o   (copy_a)
  );

  tmr_copy #(
      .WIDTH(WIDTH),
      .RESET(RESET)
  ) u_copy_b (
      .clk_i (clk_i[1]),
      .rst_ni(rst_ni[1]),
      .d_i   (d_i[WIDTH+:WIDTH]),
      .q_o   (copy_b)
  );

  tmr_copy #(
      .WIDTH(WIDTH),
      .RESET(RESET)
  ) u_copy_c (
      .clk_i (clk_i[2]),
      .rst_ni(rst_ni[2]),
      .d_i   (d_i[2*WIDTH+:WIDTH]),
      .q_o   (copy_c)
  );

  voter #(
      .WIDTH(WIDTH)
  ) u_voter_a (
      .a_i(copy_a),
      .b_i(copy_b),
      .c_i(copy_c),
      .q_o(voted_a)
  );

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

  assign q_o = {voted_c, voted_b, voted_a};
  assign error_o = (copy_a != copy_b) || (copy_a != copy_c);

endmodule
