// SPDX-License-Identifier: Apache-2.0
//
// Whatever is wrong in one copy, all three votes are right and it is told; each copy then holds its
// own next state, or is in reset with its own reset. GATED: of the register behind gated clocks, with
// every clock running; what a clock that stands still leaves is what was there.

module tmr_register_upset #(
    parameter integer GATED = 0,
    parameter integer WIDTH = 4,
    parameter [WIDTH-1:0] RESET = {WIDTH{1'b0}}
) (
    input wire               clk_i,
    input wire [        2:0] rst_ni,
    input wire [3*WIDTH-1:0] d_i,
    input wire [  WIDTH-1:0] right_i,
    input wire [  WIDTH-1:0] upset_i,
    input wire [        1:0] copy_i
);

  (* hierconn *) wire [WIDTH-1:0] \g_kind.dut.copy_a ;
  (* hierconn *) wire [WIDTH-1:0] \g_kind.dut.copy_b ;
  (* hierconn *) wire [WIDTH-1:0] \g_kind.dut.copy_c ;

  wire [3*WIDTH-1:0] copies;
  wire [3*WIDTH-1:0] votes;
  wire [3*WIDTH-1:0] wrong;
  wire error;
  reg past_q = 1'b0;
  reg [2:0] rst_nq;
  reg [3*WIDTH-1:0] d_q;
  integer copy;

  generate
    if (GATED != 0) begin : g_kind
      tmr_gated_register #(
          .WIDTH(WIDTH),
          .RESET(RESET)
      ) dut (
          .clk_i  ({3{clk_i}}),
          .rst_ni (rst_ni),
          .d_i    (d_i),
          .q_o    (votes),
          .error_o(error)
      );
    end else begin : g_kind
      tmr_register #(
          .WIDTH(WIDTH),
          .RESET(RESET)
      ) dut (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .d_i    (d_i),
          .q_o    (votes),
          .error_o(error)
      );
    end
  endgenerate

  assign copies = {\g_kind.dut.copy_c , \g_kind.dut.copy_b , \g_kind.dut.copy_a };
  assign wrong = (copy_i < 2'd3) ? {{(2 * WIDTH) {1'b0}}, upset_i} << (WIDTH * copy_i) : 0;

  always @(posedge clk_i) begin
    past_q <= 1'b1;
    rst_nq <= rst_ni;
    d_q <= d_i;
  end

  always @* begin
    if (copies == ({3{right_i}} ^ wrong)) begin
      assert (votes == {3{right_i}});
      assert (error == (wrong != 0));
    end
    for (copy = 0; copy < 3; copy = copy + 1) begin
      if (!rst_ni[copy]) begin
        assert (copies[WIDTH*copy+:WIDTH] == RESET);
      end else if (past_q && rst_nq[copy]) begin
        assert (copies[WIDTH*copy+:WIDTH] == d_q[WIDTH*copy+:WIDTH]);
      end
    end
  end

endmodule
