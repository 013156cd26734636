// SPDX-License-Identifier: Apache-2.0
//
// One of the three copies of a triplicated register.
// A module of its own, because a synthesiser merges three equal registers into one (a `keep` on
// the register does not stop it) but leaves the boundary of a kept module alone. `keep` on the
// module stops Yosys' opt_merge -share_all, which merges even equal module instances.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module tmr_copy #(
    parameter integer WIDTH = 1,
    parameter [WIDTH-1:0] RESET = {WIDTH{1'b0}}
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire [WIDTH-1:0] d_i,
    output wire [WIDTH-1:0] q_o
);

  reg [WIDTH-1:0] state_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= RESET;
    end else begin
      state_q <= d_i;
    end
  end

  assign q_o = state_q;

endmodule
