// SPDX-License-Identifier: Apache-2.0
//
// One register rank of the data path: a valid bit and its data.
// CLEAR = 0 holds the data while nothing valid arrives, so that the logic behind does not toggle.
// CLEAR = 1 shows zeros instead: what leaves the chip is zero whenever valid_o is low.

module pipeline_rank #(
    parameter integer WIDTH = 8,
    parameter integer CLEAR = 0
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire             enable_i,
    input  wire             valid_i,
    input  wire [WIDTH-1:0] data_i,
    output wire             valid_o,
    output wire [WIDTH-1:0] data_o,
    output wire             error_o
);

  wire valid_d;
  wire valid_q;
  wire valid_error;
  wire data_en;
  wire data_error;
  wire [WIDTH-1:0] data_d;

  assign valid_d = valid_i && enable_i;

  generate
    if (CLEAR != 0) begin : g_clear
      assign data_en = valid_d || valid_q;
      assign data_d  = valid_d ? data_i : {WIDTH{1'b0}};
    end else begin : g_hold
      assign data_en = valid_d;
      assign data_d  = data_i;
    end
  endgenerate

  tmr_register #(
      .WIDTH(1),
      .RESET(1'b0)
  ) u_valid (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .en_i   (1'b1),
      .d_i    (valid_d),
      .q_o    (valid_q),
      .error_o(valid_error)
  );

  tmr_register #(
      .WIDTH(WIDTH),
      .RESET({WIDTH{1'b0}})
  ) u_data (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .en_i   (data_en),
      .d_i    (data_d),
      .q_o    (data_o),
      .error_o(data_error)
  );

  assign valid_o = valid_q;
  assign error_o = valid_error || data_error;

endmodule
