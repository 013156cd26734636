// SPDX-License-Identifier: Apache-2.0
//
// One of the three copies of a triplicated word behind a clock gate; a kept module for the same
// reason as tmr_copy. It has no reset of its own: the word clears it through its data.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module tmr_gated_copy #(
    parameter integer WIDTH = 1
) (
    input  wire             clk_i,
    input  wire [WIDTH-1:0] d_i,
    output wire [WIDTH-1:0] q_o
);

  reg [WIDTH-1:0] state_q;

  always @(posedge clk_i) begin
    state_q <= d_i;
  end

  assign q_o = state_q;

endmodule
