// SPDX-License-Identifier: Apache-2.0
//
// The last stage of reset_control: three flip-flops, low in reset, and no vote behind them.

module reset_stage (
    input  wire       clk_i,
    input  wire [2:0] rst_ni,
    input  wire [2:0] d_i,
    output wire [2:0] q_o
);

  tmr_copy u_copy_a (
      .clk_i (clk_i),
      .rst_ni(rst_ni[0]),
      .d_i   (d_i[0]),
      .q_o   (q_o[0])
  );

  tmr_copy u_copy_b (
      .clk_i (clk_i),
      .rst_ni(rst_ni[1]),
      .d_i   (d_i[1]),
      .q_o   (q_o[1])
  );

  tmr_copy u_copy_c (
      .clk_i (clk_i),
      .rst_ni(rst_ni[2]),
      .d_i   (d_i[2]),
      .q_o   (q_o[2])
  );

endmodule
