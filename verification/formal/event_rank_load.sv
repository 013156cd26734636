// SPDX-License-Identifier: Apache-2.0
//
// What belongs to an event is loaded where that is told; else it is held, or zero.

module event_rank_load #(
    parameter integer WIDTH = 3,
    parameter integer CLEAR = 0
) (
    input wire             clk_i,
    input wire             load_i,
    input wire [WIDTH-1:0] data_i
);

  wire [WIDTH-1:0] data;
  reg past_q = 1'b0;
  reg [WIDTH-1:0] right_q;

  event_rank #(
      .WIDTH(WIDTH),
      .CLEAR(CLEAR)
  ) dut (
      .clk_i (clk_i),
      .load_i(load_i),
      .data_i(data_i),
      .data_o(data)
  );

  always @(posedge clk_i) begin
    past_q  <= 1'b1;
    right_q <= load_i ? data_i : (CLEAR != 0) ? {WIDTH{1'b0}} : data;
  end

  always @* if (past_q) assert (data == right_q);

endmodule
