// SPDX-License-Identifier: Apache-2.0
//
// Triplicated register that corrects itself at every clock.
// The vote is inside the loop: a register that is not written reloads the majority, so an upset
// lasts one clock and two upsets must hit the same bit in the same clock to win. There are three
// voters, one a copy: a transient in one voter then spoils one copy only.

module tmr_register #(
    parameter integer WIDTH = 1,
    parameter [WIDTH-1:0] RESET = {WIDTH{1'b0}}
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire             en_i,
    input  wire [WIDTH-1:0] d_i,
    output wire [WIDTH-1:0] q_o,
    output wire             error_o
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
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (en_i ? d_i : voted_a),
      .q_o   (copy_a)
  );

  tmr_copy #(
      .WIDTH(WIDTH),
      .RESET(RESET)
  ) u_copy_b (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (en_i ? d_i : voted_b),
      .q_o   (copy_b)
  );

  tmr_copy #(
      .WIDTH(WIDTH),
      .RESET(RESET)
  ) u_copy_c (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (en_i ? d_i : voted_c),
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

  assign q_o = voted_a;
  assign error_o = (copy_a != copy_b) || (copy_a != copy_c);

endmodule
