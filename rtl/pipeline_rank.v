// SPDX-License-Identifier: Apache-2.0
//
// One register rank of the data path: a valid bit and its data. Of what is triplicated, bit k
// belongs to copy k: of the valid bit from rank to rank, and of the decision to load.
// CLEAR = 0 holds the data while nothing valid arrives, so that the logic behind does not toggle.
// CLEAR = 1 shows zeros instead: what leaves the chip is zero whenever valid_o is low.

module pipeline_rank #(
    parameter integer WIDTH = 8,
    parameter integer CLEAR = 0
) (
    input  wire             clk_i,
    input  wire [      2:0] rst_ni,
    input  wire [      2:0] enable_i,
    input  wire [      2:0] valid_i,
    input  wire [WIDTH-1:0] data_i,
    output wire [      2:0] valid_o,
    output wire [WIDTH-1:0] data_o,
    output wire             error_o
);

  wire [2:0] valid_d;
  wire valid_error;
  wire data_error;
  wire [3*WIDTH-1:0] data_d;
  wire [3*WIDTH-1:0] data_q;
  wire unused_votes;

  generate
    genvar copy;
    for (copy = 0; copy < 3; copy = copy + 1) begin : g_copy
      assign valid_d[copy] = valid_i[copy] && enable_i[copy];
      if (CLEAR != 0) begin : g_clear
        assign data_d[WIDTH*copy+:WIDTH] = data_i & {WIDTH{valid_d[copy]}};
      end else begin : g_hold
        assign data_d[WIDTH*copy+:WIDTH] = valid_d[copy] ? data_i : data_q[WIDTH*copy+:WIDTH];
      end
    end
  endgenerate

  tmr_register #(
      .WIDTH(1),
      .RESET(1'b0)
  ) u_valid (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .d_i    (valid_d),
      .q_o    (valid_o),
      .error_o(valid_error)
  );

  tmr_register #(
      .WIDTH(WIDTH),
      .RESET({WIDTH{1'b0}})
  ) u_data (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .d_i    (data_d),
      .q_o    (data_q),
      .error_o(data_error)
  );

  assign data_o = data_q[WIDTH-1:0];
  assign unused_votes = ^data_q[3*WIDTH-1:WIDTH];  // where none is held
  assign error_o = valid_error || data_error;

endmodule
