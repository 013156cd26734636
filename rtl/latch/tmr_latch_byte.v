// SPDX-License-Identifier: Apache-2.0
//
// Triplicated byte in latches, with one voter. Copy k is open while open_i[k] is high and then
// takes d_i, which all copies share; whoever opens them holds d_i from before they open until after
// they are shut, and opens them one after the other, so that what is wrong for a clock spoils one
// copy. Nothing here leads from a copy to d_i: what heals a copy comes by way of a register.
//
// The copies need no modules of their own: latches of different enables are not merged.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module tmr_latch_byte #(
    parameter integer WIDTH = 8
) (
    input  wire [        2:0] open_i,
    input  wire [  WIDTH-1:0] d_i,
    output wire [3*WIDTH-1:0] copies_o,
    output wire [  WIDTH-1:0] q_o
);

  // Latches are what is meant; blocking, as they must be.
  /* verilator lint_off LATCH */
  generate
    if (1) begin : g_copy_a
      reg [WIDTH-1:0] state_q;
      always @* begin
        if (open_i[0]) begin
          state_q = d_i;
        end
      end
    end

    if (1) begin : g_copy_b
      reg [WIDTH-1:0] state_q;
      always @* begin
        if (open_i[1]) begin
          state_q = d_i;
        end
      end
    end

    if (1) begin : g_copy_c
      reg [WIDTH-1:0] state_q;
      always @* begin
        if (open_i[2]) begin
          state_q = d_i;
        end
      end
    end
  endgenerate
  /* verilator lint_on LATCH */

  assign copies_o = {g_copy_c.state_q, g_copy_b.state_q, g_copy_a.state_q};

  voter #(
      .WIDTH(WIDTH)
  ) u_voter (
      .a_i(g_copy_a.state_q),
      .b_i(g_copy_b.state_q),
      .c_i(g_copy_c.state_q),
      .q_o(q_o)
  );

endmodule
